"""What can go wrong between a source and us."""


class HttpError(Exception):
    """The source did not give what was asked for; the message says what came instead.

    `status` is the answer's, None if there was none. `wait` is how many seconds the server wants to be
    left alone, None if it did not say.
    """

    def __init__(
        self, message: str, *, status: int | None = None, wait: float | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.wait = status, wait

    @property
    def is_gone(self) -> bool:
        """Whether the server says that there is no such thing (404, 410)."""
        return self.status in (404, 410)


class NotAllowed(HttpError):
    """An address outside the source's own hosts; it was not asked."""


class Transient(Exception):
    """Worth another try, after `wait` seconds if the server said so."""

    def __init__(self, message: str, wait: float | None = None, status: int | None = None) -> None:
        super().__init__(message)
        self.wait, self.status = wait, status


def shown(url: object) -> str:
    """An address as a sentence names it: without its query, which may name a hundred ids, and not endless."""
    plain = str(url).partition("?")[0]
    return plain if len(plain) <= 150 else f"{plain[:149]}…"
