"""The requests of a probe: each becomes a value that can be judged and quoted, whatever the service provider does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from provisor.scim.answers import JSON, Answer, TransportError
from provisor.scim.filters import eq
from provisor.scim.http import HttpClient
from provisor.scim.paging import Paging, first_page
from provisor.scim.reader import Page, Resource, ScimError, Unreadable, error, listing, resource

_TRIES: Final = 3
_LONGEST_PAUSE: Final = 10.0  # seconds: who probes waits for the answer
_PAUSES: Final = frozenset({429, 503})
# Answers that are about the token or the moment, and say nothing of what the service provider can do.
_PASSING: Final = frozenset({401, 403, 408, 425, 429, 500, 502, 503, 504})
_QUOTED: Final = 200  # characters of the service provider's own words

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True)
class Said:
    """One request in words, and its answer; `answer` is None where none came, and `lost` where it may have had effect."""

    asked: str
    answer: Answer | None = None
    reason: str = ""

    @property
    def status(self) -> int | None:
        return self.answer.status if self.answer else None

    @property
    def ok(self) -> bool:
        """2xx, carried out, with a readable body or none."""
        return self.answer is not None and self.answer.ok and self.answer.status != 202

    @property
    def passing(self) -> bool:
        """Nothing can be concluded: no answer, no permission, or a failure of the moment."""
        return self.answer is None or self.answer.status in _PASSING or 300 <= self.answer.status < 400

    @property
    def refused(self) -> bool:
        """The service provider has understood and doesn't do it."""
        return not self.ok and not self.passing

    @property
    def denied(self) -> bool:
        """Refused, or not allowed where the same token may do other things: it won't be done either way."""
        return self.refused or self.status == 403

    @property
    def unsupported(self) -> bool:
        return self.status in (405, 501)

    @property
    def error(self) -> ScimError | None:
        return error(self.answer) if self.answer and not self.ok else None

    @property
    def resource(self) -> Resource | None:
        """The resource in the answer; None where there is none, or it can't be read."""
        try:
            return resource(self.answer.body) if self.answer and self.ok else None
        except Unreadable:
            return None

    @property
    def page(self) -> Page | None:
        try:
            return listing(self.answer.body) if self.answer and self.ok else None
        except Unreadable:
            return None

    def told(self, more: str = "") -> str:
        """The evidence: method, path, status, the service provider's own words, and what that shows."""
        if self.answer is None:
            return f"{self.asked}: no answer. {self.reason} {more}".strip()
        problem = self.error
        words = f"{problem.scim_type or ''} {problem.detail[:_QUOTED]}".strip() if problem else ""
        said = f"{self.asked}: {self.status} {words}".strip().rstrip(".")
        return f"{said}. {more}".strip()


class Asker:
    """Asks one service provider. A GET whose connection broke is repeated once, a pause that was asked for is kept."""

    def __init__(self, client: HttpClient, sleep: Sleep = asyncio.sleep, paging: Paging = "index") -> None:
        self.client = client
        self.paging = paging  # how a first page is asked for
        self._sleep = sleep

    async def get(self, path: str, query: Mapping[str, str] | None = None, *, asked: str = "") -> Said:
        shown = "&".join(f"{name}={value}" for name, value in (query or {}).items())
        return await self.ask(
            "GET", path, query=query, asked=asked or (f"GET {path}?{shown}" if shown else f"GET {path}")
        )

    async def find(self, path: str, attribute: str, value: str) -> Said:
        """What a filter finds. The value isn't quoted: it may be somebody's name."""
        query = {"filter": eq(attribute, value), **first_page(100, self.paging)}
        return await self.ask("GET", path, query=query, asked=f"GET {path} with a filter on {attribute}")

    async def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: JSON | None = None,
        asked: str = "",
    ) -> Said:
        asked = asked or f"{method} {path}"
        for attempt in range(_TRIES):
            last = attempt == _TRIES - 1
            try:
                answer = await self.client.request(method, path, query=query, body=body)
            except TransportError as problem:
                if method == "GET" and problem.cause == "broken" and attempt == 0:
                    continue
                return Said(asked, reason=problem.reason)
            if last or answer.status not in _PAUSES or (answer.retry_after or 1.0) > _LONGEST_PAUSE:
                break
            await self._sleep(answer.retry_after or 1.0)
        return Said(asked, answer)


def values(resources: list[Any], read: Callable[[Any], str | None]) -> list[tuple[str, str]]:
    """Of each resource its id and a value that a filter can look for: plain text, which no parser stumbles over."""
    found = ((each.id, read(each)) for each in resources)
    return [
        (id, value) for id, value in found if value and value.isascii() and value.isprintable() and '"' not in value
    ]
