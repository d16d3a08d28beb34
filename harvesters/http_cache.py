"""Answers kept for conditional requests: what a server says is unchanged need not be sent again."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.db.models.functions import Now

from harvesters.models import HttpCache

_MOST_BYTES = 8_000_000
_KEPT_FOR = timedelta(days=90)  # after it was last asked for
# What a source may read from an answer that a 304 need not repeat.
_KEPT_HEADERS = ("content-type", "link", "last-modified", "etag")


@dataclass(frozen=True)
class Kept:
    """An earlier answer and what to ask with, so that the server may say it is unchanged."""

    body: bytes
    headers: Mapping[str, str]

    @property
    def conditions(self) -> dict[str, str]:
        """The request's headers; the tag goes back as it came, weak ones too."""
        named = {
            "If-None-Match": self.headers.get("etag", ""),
            "If-Modified-Since": self.headers.get("last-modified", ""),
        }
        return {name: value for name, value in named.items() if value}


def find_kept(url: str, headers: Mapping[str, str]) -> Kept | None:
    """The answer kept for this address asked with these headers."""
    row = HttpCache.objects.filter(key=_key(url, headers)).first()
    return Kept(bytes(row.body), row.headers) if row else None


def keep(url: str, headers: Mapping[str, str], answered: Mapping[str, str], body: bytes) -> None:
    """Keep an answer that has a tag or a date and is not too large; forget what was kept before else."""
    known = {name: answered[name] for name in _KEPT_HEADERS if name in answered}
    key = _key(url, headers)
    if not {"etag", "last-modified"} & set(known) or len(body) > _MOST_BYTES:
        HttpCache.objects.filter(key=key).delete()
        return
    values = {"url": url[:2000], "headers": known, "body": body, "asked_at": Now()}
    HttpCache.objects.update_or_create(key=key, defaults=values)


def still_good(url: str, headers: Mapping[str, str]) -> None:
    """Note that the kept answer was used, so that it is kept on."""
    HttpCache.objects.filter(key=_key(url, headers)).update(asked_at=Now())


def forget_unused() -> int:
    """Delete what nobody has asked for in 90 days; returns how many."""
    count, _ = HttpCache.objects.filter(asked_at__lt=Now() - _KEPT_FOR).delete()
    return count


def _key(url: str, headers: Mapping[str, str]) -> str:
    asked = [url, *(f"{name.lower()}: {headers[name]}" for name in sorted(headers))]
    return hashlib.sha256("\n".join(asked).encode("utf-8", "surrogatepass")).hexdigest()
