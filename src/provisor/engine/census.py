"""Reading every account of an SP, as a full reconcile does: page by page, the next one on its way while one is compared.

Nothing is concluded from a read that isn't provably complete (P6): what it showed is right, but nobody is gone. Memory is
two pages, and eight bytes for each account.
"""

from __future__ import annotations

import asyncio
import time
from array import array
from bisect import bisect_left
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from hashlib import blake2b

from provisor.engine.exchange import account_of
from provisor.engine.ports import Absent, Census
from provisor.engine.session import Session
from provisor.scim import paging
from provisor.scim.http import TransportError
from provisor.scim.reader import Page

AT_ONCE = 100  # accounts compared before anybody else has a turn


class Marks:
    """Which remote ids were seen: eight bytes for each. First all are added, then it is asked."""

    def __init__(self) -> None:
        self._marks = array("q")
        self._sorted = True

    def add(self, remote_id: str) -> None:
        self._marks.append(_mark(remote_id))
        self._sorted = False

    def __contains__(self, remote_id: object) -> bool:
        if not self._sorted:
            self._marks, self._sorted = array("q", sorted(self._marks)), True
        wanted = _mark(str(remote_id))
        place = bisect_left(self._marks, wanted)
        return place < len(self._marks) and self._marks[place] == wanted


def _mark(remote_id: str) -> int:
    return int.from_bytes(blake2b(remote_id.encode(), digest_size=8).digest(), "big", signed=True)


async def read_all(session: Session) -> Census:
    """Reads every account of the SP; what follows for ours that drifted or are gone, the application's settings say."""
    census, seen = Census(), Marks()
    try:
        async with aclosing(_ahead(session)) as pages:
            async for page, asked in pages:
                await _look(page, asked, session, census, seen)
        if not census.unreadable:
            census.drifted += await _absent(session, seen)
            await session.store.complete(session.connection, session.run)
    except (paging.Incomplete, TransportError) as error:
        census.problem = str(error)
    return census


async def _look(page: Page, asked: float, session: Session, census: Census, seen: Marks) -> None:
    """One page: counted, and compared with our links in small parts, so that leavers elsewhere don't wait for it."""
    census.accounts += len(page.resources)
    census.unreadable += len(page.unreadable)
    for start in range(0, len(page.resources), AT_ONCE):
        accounts = [account_of(resource) for resource in page.resources[start : start + AT_ONCE]]
        for account in accounts:
            seen.add(account.id)
        age = time.monotonic() - asked
        census.drifted += await session.store.observed(session.connection, session.run, accounts, age)


async def _ahead(session: Session) -> AsyncGenerator[tuple[Page, float], None]:
    """Each page, and when it was asked for. The next one is asked for before this one is looked at: so the SP's time and
    ours go by together."""
    form = session.form
    walk = aiter(paging.pages(session.exchange.client, count=form.page, paging=form.paging))
    asked, coming = time.monotonic(), asyncio.create_task(_next(walk))
    try:
        while (page := await coming) is not None:
            this, asked = asked, time.monotonic()
            coming = asyncio.create_task(_next(walk))
            yield page, this
    finally:
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)


async def _next(walk: AsyncIterator[Page]) -> Page | None:
    return await anext(walk, None)


async def _absent(session: Session, seen: Marks) -> int:
    """Who was not in a complete read. Repaired: read by id in the pass, and made again if gone. Else: read by id, and
    reported if gone."""
    repair, count = session.connection.policy.drift == "repair", 0
    async for absent in session.store.absent(session.connection, seen):
        if repair:
            await session.store.verify(session.connection, absent)
        else:
            absent = [each for each in absent if await _is_gone(each, session)]
            await session.store.lost(session.connection, session.run, absent)
        count += len(absent)
    return count


async def _is_gone(absent: Absent, session: Session) -> bool:
    """Raises Incomplete if the SP doesn't say: then this read ends without a conclusion."""
    told = await session.exchange.read(absent.remote_id)
    if not told.done and told.verdict.code != "gone":
        raise paging.Incomplete(f"Accounts that the listing doesn't show could not be read: {told.verdict.message}")
    return not told.done
