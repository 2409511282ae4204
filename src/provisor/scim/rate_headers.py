"""What an SP says of its own rate limit in headers other than Retry-After: nothing is left, and when there is more.

Known are RateLimit-Remaining and -Reset with or without X-, also as X-Rate-Limit-..., and the single header RateLimit with
r and t (IETF draft "RateLimit header fields for HTTP"). A reset is in seconds from now, or a moment as a Unix time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_PREFIXES: Final = ("ratelimit-", "x-ratelimit-", "x-rate-limit-")
_NUMBER = re.compile(r"\s*([0-9]{1,12})(?:\.[0-9]+)?\b", re.ASCII)
_LEFT, _TIME = re.compile(r";\s*r=([0-9]{1,9})", re.ASCII), re.compile(r";\s*t=([0-9]{1,9})", re.ASCII)
_LONGEST: Final = 3600.0  # seconds
_MOMENT: Final = 1_000_000_000  # from here on a number is a Unix time


def exhausted_for(headers: Mapping[str, str], now: float, *, throttled: bool) -> float | None:
    """Seconds for which nothing is left, by the SP's headers (names in lower case); None where they don't say so. `now` is a
    Unix time. A `throttled` answer needs no word on what is left."""
    left, reset = _said(headers)
    if reset is None or not (throttled or left == 0):
        return None
    seconds = reset - now if reset >= _MOMENT else float(reset)
    return min(seconds, _LONGEST) if seconds > 0 else None


def _said(headers: Mapping[str, str]) -> tuple[int | None, int | None]:
    """What is left, and when there is more."""
    for prefix in _PREFIXES:
        reset = _number(_NUMBER.match(headers.get(f"{prefix}reset", "")))
        if reset is not None:
            return _number(_NUMBER.match(headers.get(f"{prefix}remaining", ""))), reset
    single = headers.get("ratelimit", "")
    return _number(_LEFT.search(single)), _number(_TIME.search(single))


def _number(found: re.Match[str] | None) -> int | None:
    return int(found.group(1)) if found else None
