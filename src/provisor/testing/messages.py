"""A request as it arrived, and the answer to it, without HTTP around them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from provisor.testing.records import Finding


@dataclass(frozen=True, repr=False)
class Request:
    """What arrived. `path`: decoded segments below the base URL; empty if the URL isn't below it. `body`:
    parsed JSON; None without a body, or where it isn't JSON. `size`: bytes of the body."""

    method: str
    target: str
    path: tuple[str, ...]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any = None
    has_body: bool = False
    size: int = 0


@dataclass(frozen=True, repr=False)
class Answer:
    """What goes back, and what there was to say about the request. `early`: it came before a Retry-After had ended."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    early: bool = False


# Status, body and headers. A body is JSON, or a page as text.
Outcome = tuple[int, Any, Mapping[str, str]]
