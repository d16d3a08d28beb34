"""Writing lists of classes as sources state them, and which output of each stands for which class.

As with everything harvested: the listings keep what was said, and all else is worked out again from them.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.db import connection

from catalog.bulk import copy_rows, known_or_new, update_rows
from catalog.classes.naming import LONGEST_NAME, class_key, is_class, squash
from catalog.classes.same import say_the_same
from catalog.classes.words import search_text
from catalog.models import ClassLabel, LabelSet, LabelSetClass, LabelSetListing
from catalog.named_datasets import add_named_datasets
from catalog.outcome import Outcome
from catalog.reference_listings import Batch, write_listings

_MOST_TITLE = 3
# One class of a list as a listing has it: {"names": [...], "id"?, "definition"?}.
_Stated = Mapping[str, Any]


def write_label_sets(batch: Batch) -> Outcome:
    """Write the lists of a page, and again those whose meaning may follow from them."""
    keys = {name: record.key for name, record in batch.records.items()}
    pks = known_or_new(LabelSet, "key", {key: {} for key in keys.values()})
    owners = {name: {"label_set_id": pks[key]} for name, key in keys.items()}
    outcome, written = write_listings(LabelSetListing, batch, owners)
    resolve_label_sets({pks[keys[name]] for name in written})
    return outcome


def resolve_label_sets(pks: Collection[int]) -> None:
    """Work these lists out again from their listings, with those of names that may say the same."""
    stated = _stated(pks)
    with_ids = {pk for pk, classes in stated.items() if "id" in classes[0]}
    sizes = {len(stated[pk]) for pk in with_ids}
    alike = LabelSet.objects.filter(size__in=sizes, has_ids=False).exclude(pk__in=pks)
    stated |= _stated(alike.values_list("pk", flat=True))
    named = {pk: classes for pk, classes in stated.items() if pk not in with_ids}
    # What has ids first: the others are compared with it.
    _write({pk: stated[pk] for pk in with_ids}, {})
    _write(named, {pk: _same(classes) for pk, classes in named.items()})


def _stated(pks: Iterable[int]) -> dict[int, list[_Stated]]:
    """The classes of each list as its listings state them; the one that was seen last is believed."""
    listings = LabelSetListing.objects.filter(label_set__in=list(pks)).order_by("last_seen")
    rows = listings.values_list("label_set_id", "facts__classes__value")
    return {pk: classes for pk, classes in rows if classes}


def _same(classes: Sequence[_Stated]) -> int | None:
    """The list of WordNet ids that says the same as these names."""
    names = [one["names"][0] for one in classes]
    for known in LabelSet.objects.filter(size=len(classes), has_ids=True):
        rows = known.classes.order_by("index").values_list("label__name", "label__synonyms")
        if say_the_same(names, [[name, *synonyms] for name, synonyms in rows]):
            return known.pk
    return None


def _write(stated: Mapping[int, Sequence[_Stated]], same: Mapping[int, int | None]) -> None:
    """Write these lists and their classes, by primary key; those in `same` have no classes of their own."""
    if not stated:
        return
    titles, datasets = _titles(stated)
    rows = [
        {
            "id": pk,
            "title": titles[pk],
            "size": len(classes),
            "has_ids": "id" in classes[0],
            "datasets": datasets[pk],
            "same_as_id": same.get(pk),
        }
        for pk, classes in stated.items()
    ]
    update_rows(LabelSet, rows)
    add_named_datasets(name for names in datasets.values() for name in names)
    own = {pk: classes for pk, classes in stated.items() if same.get(pk) is None}
    labels = _labels(one for classes in own.values() for one in classes)
    old = LabelSetClass.objects.filter(label_set__in=stated)
    touched = {*old.values_list("label_id", flat=True), *labels.values()}
    old.delete()
    outputs = (
        {"label_set_id": pk, "index": index, "label_id": labels[key]}
        for pk, classes in own.items()
        for index, one in enumerate(classes)
        if (key := _key(one)) in labels
    )
    copy_rows(LabelSetClass, list(outputs))
    _refresh(touched)


def _key(one: _Stated) -> str:
    return one["id"] if "id" in one else class_key(one["names"][0])


def _labels(classes: Iterable[_Stated]) -> dict[str, int]:
    """The primary keys of classes by key, written as they are stated here; gaps are no classes."""
    stated = {
        key: _columns(one)
        for one in classes
        if "id" in one or is_class(one["names"][0])
        for key in (_key(one),)
    }
    known = ClassLabel.objects.filter(key__in=stated)
    rows = known.values_list("key", "pk", "name", "synonyms", "definition")
    # The same class is in one list after the other: what says nothing new is not written again.
    stale = [
        {"id": pk, **stated[key]}
        for key, pk, *said in rows
        if said != [stated[key][name] for name in ("name", "synonyms", "definition")]
    ]
    update_rows(ClassLabel, stale)
    return known_or_new(ClassLabel, "key", stated)


def _columns(one: _Stated) -> dict[str, Any]:
    name, *synonyms = one["names"]
    definition = one.get("definition", "")
    return {
        "name": name,
        "synonyms": synonyms,
        "definition": definition,
        "spoken": list(dict.fromkeys(filter(None, map(squash, one["names"])))),
        "search_vector": search_text(one["names"], one.get("id", ""), definition),
    }


def _titles(stated: Mapping[int, Sequence[_Stated]]) -> tuple[dict[int, str], dict[int, list[str]]]:
    """What each list is called, else its first classes, and the data sets that its listings name."""
    titles: dict[int, str] = {}
    datasets: dict[int, list[str]] = {pk: [] for pk in stated}
    rows = LabelSetListing.objects.filter(label_set__in=stated).order_by("pk")
    for pk, title, named in rows.values_list(
        "label_set_id", "facts__title__value", "facts__datasets__value"
    ):
        titles[pk] = titles.get(pk) or title or ""
        datasets[pk] += [name for name in named or () if name not in datasets[pk]]
    for pk, classes in stated.items():
        names = [one["names"][0] for one in classes if is_class(one["names"][0])]
        more = " …" if len(names) > _MOST_TITLE else ""
        titles[pk] = titles.get(pk) or f"{', '.join(names[:_MOST_TITLE])}{more}"[:LONGEST_NAME]
    return titles, datasets


def _refresh(pks: Collection[int]) -> None:
    """Write on these classes which lists have them; those that none has are dropped."""
    with connection.cursor() as cursor:
        cursor.execute(_REFRESH, [list(pks)])
    ClassLabel.objects.filter(pk__in=pks, outputs=None).delete()


_REFRESH = """
    UPDATE catalog_classlabel AS label
    SET label_sets = found.keys, datasets = found.datasets
    FROM (
        SELECT own.label_id, array_agg(DISTINCT known.key)::varchar[] AS keys,
            coalesce(array_agg(DISTINCT dataset) FILTER (WHERE dataset IS NOT NULL), '{}')::varchar[] AS datasets
        FROM catalog_labelsetclass AS own
        JOIN catalog_labelset AS known ON known.id = own.label_set_id
        LEFT JOIN LATERAL unnest(known.datasets) AS dataset ON true
        WHERE own.label_id = ANY(%s)
        GROUP BY own.label_id
    ) AS found
    WHERE label.id = found.label_id
"""
