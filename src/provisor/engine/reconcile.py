"""The heart: one pass of the loop over one application.

    read what is due  ->  observe (only where needed)  ->  plan  ->  guard  ->  apply  ->  record

1. *Read*: the due accounts by priority, asked for again every quarter of a second at the latest, so that leavers
   overtake whatever is under way. The queue is in the database; nothing here is lost with this process.
2. *Observe*: look at the SP where the database can't know: no account yet, or a lost answer.
3. *Plan*: decide, as a pure value, what would make the account right. Usually: nothing.
4. *Guard*: refuse what would do too much harm; it waits for a person (engine.guard).
5. *Apply*: write the intent, send the request, judge the answer.
6. *Record*: the link, the change with before and after, the SP's words; and the marks go, in one commit.

A preview (`preview`) is the same loop, stopped after 3. Each account goes its way alone: a bad one stops no other.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

import structlog

from provisor.core import plan, verdict
from provisor.core.changes import Change, Nothing, Wait
from provisor.engine import outcomes, own_account, passwords
from provisor.engine.apply import apply
from provisor.engine.census import read_all
from provisor.engine.groups.settle import preview_groups, read_groups, settle_groups
from provisor.engine.lanes import ASK_AGAIN, Bell, Lanes, due
from provisor.engine.observe import observe
from provisor.engine.ports import Census, Elsewhere, Gone, Outcome, Untouchable, Work
from provisor.engine.secretly import NotSaid
from provisor.engine.session import NotReadable, Session
from provisor.engine.undo import undo_account

__all__ = ["NotReadable", "preview", "reconcile"]

log = structlog.get_logger()


async def reconcile(session: Session, bell: Bell) -> None:
    """One pass: settles every due account of the application, and ends when none is left that may be tried now. `bell`
    is told whenever the database has new marks. Raises Gone if the database connection went."""
    lanes = Lanes(session.connection.settings["concurrency"], bell)
    preparing, users = asyncio.create_task(_prepare(session)), asyncio.Event()
    groups = asyncio.create_task(settle_groups(session, session.store, lanes, users))
    try:
        async for work in due(session, lanes, preparing):
            lanes.start(work, _settle(work, session))
        users.set()
        await groups
        if not session.over:
            session.census = await preparing
    finally:
        preparing.cancel()
        groups.cancel()
        await lanes.abandon()
        await asyncio.gather(preparing, groups, return_exceptions=True)


async def _settle(work: Work, session: Session) -> None:
    """One account, through the loop."""
    try:
        outcome = await _outcome(work, session)
    except Gone:
        raise
    except Elsewhere:
        await asyncio.sleep(ASK_AGAIN)  # nothing was sent: it is still due
        return
    except Untouchable as error:
        outcome = error.outcome
    except NotSaid as error:  # without a trace: the values in it are not for a log
        log.error("An account could not be settled", link=str(work.link.id), error=str(error))
        outcome = outcomes.broken(work, error)
    except Exception as error:  # a mistake of ours must not stop the others
        log.exception("An account could not be settled", link=str(work.link.id))
        outcome = outcomes.broken(work, error)
    if outcome.error is not None and outcome.error["code"] == verdict.CLOSED:
        return  # nothing was sent: it is still due
    await session.store.record(session.connection, session.run, outcome)
    if work.password is not None:
        await passwords.push(outcome, session)


async def _outcome(work: Work, session: Session) -> Outcome:
    if (work.case.decision or {}).get("undo"):
        return await undo_account(work, session)
    seen = await observe(work.case, session)
    work = replace(work, case=seen.case)
    if seen.problem is not None:
        problem = await session.heed_reading(seen.problem)
        return outcomes.failed(work, None, problem)
    decision = plan.decide(seen.case, seen.accounts)
    if isinstance(decision, Nothing):
        return outcomes.nothing(work, decision)
    if isinstance(decision, Wait):
        return outcomes.wait(work, decision)
    refusal = await session.guard.refuses(
        decision, named=work.named, decision=work.case.decision, code=work.link.code, case=work.case
    )
    return outcomes.refused(work, decision, refusal) if refusal else await apply(work, decision, session)


async def _prepare(session: Session) -> Census | None:
    """What a pass reads beside the queue: the whole SP in a reconcile, a listing where that saves look-ups."""
    if session.run.kind != "reconcile":
        expected = await session.store.unlinked(session.connection)
        await session.listing.load(session.exchange.client, expected=expected, form=session.form)
        return None
    session.listing.ready.set()
    await own_account.look(session)
    census = await read_all(session)
    if census.problem is None:
        census.drifted += await read_groups(session, session.store)
    return census


async def preview(session: Session) -> None:
    """The plan of all that is due, without a write: the same loop, stopped before apply. Raises Gone, and Unreadable when
    the SP could not be read."""
    await _prepare(session)
    async for work in session.store.whole_plan(session.connection):
        seen = await observe(work.case, session)
        if seen.problem is not None:
            problem = await session.heed_reading(seen.problem)
            raise NotReadable(problem.message)
        decision = plan.decide(seen.case, seen.accounts)
        if isinstance(decision, Change):
            await session.store.planned(session.connection, session.run, work, decision)
    await preview_groups(session, session.store)
