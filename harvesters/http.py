"""The one way to the outside world: polite, patient, and never to another host than the source's own."""

import random
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Self
from urllib.parse import urljoin, urlsplit

import httpx2
import stamina
from django.conf import settings

from harvesters.sources.base import Base

_TRANSIENT = {408, 429, 500, 502, 503, 504}
_MOST_REDIRECTS = 3


class HttpError(Exception):
    """The source did not give what was asked for; the message says what came instead."""


class NotAllowed(HttpError):
    """An address outside the source's own hosts; it was not asked."""


class _Transient(Exception):
    """Worth another try, after `wait` seconds if the server said so."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


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
        self._hosts = {
            _origin(base.url): dict(base.headers) for base in bases if isinstance(base, Base)
        } | {_origin(base): {} for base in bases if isinstance(base, str)}
        self._limit, self._patience, self._attempts = limit, patience, attempts
        self._client = httpx2.Client(
            headers={"User-Agent": _user_agent()},
            timeout=httpx2.Timeout(60, connect=10),
            follow_redirects=False,
            # Proxies and .netrc of the environment would take requests and passwords elsewhere.
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, url: str, params: Mapping[str, str] | None = None) -> "Answer":
        """The decoded body and headers of `url`; raises HttpError when it cannot be had."""
        self._check(url)
        waits = _Waits(self._patience)
        try:
            for attempt in stamina.retry_context(
                on=waits, attempts=self._attempts, timeout=self._patience, wait_initial=0
            ):
                with attempt:
                    return self._get_once(url, params)
        except (_Transient, httpx2.TransportError) as problem:
            raise HttpError(f"{url} could not be read: {problem}") from problem
        raise AssertionError("stamina either returns or raises")

    def _get_once(self, url: str, params: Mapping[str, str] | None) -> "Answer":
        for _ in range(_MOST_REDIRECTS + 1):
            headers = self._hosts[_origin(url)]
            with self._client.stream("GET", url, params=params, headers=headers) as response:
                if not response.is_redirect:
                    _check_status(response)
                    return Answer(self._body(response), response.headers, str(response.url))
                url, params = urljoin(url, response.headers["location"]), None
                self._check(url)
        raise HttpError(f"{url} redirects more than {_MOST_REDIRECTS} times")

    def next_link(self, answer: "Answer") -> str:
        """The address of the next page that a `Link` header names, empty if there is none."""
        link = httpx2.Response(200, headers=answer.headers).links.get("next", {}).get("url", "")
        if not link:
            return ""
        following = urljoin(answer.url, link)
        self._check(following)
        return following

    def _check(self, url: str) -> None:
        if _origin(url) not in self._hosts:
            raise NotAllowed(f"{url} is not on the source's own host and was not asked")

    def _body(self, response: httpx2.Response) -> bytes:
        body, deadline = bytearray(), time.monotonic() + self._patience
        for chunk in response.iter_bytes():
            body += chunk
            if time.monotonic() > deadline:  # a server that drips keeps every read timeout waiting
                raise HttpError(f"{response.url} took longer than {self._patience:g} s to come")
            if len(body) > self._limit:
                raise HttpError(f"{response.url} is larger than {self._limit:,} bytes")
        return bytes(body)


class Answer:
    """What came back: `body` decoded from its transfer encoding, `url` after redirects."""

    def __init__(self, body: bytes, headers: httpx2.Headers, url: str) -> None:
        self.body, self.headers, self.url = body, headers, url


class _Waits:
    """Tells stamina whether to go on and how long to wait: what the server asks, else full jitter."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._tries = 0

    def __call__(self, problem: Exception) -> bool | float:
        if not isinstance(problem, _Transient | httpx2.TransportError):
            return False
        self._tries += 1
        asked = problem.wait if isinstance(problem, _Transient) else None
        if asked is None:
            return random.uniform(0, min(60, 2.0**self._tries))  # noqa: S311 - jitter, no secret
        return asked if asked <= self._patience else False


def _check_status(response: httpx2.Response) -> None:
    if response.status_code in _TRANSIENT:
        wait = retry_after(response.headers.get("retry-after", ""))
        asked = f", to be asked again after {wait:.0f} s" if wait is not None else ""
        raise _Transient(f"it answered {response.status_code}{asked}", wait)
    if response.status_code != 200:
        raise HttpError(f"{response.url} answered {response.status_code}")


def retry_after(value: str) -> float | None:
    """Seconds to wait by a `Retry-After` header, which may be seconds or a date; None if it is neither."""
    if value.strip().isdigit():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _origin(url: str) -> tuple[str, str, int | None]:
    try:
        parts = urlsplit(url)
        return (parts.scheme.lower(), (parts.hostname or "").lower(), parts.port)
    except ValueError as problem:
        raise NotAllowed(f"{url!r:.100} is no address") from problem


def _user_agent() -> str:
    contact = settings.HARVEST_CONTACT
    return f"modelscout/0.1 (+{contact})" if contact else "modelscout/0.1"
