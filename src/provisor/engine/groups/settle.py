"""The groups of one pass: due groups, each through the same loop as an account: observe, decide, apply, record; then its
members. Beside the users' lanes, a few at a time, so that one large group keeps no other waiting (G1: users come first,
because only members whose account is known are ever sent).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import structlog

from provisor.core import groups as core
from provisor.core import verdict
from provisor.core.changes import Change, Kind, Nothing, Wait
from provisor.engine.groups import steps
from provisor.engine.groups.apply import apply
from provisor.engine.groups.members import settle_members
from provisor.engine.groups.observe import observe
from provisor.engine.groups.ports import GroupStep, GroupStore, GroupWork, Linked
from provisor.engine.groups.session import Doing, Groups
from provisor.engine.groups.undo import undo_group
from provisor.engine.lanes import ASK_AGAIN, Lanes
from provisor.engine.ports import Elsewhere, Gone, Untouchable
from provisor.engine.session import NotReadable, Session

AT_ONCE = 4  # groups under way
ORDINARY = 2  # the priority whose connections groups use: never those that are kept for leavers

log = structlog.get_logger()


async def settle_groups(session: Session, store: GroupStore, lanes: Lanes, users: asyncio.Event) -> None:
    """Settles every due group; ends when `users` is set (no user is due any more) and no group is."""
    groups = Groups(session, store)
    if not groups.wanted:
        return
    flying: dict[str, asyncio.Task[None]] = {}
    try:
        while not session.over:
            last = users.is_set()
            found = await _start_due(groups, lanes, flying)
            if not flying and last and not found:
                return
            await _wait(flying, users)
    finally:
        for task in flying.values():
            task.cancel()
        await asyncio.gather(*flying.values(), return_exceptions=True)


async def _start_due(groups: Groups, lanes: Lanes, flying: dict[str, asyncio.Task[None]]) -> bool:
    """Starts as many due groups as may be under way. Whether there were any."""
    room = AT_ONCE - len(flying)
    if room <= 0:
        return True
    session = groups.session
    due = await groups.store.groups_due(session.connection, session.run, most=room, busy=list(flying))
    session.finishing = session.finishing or due.finish
    if due.stop:
        session.gate.close("The application was changed, or isn't active.")
    if session.over:
        return False
    for work in due.works:
        flying[work.case.id] = asyncio.create_task(settle(work, groups), context=lanes.context(ORDINARY))
    return bool(due.works)


async def _wait(flying: dict[str, asyncio.Task[None]], users: asyncio.Event) -> None:
    """Until a group is done with, or it is time to look at the queue again."""
    if flying:
        await asyncio.wait(flying.values(), timeout=ASK_AGAIN, return_when=asyncio.FIRST_COMPLETED)
    elif not users.is_set():
        await asyncio.sleep(ASK_AGAIN)
    for id, task in list(flying.items()):
        if task.done():
            flying.pop(id)
            task.result()


async def settle(work: GroupWork, groups: Groups) -> None:
    """One group, through the loop."""
    try:
        step = await _settle(work, groups)
    except Gone:
        raise
    except Elsewhere:
        await asyncio.sleep(ASK_AGAIN)  # nothing was sent: it is still due
        return
    except Untouchable as error:
        step = error.outcome
    except Exception as error:  # a mistake of ours must not stop the others
        log.exception("A group could not be settled", link=str(work.link.id))
        step = steps.broken(work, error)
    if step.error is not None and step.error["code"] == verdict.CLOSED:
        return  # nothing was sent: it is still due
    await groups.store.record_group(groups.connection, groups.session.run, step)


async def _settle(work: GroupWork, groups: Groups) -> GroupStep:
    if (work.case.decision or {}).get("undo"):
        return await undo_group(work, groups)
    seen = await observe(work.case, groups)
    if seen.problem is not None:
        return steps.failed(work, None, await groups.session.heed_reading(seen.problem))
    decision = core.decide(work.case, seen.groups)
    if isinstance(decision, Wait):
        return steps.wait(work, decision)
    if isinstance(decision, Nothing) and decision.forget:
        return steps.forgotten(work, decision)
    doing, changed = Doing(work, groups), isinstance(decision, Change)
    if isinstance(decision, Change):
        refusal = await groups.session.guard.refuses(
            decision, named=False, decision=work.case.decision, code=work.link.code
        )
        step = steps.refused(work, decision, refusal) if refusal else await apply(doing, decision)
        if step.last or step.link is None:
            return step
        await groups.store.record_group(groups.connection, groups.session.run, step)
        doing.work = replace(work, case=replace(work.case, link=step.link, decision=None))
    adopted = isinstance(decision, Change) and decision.kind is Kind.ADOPT
    ended = await settle_members(doing, fresh=adopted)
    return replace(ended, result=ended.result or ("success" if changed else None))


async def preview_groups(session: Session, store: GroupStore) -> None:
    """What would be done to groups, without a write. Members whose accounts are still to be made are shown with them."""
    groups = Groups(session, store)
    if not groups.wanted:
        return
    async for work in store.whole_group_plan(session.connection):
        async for change in _planned(work, groups):
            await store.planned_group(session.connection, session.run, work, change)


async def _planned(work: GroupWork, groups: Groups) -> AsyncIterator[Change]:
    seen = await observe(work.case, groups)
    if seen.problem is not None:
        raise NotReadable((await groups.session.heed_reading(seen.problem)).message)
    decision = core.decide(work.case, seen.groups)
    if isinstance(decision, Change):
        yield decision
        if decision.kind in (Kind.DELETE, Kind.HOLD):
            return
    elif isinstance(decision, Wait) or decision.forget:
        return
    for kind in (Kind.REMOVE_MEMBERS, Kind.ADD_MEMBERS):
        async for change in _planned_members(work, groups, kind):
            yield change


async def _planned_members(work: GroupWork, groups: Groups, kind: Kind) -> AsyncIterator[Change]:
    most, told = groups.form.members_per_request, list[str]()
    store, connection = groups.store, groups.connection
    while True:
        if kind is Kind.ADD_MEMBERS:
            batch = await store.missing_members(connection, work.case, most=most, without=told, planned=True)
        else:
            batch = await store.surplus_members(connection, work.case, most=most, without=told)
        if not batch:
            return
        yield core.members_change(work.link, kind, [member.user for member in batch])
        told += [member.user for member in batch]


async def read_groups(session: Session, store: GroupStore) -> int:
    """A full read of the groups that we know: what drifted is repaired or told. How many drifted."""
    groups, drifted, certain = Groups(session, store), 0, True
    if not groups.wanted:
        return 0
    async for linked in store.linked_groups(session.connection):
        found = await _compare(linked, groups)
        drifted, certain = drifted + bool(found), certain and found is not None
    await store.complete_groups(session.connection, session.run, certain=certain)
    return drifted


async def _compare(linked: Linked, groups: Groups) -> bool | None:
    """Whether it drifted; None where it can't be read: then nothing is concluded."""
    shown = groups.form.members_shown == "yes"
    told = await groups.exchange.read(linked.link.remote_id or "", members=shown)
    if told.verdict.code == "gone":
        await groups.store.group_drifted(groups.connection, groups.session.run, linked, known=None, lost=())
        return True
    if told.group is None:
        return None
    known = core.observed(linked.link, told.group)
    lost: list[str] = []
    if shown and told.group.members is not None:
        there = set(told.group.members)
        held = await groups.store.acknowledged(groups.connection, linked.link)
        lost = [member.user for member in held if member.remote_id not in there]
    if known == linked.link.known and not lost:
        return False
    await groups.store.group_drifted(groups.connection, groups.session.run, linked, known=known, lost=lost)
    return True
