"""How fast one SP may be asked: a token bucket for each class of requests that has a limit.

The limits come from two places: `settings.rate_limit`, which a person wrote, is for all requests together, and the SP
form's `limits` are for classes of them. A request takes a token of every class that it belongs to. Time is the caller's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ALL = "requests"
MARGIN = 0.97
# Seconds' worth of requests that may leave at once where nobody said how many.
BURST_SECONDS = 0.2

_VERBS = {"GET": "get", "POST": "create", "PUT": "update", "PATCH": "update", "DELETE": "delete"}
_KINDS = {"users": "user", "groups": "group"}


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `requests` in `per_seconds`, of which `burst` at once. We stay a little below both: what is delayed on the way
    comes together with what was sent later."""

    requests: float
    per_seconds: int
    burst: float

    @property
    def rate(self) -> float:
        """Requests a second that are sent in the long run."""
        return MARGIN * self.requests / self.per_seconds

    @property
    def room(self) -> float:
        """Requests that we send at once."""
        return max(1.0, self.burst - max(1.0, self.burst / 10)) if self.burst > 1 else 1.0

    def as_json(self) -> dict[str, Any]:
        return {"requests": round(self.requests), "per_seconds": self.per_seconds, "burst": round(self.burst, 1)}


def limits(rate_limit: Mapping[str, Any] | None, form_limits: Mapping[str, str]) -> dict[str, Limit]:
    """The limit of each class that has one. A person's word on all requests counts instead of the form's."""
    found = {name: _limit(*map(int, text.split("/"))) for name, text in form_limits.items()}
    if rate_limit:
        found[ALL] = _limit(rate_limit["requests"], rate_limit["per_seconds"])
    return found


def _limit(requests: int, per_seconds: int, burst: int | None = None) -> Limit:
    small = max(1.0, BURST_SECONDS * requests / per_seconds)
    return Limit(requests, per_seconds, small if burst is None else float(burst))


def found(rate: float) -> Limit:
    """The limit that an SP was found to have (core.found_rate), in requests a minute."""
    return Limit(60 * rate, 60, max(1.0, BURST_SECONDS * rate))


def classes(method: str, path: str) -> tuple[str, ...]:
    """The classes of a request (core.vocabulary.CLASSES); `path` is below the base URL, with or without a query."""
    parts = path.partition("?")[0].strip("/").lower().split("/")
    searching = parts[-1] == ".search"
    whole = "reads" if method == "GET" or searching else "writes"
    kind = _KINDS.get(parts[0])
    if kind is None:
        return ALL, whole
    verb = "list" if searching or (method == "GET" and len(parts) == 1) else _VERBS.get(method, "get")
    return ALL, whole, f"{kind}_{verb}"


class Bucket:
    """The tokens of one limit. A new one holds at most a second's worth: who used it a moment ago in another process, or
    before a restart, isn't known here."""

    def __init__(self, limit: Limit, now: float) -> None:
        self.limit = limit
        self._tokens = min(limit.room, max(1.0, limit.rate))
        self._at = now

    def change(self, limit: Limit, now: float) -> None:
        """Another limit, from now on."""
        self._tokens, self._at = self._filled(now), max(self._at, now)
        self.limit = limit

    def wait(self, now: float) -> float:
        """Seconds until there is a token; 0 where there is one."""
        return max(0.0, (1.0 - self._filled(now)) / self.limit.rate)

    def take(self, now: float) -> None:
        """Takes the token that `wait` promised."""
        self._tokens = self._filled(now) - 1.0
        self._at = max(self._at, now)

    def empty(self, until: float) -> None:
        """The SP has none left: it fills again from `until` on."""
        self._tokens, self._at = min(self._tokens, 0.0), max(self._at, until)

    def _filled(self, now: float) -> float:
        # A token that is due in a millionth of a second is there: a timer that is that early must not wait again.
        return min(self.limit.room, self._tokens + max(0.0, now - self._at) * self.limit.rate + 1e-9)
