"""The columns a result table may have and the orders it may be sorted in."""

from dataclasses import dataclass

from django.db.models import F
from django.db.models.expressions import OrderBy

from catalog.search import relevance


@dataclass(frozen=True)
class Column:
    """`title` carries the unit; `sort` is the name that the address sorts by, if it can be sorted."""

    name: str
    title: str
    path: str
    sort: str = ""
    numeric: bool = False
    # What a first click on the header asks for: the biggest accuracy, but the smallest network.
    descending: bool = False


COLUMNS = {
    column.name: column
    for column in (
        Column("top1", "Top-1 %", "top1", "top1", numeric=True, descending=True),
        Column("top5", "Top-5 %", "top5", "top5", numeric=True, descending=True),
        Column("params", "Params M", "parameters", "params", numeric=True),
        Column("size", "Size MB", "size_bytes", "size", numeric=True),
        Column("gmacs", "GMACs", "gmacs", "gmacs", numeric=True),
        Column("input", "Input px", "input_size", "input", numeric=True),
        Column("year", "Year", "year", "year", numeric=True, descending=True),
        Column("license", "Licence", "license"),
        Column("task", "Task", "task"),
        Column("dataset", "Training data", "datasets"),
        Column("library", "Library", "libraries"),
        Column("source", "Source", "sources"),
        Column("architecture", "Architecture", "architecture__name"),
        Column("family", "Family", "family"),
        Column("organization", "Organisation", "organization"),
    )
}
DEFAULT_COLUMNS = ("top1", "params", "size", "gmacs", "input", "year", "license")

_PATHS = {column.sort: column.path for column in COLUMNS.values() if column.sort}
_PATHS |= {"name": "name", "added": "created_at"}
# "" is the order of a page that asks for none: relevance to the words, else the best first.
SORTS = {
    "": "Relevance or best first",
    "-top1": "Top-1, best first",
    "-top5": "Top-5, best first",
    "params": "Fewest parameters",
    "-params": "Most parameters",
    "size": "Smallest file",
    "-size": "Largest file",
    "gmacs": "Least compute",
    "-gmacs": "Most compute",
    "input": "Smallest input",
    "-input": "Largest input",
    "-year": "Newest paper",
    "year": "Oldest paper",
    "-added": "Latest in the catalogue",
    "name": "Name",
    "-name": "Name, backwards",
    "top1": "Top-1, worst first",
    "top5": "Top-5, worst first",
    "added": "First in the catalogue",
}


def order(sort: str, words: str) -> list[OrderBy]:
    """Sort keys; what is missing comes last in either direction, and no two rows are ever level."""
    keys = [] if sort else relevance(words)
    if sort or not keys:
        name = (sort or "-top1").removeprefix("-")
        path = F(_PATHS[name])
        backwards = (sort or "-top1").startswith("-")
        keys.append(path.desc(nulls_last=True) if backwards else path.asc(nulls_last=True))
    return [*keys, F("top1").desc(nulls_last=True), F("slug").asc()]
