"""The one gate between an address that somebody published and an `href`."""

from typing import Any

from catalog.cleaning import InvalidRecord, clean_url


def safe_url(value: Any) -> str:
    """`value` if it is an http(s) address with a host, else an empty text.

    Escaping alone leaves `javascript:` alive, so templates only link what came through here: see the
    tag `outbound`.
    """
    try:
        return clean_url(value)
    except InvalidRecord:
        return ""
