"""How the index of a list is, in words, for those who look after the site."""

from dataclasses import dataclass
from datetime import UTC, datetime

from catalog.facets.sets import FacetSet
from catalog.index.current import current, declared, looked_at, read_version


@dataclass(frozen=True)
class State:
    """`problem` says why Postgres answers instead; it is empty where the index does."""

    problem: str
    documents: int = 0
    changed: int = 0
    built_at: datetime | None = None
    looked_at: datetime | None = None

    @property
    def words(self) -> str:
        """One sentence."""
        if self.problem:
            return f"Postgres counts, which is slow in a large catalogue: {self.problem}"
        return (
            f"{self.documents:,} models, {self.changed:,} of them changed since it was built"
            f" at {self.built_at:%Y-%m-%d %H:%M} UTC"
        )


def state_of(kind: FacetSet) -> State:
    """The state of a list's index as this process sees it."""
    version, looked = read_version(kind), looked_at(kind)
    if version is None or looked is None:
        return State("there is no index yet; manage.py index builds it")
    if version.declared != declared(kind):
        return State(
            "the index is of another version; manage.py index builds it anew", looked_at=looked
        )
    view = current(kind)
    if view is None:
        return State(
            f"the index is not looked after since {looked:%Y-%m-%d %H:%M} UTC or cannot be read;"
            " manage.py index --follow does both",
            looked_at=looked,
        )
    built = datetime.fromtimestamp(int(version.base.partition("-")[2]) / 1e9, UTC)
    return State("", len(view.alive), view.changed, built, looked)
