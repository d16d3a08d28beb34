"""The one way to the outside world: polite, patient, and never to another host than the source's own."""

import random
import ssl
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self
from urllib.parse import urljoin, urlsplit

import httpx2
import stamina
from django.conf import settings

from harvesters import http_cache, pace
from harvesters.asked_waits import asked_wait, exhausted_for
from harvesters.connect import ForbiddenAddress, GuardedTransport
from harvesters.http_bodies import bounded
from harvesters.http_errors import HttpError, NotAllowed, Transient, shown
from harvesters.sources.base import Base

__all__ = ["Answer", "Http", "HttpError", "NotAllowed"]

_TRANSIENT = {408, 429, 500, 502, 503, 504}
_MOST_REDIRECTS = 3
_REFUSAL_BYTES = 20_000  # of the text that comes with a refusal
_DOWNLOAD_SECONDS = 3 * 3600.0

_Origin = tuple[str, str, int | None]


class Answer:
    """What came back: `body` decoded from its transfer encoding, `url` after redirects.

    `is_unchanged`: the server said that `body` is still what it sent the last time.
    """

    def __init__(
        self, body: bytes, headers: httpx2.Headers, url: str, *, is_unchanged: bool = False
    ) -> None:
        self.body, self.headers, self.url = body, headers, url
        self.is_unchanged = is_unchanged


class Http:
    """GET from the hosts of `bases` only; transient failures are tried again with full jitter.

    `limit` is the largest body in bytes, decompressed; `patience` is how long in seconds one request
    may take over all its tries. A server that asks to wait longer than `patience` ends the request.
    """

    def __init__(
        self,
        *bases: "Base | str",
        limit: int = 50_000_000,
        patience: float = 60,
        attempts: int = 5,
    ) -> None:
        # What goes to one host (its token) goes to no other.
        self._bases = {
            _origin(base.url): base
            for base in (item if isinstance(item, Base) else Base(item) for item in bases)
        }
        self._limit, self._patience, self._attempts = limit, patience, attempts
        self._ready_at: dict[_Origin, float] = {}  # by the monotonic clock
        self._has_answered = False
        self._client = httpx2.Client(
            headers={"User-Agent": _user_agent(), "Accept-Encoding": "gzip"},
            timeout=httpx2.Timeout(60, connect=10),
            follow_redirects=False,
            # Proxies and .netrc of the environment would take requests and passwords elsewhere.
            trust_env=False,
            transport=GuardedTransport(settings.HARVEST_PRIVATE_HOSTS),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        *,
        conditional: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """The decoded body and headers of `url`; raises HttpError when it cannot be had.

        `conditional` keeps the answer and lets the server say the next time that it is unchanged.
        """
        address = str(httpx2.URL(url, params=params)) if params else url
        asked = dict(headers or {})
        kept = http_cache.find_kept(address, asked) if conditional else None

        def read(response: httpx2.Response) -> Answer:
            if response.status_code == 304 and kept:
                known = httpx2.Headers({**kept.headers, **response.headers})
                return Answer(kept.body, known, str(response.url), is_unchanged=True)
            _expect_ok(response)
            return Answer(self._body(response), response.headers, str(response.url))

        answer = self._ask(address, {**asked, **(kept.conditions if kept else {})}, read)
        if answer.is_unchanged:
            http_cache.still_good(address, asked)
        elif conditional:
            http_cache.keep(address, asked, answer.headers, answer.body)
        return answer

    def download(self, url: str, path: Path, limit: int) -> Answer:
        """Write `url` to `path`, at most `limit` bytes, whole or not at all; the answer's body is empty.

        For what is too large for memory. Raises HttpError as `get` does; may take three hours.
        """
        part = path.with_name(f"{path.name}.part")

        def read(response: httpx2.Response) -> Answer:
            _expect_ok(response)
            with part.open("wb") as file:
                for piece in bounded(response, limit, _DOWNLOAD_SECONDS):
                    file.write(piece)
            part.replace(path)
            return Answer(b"", response.headers, str(response.url))

        try:
            return self._ask(url, {}, read)
        finally:
            part.unlink(missing_ok=True)

    def next_link(self, answer: Answer) -> str:
        """The address of the next page that a `Link` header names, empty if there is none."""
        link = httpx2.Response(200, headers=answer.headers).links.get("next", {}).get("url", "")
        if not link:
            return ""
        following = urljoin(answer.url, link)
        self._base(following)
        return following

    def _ask(
        self, url: str, headers: Mapping[str, str], read: Callable[[httpx2.Response], Answer]
    ) -> Answer:
        waits = _Waits(self._patience, has_answered=self._has_answered)
        try:
            for attempt in stamina.retry_context(
                on=waits, attempts=self._attempts, timeout=self._patience, wait_initial=0
            ):
                with attempt:
                    return self._ask_once(url, headers, read)
        except Transient as problem:
            message = f"{shown(url)} could not be read: {problem}"
            raise HttpError(message, status=problem.status, wait=problem.wait) from problem
        except (httpx2.HTTPError, httpx2.InvalidURL) as problem:
            raise HttpError(f"{shown(url)} could not be read: {problem}") from problem
        except (pace.Queueing, ForbiddenAddress) as problem:
            wait = problem.wait if isinstance(problem, pace.Queueing) else None
            raise HttpError(f"{shown(url)} was not asked: {problem}", wait=wait) from problem
        raise AssertionError("stamina either returns or raises")

    def _ask_once(
        self, url: str, headers: Mapping[str, str], read: Callable[[httpx2.Response], Answer]
    ) -> Answer:
        for _ in range(_MOST_REDIRECTS + 1):
            base = self._base(url)
            self._wait_for_turn(base)
            with self._client.stream("GET", url, headers={**base.headers, **headers}) as response:
                self._has_answered = True
                self._note_waits(base, response)
                if not response.has_redirect_location:
                    return read(response)
                url = urljoin(url, response.headers["location"])
        raise HttpError(f"{shown(url)} redirects more than {_MOST_REDIRECTS} times")

    def _wait_for_turn(self, base: Base) -> None:
        left = self._ready_at.get(_origin(base.url), 0) - time.monotonic()
        if left > self._patience:
            raise HttpError(f"{base.url} has used up its allowance for {left:.0f} s", wait=left)
        time.sleep(max(0.0, left))
        if base.pace:
            pace.take_turn(_paced_as(base), base.pace)

    def _note_waits(self, base: Base, response: httpx2.Response) -> None:
        """Remember an allowance that is used up, and raise for an answer that is worth another try."""
        exhausted = exhausted_for(response.headers)
        if exhausted is not None:
            self._ready_at[_origin(base.url)] = time.monotonic() + exhausted
        status = response.status_code
        if status not in _TRANSIENT and status != 403:
            return
        refusal = b"".join(bounded(response, _REFUSAL_BYTES, 10, is_cut=True))
        wait = asked_wait(status, response.headers, refusal.decode(errors="replace"))
        if status == 403 and wait is None:
            return
        if wait and base.pace:
            pace.hold(_paced_as(base), wait)
        asked = f", to be asked again after {wait:.0f} s" if wait is not None else ""
        raise Transient(f"it answered {status}{asked}", wait, status)

    def _base(self, url: str) -> Base:
        base = self._bases.get(_origin(url))
        if base is None:
            raise NotAllowed(f"{shown(url)} is not on the source's own host and was not asked")
        return base

    def _body(self, response: httpx2.Response) -> bytes:
        return b"".join(bounded(response, self._limit, self._patience))


class _Waits:
    """Tells stamina whether to go on and how long to wait: what the server asks, else full jitter.

    A host that never answered and cannot be connected to is tried twice only: without a network at all,
    twenty sources would else take minutes each to find out.
    """

    def __init__(self, patience: float, *, has_answered: bool) -> None:
        self._patience, self._has_answered = patience, has_answered
        self._tries = 0

    def __call__(self, problem: Exception) -> bool | float:
        if not isinstance(problem, Transient | httpx2.TransportError) or _is_untrusted(problem):
            return False
        self._tries += 1
        if isinstance(problem, httpx2.ConnectError) and not self._has_answered and self._tries > 1:
            return False
        asked = problem.wait if isinstance(problem, Transient) else None
        if asked is None:
            return random.uniform(0, min(60, 2.0**self._tries))  # noqa: S311 - jitter, no secret
        return asked if asked <= self._patience else False


def _is_untrusted(problem: BaseException | None) -> bool:
    """Whether a certificate was refused: it will be refused again."""
    while problem is not None:
        if isinstance(problem, ssl.SSLCertVerificationError):
            return True
        problem = problem.__cause__ or problem.__context__
    return False


def _expect_ok(response: httpx2.Response) -> None:
    if response.status_code != 200:
        status = response.status_code
        raise HttpError(f"{shown(response.url)} answered {status}", status=status)


def _origin(url: str) -> _Origin:
    try:
        parts = urlsplit(url)
        return (parts.scheme.lower(), (parts.hostname or "").lower(), parts.port)
    except ValueError as problem:
        raise NotAllowed(f"{url!r:.100} is no address") from problem


def _paced_as(base: Base) -> str:
    return base.paced_as or _origin(base.url)[1]


def _user_agent() -> str:
    contact = settings.HARVEST_CONTACT
    return f"modelscout/0.1 (+{contact})" if contact else "modelscout/0.1"
