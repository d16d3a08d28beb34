"""Repositories that changed their name: one row goes on, its former names lead to it."""

from collections.abc import Iterable

from django.db import connection

from catalog.models import Repository
from catalog.reference_records import RepositoryRecord


def follow_renames(records: Iterable[RepositoryRecord]) -> None:
    """Let the rows of former names lead to the present one.

    A former name is one that the record states, or that of the row with the same number at GitHub.
    """
    records = list(records)
    # A name that was given up may be taken again, by another repository.
    Repository.objects.filter(full_name__in=[record.full_name for record in records]).exclude(
        renamed_to=None
    ).update(renamed_to=None)
    numbered = _names_by_number(records)
    for record in records:
        former = set(record.former_names) | numbered.get(_number(record), set())
        if former - {record.full_name}:
            _rename(former - {record.full_name}, record.full_name)


def _names_by_number(records: Iterable[RepositoryRecord]) -> dict[int | None, set[str]]:
    """The names of the rows that have these repositories' numbers."""
    names: dict[int | None, set[str]] = {}
    known = Repository.objects.filter(
        github_id__in={_number(record) for record in records} - {None}
    )
    for number, name in known.values_list("github_id", "full_name"):
        names.setdefault(number, set()).add(name)
    return names


def _number(record: RepositoryRecord) -> int | None:
    return record.facts["github_id"].value if "github_id" in record.facts else None


def _rename(former: set[str], name: str) -> None:
    present, _ = Repository.objects.get_or_create(full_name=name)
    old = Repository.objects.filter(full_name__in=former).exclude(pk=present.pk)
    pks = list(old.values_list("pk", flat=True))
    if not pks:
        return
    with connection.cursor() as cursor:
        for statement in _MOVES:
            cursor.execute(statement, {"old": pks, "new": present.pk})
    Repository.objects.filter(renamed_to__in=pks).update(renamed_to=present)
    old.update(renamed_to=present, github_id=None)


_MOVES = (
    "UPDATE catalog_repositorylisting SET repository_id = %(new)s WHERE repository_id = ANY(%(old)s)",
    "INSERT INTO catalog_pretrainedmodel_repositories (pretrainedmodel_id, repository_id)"
    " SELECT DISTINCT pretrainedmodel_id, %(new)s FROM catalog_pretrainedmodel_repositories"
    " WHERE repository_id = ANY(%(old)s) ON CONFLICT DO NOTHING",
    "DELETE FROM catalog_pretrainedmodel_repositories WHERE repository_id = ANY(%(old)s)",
    "INSERT INTO catalog_paperrepository"
    " (source_id, stated_by, paper_id, repository_id, is_official, framework, note)"
    " SELECT source_id, stated_by, paper_id, %(new)s, is_official, framework, note"
    " FROM catalog_paperrepository WHERE repository_id = ANY(%(old)s) ON CONFLICT DO NOTHING",
    "DELETE FROM catalog_paperrepository WHERE repository_id = ANY(%(old)s)",
)
