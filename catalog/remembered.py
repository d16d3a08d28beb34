"""The machine that a browser remembers: a device and how much memory it has, in a cookie that only a form sets.

It stands in for what an address leaves open and never for what it says: docs/decisions/0097-speed-memory-and-needs-in-words.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import parse_qsl, urlencode

from django.conf import settings
from django.http import HttpResponse

from catalog.devices import Device, find
from catalog.facets.units import GIGABYTES

COOKIE = "machine"
_KEPT = 365 * 24 * 3600  # seconds
_LONGEST = 300
LEAST, MOST = Decimal("0.1"), Decimal(10_000)  # GB


@dataclass(frozen=True)
class Remembered:
    """`device` is one that speeds are known of; `memory` is in bytes. Either may be unknown."""

    device: Device | None = None
    memory: Decimal | None = None

    def __bool__(self) -> bool:
        return self.device is not None or self.memory is not None

    @property
    def gigabytes(self) -> str:
        """The memory for a box: "8"; empty where it is unknown."""
        return "" if self.memory is None else GIGABYTES.number(self.memory)


def read(cookies: Mapping[str, str], known: list[Device]) -> Remembered:
    """What the cookie says, as far as it can be used; whatever stands in it, there is no error."""
    stated = dict(parse_qsl(cookies.get(COOKIE, "")[:_LONGEST]))
    slug = stated.get("device", "")
    memory = GIGABYTES.parse(stated.get("memory", ""))
    fits = memory is not None and LEAST <= memory / GIGABYTES.factor <= MOST
    return Remembered(find(slug, known) if slug else None, memory if fits else None)


def remember(response: HttpResponse, machine: Remembered) -> None:
    """Have the browser keep it for a year; forget what it kept if there is nothing to keep."""
    if not machine:
        response.delete_cookie(COOKIE, samesite="Lax")
        return
    stated = {"device": machine.device.slug if machine.device else "", "memory": machine.gigabytes}
    response.set_cookie(
        COOKIE,
        urlencode({name: value for name, value in stated.items() if value}),
        max_age=_KEPT,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def with_device(query: str, machine: Remembered) -> str:
    """The query string with the remembered device, where it names none itself."""
    asked = any(name == "device" and value.strip() for name, value in parse_qsl(query[:20_000]))
    if asked or machine.device is None:
        return query
    rest = [part for part in query.split("&") if part and part.partition("=")[0] != "device"]
    return "&".join([*rest, f"device={machine.device.slug}"])
