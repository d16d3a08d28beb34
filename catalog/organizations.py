"""How organisations write their own names. What hangs on one is its slug, lower-case whoever writes it."""

from collections.abc import Collection, Iterable

from django.db import connection
from django.db.models import OuterRef, Subquery

from catalog.bulk import as_array
from catalog.models import Organization, Source
from catalog.vocabulary import ORGANIZATIONS


def own_spelling(slug: str, external_id: str) -> str:
    """`TheBloke` for `thebloke`, by the id of a model of its at a hub; else the slug.

    >>> own_spelling("thebloke", "TheBloke/Llama-2-7B-GGUF")
    'TheBloke'
    """
    owner = external_id.partition("/")[0]
    return owner if owner.lower() == slug else slug


def names_of(slugs: Collection[str]) -> dict[str, str]:
    """What people know these organisations by. At most one query."""
    found = {slug: ORGANIZATIONS.get(slug, slug) for slug in slugs}
    if asked := {slug for slug in slugs if slug and slug not in ORGANIZATIONS}:
        spelled = Organization.objects.filter(slug__in=asked)
        found |= dict(spelled.values_list("slug", "name"))
    return found


def name_of_rows() -> Subquery:
    """What the organisation of a checkpoint calls itself, null where that is its slug."""
    spelled = Organization.objects.filter(slug=OuterRef("organization"))
    return Subquery(spelled.values("name"))


def note_names(source: Source, external_ids: Iterable[str]) -> None:
    """Remember how the owners of these models of a hub write themselves, where their slugs do not say it.

    Whoever told it first is believed.
    """
    if source.kind != Source.Kind.HUB:
        return
    owners = {name.partition("/")[0] for name in external_ids if "/" in name}
    spelled = {owner.lower(): owner for owner in owners if not owner.islower()}
    named = {slug: name for slug, name in spelled.items() if name != slug and len(slug) <= 100}
    if named:
        with connection.cursor() as cursor:
            cursor.execute(_NOTE, [as_array(named), as_array(named.values())])


_NOTE = """
    INSERT INTO catalog_organization (slug, name) SELECT * FROM unnest(%s::text[], %s::text[])
    ON CONFLICT DO NOTHING
"""
