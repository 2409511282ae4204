"""How fast a service provider lets itself be asked: a token bucket for each class of requests, 429 with Retry-After
when one is empty, and a memory of who came back too early."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate

from provisor.testing.errors import ScimError
from provisor.testing.profile import Profile

# What was on its way when a 429 was told can't have known of it.
ON_ITS_WAY = 0.25

_VERBS = {"GET": "get", "POST": "create", "PUT": "update", "PATCH": "update", "DELETE": "delete"}
_KINDS = {"Users": "user", "Groups": "group"}


class TooMany(ScimError):
    """429. `retry_after`: the header's value, or None. `early`: classes whose last Retry-After hadn't even ended."""

    def __init__(self, name: str, retry_after: str | None, early: list[str]) -> None:
        super().__init__(429, None, f"Too many requests ({name}).")
        self.retry_after, self.early = retry_after, early


def classes(method: str, path: tuple[str, ...]) -> tuple[str, ...]:
    """The classes of requests that a request belongs to; `path` is below the base URL. Named as in the SP form."""
    kind = _KINDS.get(path[0] if path else "", "")
    reading = method == "GET" or path[-1:] == (".search",)
    whole = "reads" if reading else "writes"
    if not kind:
        return "requests", whole
    verb = "list" if reading and (len(path) == 1 or path[-1] == ".search") else _VERBS.get(method, "get")
    return "requests", whole, f"{kind}_{verb}"


@dataclass
class _Bucket:
    """`rate` tokens a second, at most `burst` of them. `closed_until`: when the last Retry-After ends."""

    rate: float
    burst: float
    tokens: float
    at: float
    told: float = field(default=-math.inf)
    closed_until: float = field(default=-math.inf)

    def fill(self, now: float) -> None:
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.rate)
        self.at = now

    @property
    def wait(self) -> float:
        """Seconds until there is a token."""
        return max(0.0, (1.0 - self.tokens) / self.rate)


class Pace:
    """The buckets of one provider. `clock` counts seconds; `wall` is the time of day that a date in Retry-After means."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, wall: Callable[[], float] = time.time) -> None:
        self._clock, self._wall = clock, wall
        self._limits: tuple[str, ...] = ()
        self._buckets: Mapping[str, _Bucket] = {}

    def admit(self, method: str, path: tuple[str, ...], profile: Profile) -> list[str]:
        """Takes a token from each class of the request. Answers the classes whose Retry-After hasn't ended yet. Raises
        TooMany where a bucket is empty; then no token is taken."""
        if profile.limits != self._limits:
            self._limits, self._buckets = profile.limits, self._made(profile.limits)
        if not self._buckets:
            return []
        now = self._clock()
        concerned = [(name, self._buckets[name]) for name in classes(method, path) if name in self._buckets]
        early = [name for name, bucket in concerned if bucket.told + ON_ITS_WAY < now < bucket.closed_until]
        for _, bucket in concerned:
            bucket.fill(now)
        empty = [(name, bucket) for name, bucket in concerned if bucket.tokens < 1]
        if empty:
            raise self._refusal(empty, now, profile, early)
        for _, bucket in concerned:
            bucket.tokens -= 1
        return early

    def _made(self, limits: tuple[str, ...]) -> Mapping[str, _Bucket]:
        return dict(self._bucket(pair) for pair in limits)

    def _bucket(self, pair: str) -> tuple[str, _Bucket]:
        name, _, limit = pair.partition(":")
        requests, seconds, *burst = (int(number) for number in limit.split("/"))
        most = float(burst[0] if burst else requests)
        return name, _Bucket(requests / seconds, most, most, self._clock())

    def _refusal(self, empty: list[tuple[str, _Bucket]], now: float, profile: Profile, early: list[str]) -> TooMany:
        name, bucket = max(empty, key=lambda pair: pair[1].wait)
        said, seconds = self._said(bucket.wait, profile)
        for _, each in empty:
            each.told, each.closed_until = now, max(each.closed_until, now + seconds)
        return TooMany(name, said, early)

    def _said(self, wait: float, profile: Profile) -> tuple[str | None, float]:
        """The header, and the seconds it asks for."""
        if profile.retry_after == "none":
            return None, 0.0
        if profile.retry_after == "seconds":
            seconds = max(1, math.ceil(wait))
            return str(seconds), float(seconds)
        wall = self._wall()
        end = math.ceil(wall + max(wait, 1.0))
        return formatdate(end, usegmt=True), end - wall


class Places:
    """How many requests are being answered at once, and `most`: how many there ever were."""

    def __init__(self) -> None:
        self.taken = self.most = 0

    def entered(self, profile: Profile) -> bool:
        """Takes a place; False if there is none."""
        if profile.concurrency and self.taken >= profile.concurrency:
            return False
        self.taken += 1
        self.most = max(self.most, self.taken)
        return True

    def left(self) -> None:
        self.taken -= 1
