"""What goes wrong between a client and a service provider: answers lost after the work is done, errors, resets, cut
bodies, slowness. Each fault is a value; chance comes from a seed, so that a failing run can be repeated."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

from provisor.testing.errors import ScimError

Kind = Literal["status", "lost_answer", "reset", "cut_json", "latency", "html", "hang"]

_PAGE = "<!doctype html><title>Gateway</title><h1>The service is not available</h1>"


@dataclass(frozen=True)
class Fault:
    """One way to go wrong, and for which requests.

    `kind`: "status" answers `status` (with `retry_after` as the header, and `body` instead of a SCIM error);
    "html" answers `status` with a page; both carry nothing out. "reset" closes the connection before anything is done.
    "lost_answer" carries the request out, waits `seconds`, and closes without an answer. "cut_json" carries it out and
    cuts the answer's body in the middle. "latency" waits `seconds`, then goes on. "hang" carries nothing out and holds
    the connection for `seconds` (0: until the provider stops), then closes it.

    It strikes requests of `method` whose path contains `path_contains` (None: all), each with `probability`, and at
    most `times` (None: for ever).
    """

    kind: Kind
    status: int = 503
    retry_after: int | str | None = None
    method: str | None = None
    path_contains: str | None = None
    times: int | None = None
    probability: float = 1.0
    seconds: float = 0.0
    body: Any = field(default=None, repr=False)

    def concerns(self, method: str, path: str) -> bool:
        """True if a request of this method and path below the base URL is meant."""
        return self.method in (None, method) and (self.path_contains or "") in path

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of a "status" or "html" fault."""
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        if self.kind == "html":
            return self.status, {**headers, "Content-Type": "text/html"}, _encoded(self.body or _PAGE)
        body = ScimError(self.status, None, "The service can't do this now.").body()
        return self.status, {**headers, "Content-Type": "application/scim+json"}, _encoded(self.body or body)


def _encoded(body: Any) -> bytes:
    if isinstance(body, bytes):
        return body
    return body.encode() if isinstance(body, str) else orjson.dumps(body)


class Faults:
    """The faults in force, in the order in which they were added."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - repeatable chance is the point
        self._left: list[tuple[Fault, int | None]] = []

    def add(self, fault: Fault) -> None:
        """From now on."""
        self._left.append((fault, fault.times))

    def clear(self) -> None:
        """From now on everything goes well."""
        self._left.clear()

    def striking(self, method: str, path: str) -> Iterator[Fault]:
        """The faults that this request meets: every latency, and one of any other kind at most, which comes last."""
        for place, (fault, left) in enumerate(self._left):
            if left == 0 or not fault.concerns(method, path) or self._random.random() >= fault.probability:
                continue
            self._left[place] = (fault, left and left - 1)
            yield fault
            if fault.kind != "latency":
                return
