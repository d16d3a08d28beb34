"""The columns that a table of models may have and the orders it may be sorted in."""

from collections.abc import Mapping

from catalog.facets.sets import Column

NAME = Column("name", "Model", "name", "name")
COLUMNS = {
    column.name: column
    for column in (
        Column("top1", "Top-1 %", "top1", "top1", numeric=True, descending=True),
        Column("top5", "Top-5 %", "top5", "top5", numeric=True, descending=True),
        Column("params", "Params M", "parameters", "params", numeric=True),
        Column("size", "Size MB", "size_bytes", "size", numeric=True),
        Column("gmacs", "GMACs", "gmacs", "gmacs", numeric=True),
        Column("memory", "Memory MB", "", "memory", numeric=True),
        Column("input", "Input px", "input_size", "input", numeric=True),
        Column("year", "Year", "year", "year", numeric=True, descending=True),
        Column("downloads", "Downloads", "downloads", "downloads", numeric=True, descending=True),
        Column("likes", "Likes", "likes", "likes", numeric=True, descending=True),
        Column("updated", "Updated", "updated_at", "updated", descending=True),
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
    "memory": "Least memory",
    "-memory": "Most memory",
    "input": "Smallest input",
    "-input": "Largest input",
    "-year": "Newest paper",
    "year": "Oldest paper",
    "-downloads": "Most downloads",
    "-likes": "Most likes",
    "-updated": "Latest change where it is published",
    "-added": "Latest in the catalogue",
    "name": "Name",
    "-name": "Name, backwards",
    "top1": "Top-1, worst first",
    "top5": "Top-5, worst first",
    "downloads": "Fewest downloads",
    "likes": "Fewest likes",
    "updated": "Longest unchanged",
    "added": "First in the catalogue",
}

# Where a device is chosen there is one more column, which is always shown, and its orders.
SPEED = Column("speed", "Images/s", "", "speed", numeric=True, descending=True)
SPEED_SORTS = {"-speed": "Fastest on the device", "speed": "Slowest on the device"}


def before_input(columns: Mapping[str, Column]) -> dict[str, Column]:
    """The columns with the speed among the other costs."""
    names = list(columns)
    place = names.index("input")
    return {name: columns.get(name, SPEED) for name in [*names[:place], SPEED.name, *names[place:]]}
