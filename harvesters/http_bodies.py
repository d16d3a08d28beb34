"""Bodies of answers: decompressed in small pieces, never longer or slower than allowed."""

import time
import zlib
from collections.abc import Iterator

import httpx2

from harvesters.http_errors import HttpError, Transient, shown

_INFLATED_AT_ONCE = 1 << 20  # bytes


def bounded(
    response: httpx2.Response, limit: int, seconds: float, *, is_cut: bool = False
) -> Iterator[bytes]:
    """The body in pieces, decompressed; one over `limit` bytes or `seconds` raises HttpError, or is cut.

    Raises harvesters.http_errors.Transient for one whose compression is damaged.
    """
    length, deadline = 0, time.monotonic() + seconds
    for piece in _decoded(response):
        length += len(piece)
        if length > limit or time.monotonic() > deadline:
            if is_cut:
                return
            if length > limit:
                raise HttpError(f"{shown(response.url)} is larger than {limit:,} bytes")
            # A server that drips keeps every read timeout waiting.
            raise HttpError(f"{shown(response.url)} took longer than {seconds:g} s to come")
        yield piece


def _decoded(response: httpx2.Response) -> Iterator[bytes]:
    """The body without its gzip, never more than 1 MiB at once, and not without its end.

    httpx2's own decoder takes a stream that breaks off for a complete one.
    """
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding in ("", "identity"):
        yield from response.iter_raw()
        return
    if encoding not in ("gzip", "x-gzip"):
        raise HttpError(
            f"{shown(response.url)} is encoded as {encoding!r:.40}, which was not asked for"
        )
    inflate, is_complete = zlib.decompressobj(zlib.MAX_WBITS | 16), False
    try:
        for chunk in response.iter_raw():
            while chunk:
                if is_complete:  # another member of the same stream
                    inflate, is_complete = zlib.decompressobj(zlib.MAX_WBITS | 16), False
                yield inflate.decompress(chunk, _INFLATED_AT_ONCE)
                is_complete = inflate.eof
                chunk = inflate.unused_data if is_complete else inflate.unconsumed_tail
    except zlib.error as problem:
        raise Transient(f"its compressed body is damaged ({problem})") from problem
    if not is_complete:
        raise Transient("its compressed body breaks off")
