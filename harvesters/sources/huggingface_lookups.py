"""What sources share that ask the Hugging Face Hub for one thing at a time, by the names that others state."""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from harvesters.http_errors import HttpError
from harvesters.sources.base import Base, Page, Start, Unreachable
from harvesters.sources.huggingface import hub

if TYPE_CHECKING:
    from harvesters.http import Http

NOT_HERE = (401, 403, 404, 410)


class HubLookups(ABC):
    """`wanted(most)` gives the names to look up, those that matter most first; `most` of them in one run."""

    has_increments = False
    is_complete = False

    def __init__(
        self,
        base: str,
        token: str = "",
        wanted: Callable[[int], Sequence[str]] = lambda _: (),
        most: int = 0,
    ) -> None:
        self._base, self._token = base, token
        self._wanted, self._most = wanted, most

    @property
    def bases(self) -> tuple[Base, ...]:
        return (hub(self._base, self._token),)

    def pages(self, http: "Http", start: Start) -> Iterator[Page]:
        # What was looked up is not wanted any more, so that the cursor need only count.
        done = int(start.cursor) if start.cursor.isdecimal() else 0
        names = list(self._wanted(max(0, self._most - done)))
        total = done + len(names)
        for at, name in enumerate(names, done + 1):
            yield Page(self.look_up(http, name).body, str(at) if at < total else "", total)

    def look_up(self, http: "Http", name: str) -> Page:
        """The page of one name: what was found, or with which status it was "refused".

        Raises HttpError or Unreachable.
        """
        try:
            found = self._found(http, name)
        except HttpError as problem:
            if problem.status == 401 and self._token:
                # Who has a valid token is told 404 of what is not there.
                message = "The Hub refuses the token in HF_TOKEN: correct it or leave it empty."
                raise Unreachable(message) from problem
            if problem.status not in NOT_HERE:
                raise
            found = {"refused": problem.status}
        return Page(json.dumps({"asked": name, **found}).encode())

    @abstractmethod
    def _found(self, http: "Http", name: str) -> dict[str, Any]: ...


def hub_json(http: "Http", address: str) -> Any:
    """The answer of one address; raises HttpError, or Unreachable where it is no JSON."""
    try:
        return json.loads(http.get(address).body)
    except (RecursionError, ValueError) as problem:
        raise Unreachable(f"{address} answered with something else than JSON.") from problem
