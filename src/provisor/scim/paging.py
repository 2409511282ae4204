"""A listing that lost somebody on the way makes us believe that their account is gone. So a listing either ends
with knowing that it is complete, or raises `Incomplete`: then what came may be used, but nobody is absent (P6).

Rules P1, P2, P3 and P6 of standards.md; RFC 7644 section 3.4.2.4. By startIndex; cursors (RFC 9865) come later.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from provisor.scim.answers import Answer, TransportError
from provisor.scim.http import HttpClient
from provisor.scim.reader import Page, Unreadable, error, listing

TRIES: Final = 4  # of one page; reading is safe to repeat
_PASSING: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_MOST_PAGES_WITHOUT_TOTAL: Final = 100_000

Sleep = Callable[[float], Awaitable[None]]


class Incomplete(Exception):
    """The listing is not provably complete. `answer`: the one that ended it, if there was one."""

    def __init__(self, message: str, answer: Answer | None = None) -> None:
        super().__init__(message)
        self.answer = answer


@dataclass
class _Position:
    """Where a listing stands. `known`: ids seen; `received`: resources received, doubled ones too."""

    start: int = 1
    count: int = 0
    unreadable: int = 0
    known: set[str] = field(default_factory=set)
    first: str | None = None

    @property
    def found(self) -> int:
        return len(self.known) + self.unreadable


async def pages(
    client: HttpClient,
    *,
    count: int = 100,
    path: str = "/Users",
    query: Mapping[str, str] | None = None,
    sleep: Sleep = asyncio.sleep,
) -> AsyncIterator[Page]:
    """Every page of a listing, each resource once. Ending without an exception means: complete.

    Raises Incomplete, and NotSent or Unknown where the service provider can't be reached, after a few tries.
    """
    position = _Position()
    while True:
        asked = {**(query or {}), "startIndex": str(position.start), "count": str(count)}
        page = await _read(client, path, asked, sleep)
        fresh = _advance(position, page)
        if fresh.received:
            yield fresh
        if _is_last(position, page, fresh, count):
            break
        _guard(position, page)
    _prove(position, page)


async def _read(client: HttpClient, path: str, query: Mapping[str, str], sleep: Sleep) -> Page:
    answer = await _asked(client, path, query, sleep)
    if answer.status != 200 or answer.problem:
        said = error(answer).detail
        raise Incomplete(f"GET {path}: {answer.status} in the middle of the listing. {said}".strip(), answer)
    try:
        return listing(answer.body)
    except Unreadable as problem:
        raise Incomplete(f"GET {path}: {problem}", answer) from None


async def _asked(client: HttpClient, path: str, query: Mapping[str, str], sleep: Sleep) -> Answer:
    """The answer to one page's request, tried again where the failure may pass."""
    for attempt in range(TRIES):
        last = attempt == TRIES - 1
        try:
            answer = await client.request("GET", path, query=query)
        except TransportError as problem:
            if last or problem.cause in ("forbidden", "tls"):
                raise
            await sleep(2.0**attempt)
            continue
        if last or (answer.status not in _PASSING and answer.problem != "cut"):
            break
        await sleep(2.0**attempt if answer.retry_after is None else answer.retry_after)
    return answer


def _advance(position: _Position, page: Page) -> Page:
    """The page without what came before; `position` moves by what was received, never by what was asked (P1)."""
    first = page.resources[0].id if page.resources else None
    fresh = []
    for resource in page.resources:
        if resource.id not in position.known:
            position.known.add(resource.id)
            fresh.append(resource)
    if first is not None and first == position.first and not fresh and not _all_here(position, page):
        raise Incomplete("The same page came twice: the application doesn't honour startIndex.")
    position.first = first
    position.start += page.received
    position.count += 1
    position.unreadable += len(page.unreadable)
    return replace(page, resources=tuple(fresh))


def _is_last(position: _Position, page: Page, fresh: Page, count: int) -> bool:
    if page.received == 0 or (not fresh.received and _all_here(position, page)):
        return True
    beyond = page.total is not None and position.start > page.total
    return beyond and page.received < count


def _all_here(position: _Position, page: Page) -> bool:
    return page.total is not None and position.found >= page.total


def _guard(position: _Position, page: Page) -> None:
    """A listing without an end is stopped (P2)."""
    most = _MOST_PAGES_WITHOUT_TOTAL if page.total is None else page.total * 1.5 + 10
    if position.count > most:
        raise Incomplete(f"The listing doesn't end: {position.count} pages for totalResults {page.total}.")


def _prove(position: _Position, page: Page) -> None:
    if position.unreadable:
        raise Incomplete(f"{position.unreadable} of {position.found} resources could not be read.")
    if page.total is not None and position.found < page.total:
        raise Incomplete(f"{position.found} resources came, but totalResults says {page.total}.")
