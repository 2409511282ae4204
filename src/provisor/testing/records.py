"""What the fake service provider remembers of each request, so that a test or a rehearsal can look at it afterwards."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

_WRITING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True)
class Finding:
    """A request broke a rule. `rule` is an id of the client requirements (T3, F1, U8, ...), `message` says how."""

    rule: str
    message: str


@dataclass(frozen=True)
class Recorded:
    """One request and what became of it.

    `at`: monotonic seconds when its last byte arrived. `path`: decoded, below the base URL ("/Users/2819");
    `target`: as it stood on the request line. `body`: parsed JSON, or None. `status`: the status answered; 0 while
    the request is open, and where a fault left it without an answer. `fault`: the kind of fault it met, or None.
    `early`: it came before the Retry-After of a 429 had ended.
    Headers, body and target may hold secrets and stay out of the repr.
    """

    at: float
    method: str
    path: str
    target: str = field(repr=False)
    query: Mapping[str, str] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: Any = field(repr=False)
    status: int = 0
    findings: tuple[Finding, ...] = ()
    fault: str | None = None
    early: bool = False

    @property
    def is_write(self) -> bool:
        """True for POST, PUT, PATCH and DELETE; a search by POST only reads."""
        return self.method in _WRITING and not self.path.endswith("/.search")


class Log:
    """Requests in the order in which they arrived. `listener` is told of each when it has its answer."""

    def __init__(self) -> None:
        self.listener: Callable[[Recorded], None] | None = None
        self._requests: dict[int, Recorded] = {}
        self._numbers = itertools.count()

    def arrived(self, request: Recorded) -> int:
        """Keeps an open request; its number is for `answered`."""
        number = next(self._numbers)
        self._requests[number] = request
        return number

    def answered(
        self,
        number: int,
        status: int,
        findings: tuple[Finding, ...] = (),
        fault: str | None = None,
        early: bool = False,
    ) -> None:
        """Keeps how a request ended. Nothing happens if the log was cleared since it arrived."""
        request = self._requests.get(number)
        if request is None:
            return
        self._requests[number] = ended = replace(request, status=status, findings=findings, fault=fault, early=early)
        if self.listener:
            self.listener(ended)

    def all(self) -> list[Recorded]:
        """Every request since the last `clear`."""
        return list(self._requests.values())

    def clear(self) -> None:
        """Forgets every request."""
        self._requests.clear()
