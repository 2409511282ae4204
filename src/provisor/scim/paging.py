"""A listing that lost somebody on the way makes us believe that their account is gone. So a listing either ends
with knowing that it is complete, or raises `Incomplete`: then what came may be used, but nobody is absent (P6).

Rules P1 to P6 of standards.md. Three ways, by the SP form's `paging`: startIndex (RFC 7644 section 3.4.2.4), cursors
(RFC 9865), or everything in one answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from provisor.scim.answers import Answer, TransportError
from provisor.scim.http import HttpClient
from provisor.scim.reader import Page, Unreadable, error, listing

TRIES: Final = 4  # of one page; reading is safe to repeat
_PASSING: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_MOST_PAGES_WITHOUT_TOTAL: Final = 100_000
_MOST_EMPTY_PAGES: Final = 20  # in a row; a cursor may lead through some
_LOST_CURSOR: Final = frozenset({"invalidcursor", "expiredcursor", "invalidcount"})

Paging = Literal["index", "cursor", "none"]
Sleep = Callable[[float], Awaitable[None]]


def first_page(count: int, paging: Paging) -> dict[str, str]:
    """The query of a first page; an SP without paging may refuse even `count`."""
    words = {"startIndex": "1", "count": str(count)}
    return {name: words[name] for name in _WORDS[paging]}


_WORDS: Final[dict[str, tuple[str, ...]]] = {"index": ("startIndex", "count"), "cursor": ("count",), "none": ()}


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
    empty: int = 0  # pages without anything, in a row

    @property
    def found(self) -> int:
        return len(self.known) + self.unreadable

    @property
    def doubled(self) -> int:
        """Resources that came once more: the order changed meanwhile, so that others may have slipped through."""
        return self.start - 1 - self.found


@dataclass(frozen=True)
class _Asking:
    """What is asked, and how."""

    client: HttpClient
    path: str
    query: Mapping[str, str]
    count: int
    sleep: Sleep

    async def page(self, more: Mapping[str, str]) -> Page:
        return await _read(self.client, self.path, {**self.query, **more}, self.sleep)


async def pages(
    client: HttpClient,
    *,
    count: int = 100,
    paging: Paging = "index",
    path: str = "/Users",
    query: Mapping[str, str] | None = None,
    sleep: Sleep = asyncio.sleep,
) -> AsyncIterator[Page]:
    """Every page of a listing, each resource once. Ending without an exception means: complete.

    `paging` and `count` are the SP form's `paging` and `page`. Raises Incomplete, and NotSent or Unknown where the
    service provider can't be reached, after a few tries.
    """
    ways = {"index": _by_index, "cursor": _by_cursor, "none": _in_one}
    async with aclosing(ways[paging](_Asking(client, path, query or {}, count, sleep))) as walk:
        async for page in walk:
            if page.received:
                yield page


async def _by_index(asking: _Asking) -> AsyncGenerator[Page, None]:
    position = _Position()
    while True:
        page = await asking.page({"startIndex": str(position.start), "count": str(asking.count)})
        fresh = _advance(position, page)
        yield fresh
        if _is_last(position, page, fresh, asking.count):
            break
        _guard(position, page)
    _prove(position, page)


async def _in_one(asking: _Asking) -> AsyncGenerator[Page, None]:
    """No word about pages is sent: some refuse it (P5)."""
    position = _Position()
    page = await asking.page({})
    yield _fresh(position, page)
    if page.next_cursor:
        raise Incomplete(f"The answer names a next page. {_advice('cursor')}")
    _prove(position, page, "index")


async def _by_cursor(asking: _Asking) -> AsyncGenerator[Page, None]:
    """RFC 9865: the first request has an empty cursor, the last answer none. A cursor that is no longer good begins the
    listing anew, once; who came already doesn't come again (P4)."""
    shown: set[str] = set()
    asked = {"count": str(asking.count)}
    for again in (True, False):
        try:
            async with aclosing(_walk(asking, asked)) as walk:
                async for page in walk:
                    new = tuple(resource for resource in page.resources if resource.id not in shown)
                    shown.update(resource.id for resource in new)
                    yield replace(page, resources=new)
            return
        except Incomplete as problem:
            lost = _lost_cursor(problem)
            if not (again and lost):
                raise
            asked = {} if lost == "invalidcount" else asked


async def _walk(asking: _Asking, asked: Mapping[str, str]) -> AsyncGenerator[Page, None]:
    """All pages from the first one on. Every request asks for the same but for the cursor (RFC 9865 section 2)."""
    position, cursor, before = _Position(), "", set[str]()
    while True:
        page = await asking.page({"cursor": cursor, **asked})
        yield _fresh(position, page)
        if page.next_cursor is None:
            break
        if page.next_cursor in before or position.empty > _MOST_EMPTY_PAGES:
            raise Incomplete("The listing doesn't end: its cursors lead round in a circle.")
        cursor = page.next_cursor
        before.add(cursor)
        _guard(position, page)
    _prove(position, page, "index")


def _lost_cursor(problem: Incomplete) -> str | None:
    """The scimType, in lower case, of a refusal that beginning anew may mend."""
    if problem.answer is None or problem.answer.status != 400:
        return None
    told = (error(problem.answer).scim_type or "").lower()
    return told if told in _LOST_CURSOR else None


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
    came_before = first is not None and first == position.first
    fresh = _fresh(position, page)
    if came_before and not fresh.resources and not _all_here(position, page):
        word = "cursor" if page.next_cursor else "none"
        raise Incomplete(f"The same page came twice: the application doesn't honour startIndex. {_advice(word)}")
    position.first = first
    return fresh


def _fresh(position: _Position, page: Page) -> Page:
    fresh = []
    for resource in page.resources:
        if resource.id not in position.known:
            position.known.add(resource.id)
            fresh.append(resource)
    position.start += page.received
    position.count += 1
    position.unreadable += len(page.unreadable)
    position.empty = 0 if page.received else position.empty + 1
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


def _prove(position: _Position, page: Page, otherwise: Paging | None = None) -> None:
    """Raises Incomplete unless everybody is here. `otherwise`: the way of paging that this SP may want instead."""
    if position.unreadable:
        raise Incomplete(f"{position.unreadable} of {position.found} resources could not be read.")
    if page.total is not None and position.found < page.total:
        advice = f" {_advice(otherwise)}" if otherwise and position.count == 1 else ""
        raise Incomplete(f"{position.found} resources came, but totalResults says {page.total}.{advice}")
    if position.doubled and (page.total is None or position.found > page.total):
        told = "how many there are" if page.total is None else f"it right (totalResults {page.total})"
        raise Incomplete(
            f"{position.doubled} resources came twice, and the listing doesn't say {told}: others may be missing."
        )


def _advice(word: Paging | str) -> str:
    return f'If this stays, set "paging" of the SP form to "{word}".'
