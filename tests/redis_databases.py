"""The sixteen databases of one Redis server, so that those who share it do not read each other's queues."""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit


def another(url: str, further: int) -> str:
    """The URL of the database that is `further` on than that of `url`; after the last comes the first."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    if parts.scheme == "unix":
        query["db"] = str((int(query.get("db", 0)) + further) % 16)
        # Built by hand: urlunsplit drops the empty host of unix:///path.
        return f"unix://{parts.path}?{urlencode(query)}"
    number = (int(parts.path.strip("/") or 0) + further) % 16
    return urlunsplit(parts._replace(path=f"/{number}"))
