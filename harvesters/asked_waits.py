"""How long a server asks to be left alone, in the ways in which hubs say so.

All times are counted from the answer's own `Date`, so a clock of ours that is wrong makes no difference.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_SECONDARY_LIMIT_WAIT = 60.0  # GitHub's own advice where it names none
_QUOTA_WAIT = 3600.0  # ModelScope says with 403 that a quota is used up, not until when
# Hugging Face: `RateLimit: "api";r=0;t=17` - remaining requests, seconds until there are new ones.
_RATE_LIMIT = re.compile(r"\br=(\d{1,9})\b.*?\bt=(\d{1,9})\b")


def asked_wait(status: int, headers: Mapping[str, str], body: str = "") -> float | None:
    """Seconds to wait before the next try of a request that was refused, None if nothing says.

    In the order in which GitHub wants them read: `Retry-After`, an exhausted limit, a secondary limit.
    """
    named = retry_after(headers.get("retry-after", ""), _date(headers))
    if named is not None:
        return named
    exhausted = exhausted_for(headers)
    if exhausted is None and status in (403, 429) and "rate limit" in body.lower():
        return _SECONDARY_LIMIT_WAIT
    if exhausted is None and status == 403 and "QuotaLimitExceed" in body:
        return _QUOTA_WAIT
    return exhausted


def exhausted_for(headers: Mapping[str, str]) -> float | None:
    """Seconds until a used-up allowance is filled up again, None while some of it is left."""
    limit = _RATE_LIMIT.search(headers.get("ratelimit", ""))
    if limit and int(limit[1]) == 0:
        return float(limit[2]) + 1
    reset = headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining", "").strip() == "0" and re.fullmatch(r"\d{1,11}", reset):
        return max(0.0, int(reset) - _date(headers).timestamp()) + 1
    return None


def retry_after(value: str, now: datetime | None = None) -> float | None:
    """Seconds to wait by a `Retry-After` header, which may be seconds or a date; None if it is neither."""
    if re.fullmatch(r"\s*\d{1,9}\s*", value, re.ASCII):
        return float(value)
    moment = _parsed(value)
    if moment is None:
        return None
    return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())


def _date(headers: Mapping[str, str]) -> datetime:
    return _parsed(headers.get("date", "")) or datetime.now(UTC)


def _parsed(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
