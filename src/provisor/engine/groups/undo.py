"""Undoing at the SP what a run did to one group: its name and externalId, and its members. As engine.undo does for accounts.

A group that the run made stays there, without the members that the run added: what else hangs on it there isn't known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from provisor.core import patch, resource, undo
from provisor.core.changes import Change, Kind
from provisor.core.group_links import RemoteGroup
from provisor.core.verdict import Meaning
from provisor.engine.groups import steps
from provisor.engine.groups.apply import write
from provisor.engine.groups.members import Ended, change_members
from provisor.engine.groups.ports import GroupStep, GroupWork
from provisor.engine.groups.session import Doing, Groups
from provisor.engine.ports import Member
from provisor.engine.undo import ERROR, approved_in, changed, left, why_not
from provisor.engine.undo_ports import Undo

Said = Mapping[str, str] | None


async def undo_group(work: GroupWork, groups: Groups) -> GroupStep:
    """What became of one group of an approved undo."""
    found = await groups.session.store.to_undo(groups.connection, approved_in(work.case.decision), work.link.id)
    if found is None or found.edited or found.remote_id is None or found.remote_id != work.link.remote_id:
        return _skipped(work, why_not(found))
    told = await groups.exchange.read(found.remote_id)
    if told.verdict.code == "gone":
        return _skipped(work, changed("It is not there any more."))
    if told.group is None:
        return steps.failed(work, found.changes[0], await groups.session.heed_reading(told.verdict))
    doing = Doing(work, groups)
    try:
        said = await _attributes(doing, found, told.group)
        await _members(doing, found, told.group)
    except Ended as end:
        return end.step
    return await _undone(doing, found, said)


async def _attributes(doing: Doing, found: Undo, group: RemoteGroup) -> Said:
    """Its own attributes go back. Says which were changed since."""
    planned = next((change for change in found.changes if change.kind is Kind.UPDATE), None)
    if planned is None:
        return None
    back = undo.now(planned.attributes, group.raw)
    if back.send:
        change = replace(planned, attributes=back.send, group=group)
        await doing.intend(change)
        told = await write(doing, change, group, back.send)
        if not told.done:
            unknown = told.verdict.meaning is Meaning.UNKNOWN
            end = steps.unknown if unknown else steps.failed
            raise Ended(end(doing.work, change, told.verdict, doing.taken()))
        known = resource.acknowledge(
            doing.work.link.known, patch.sent(back.send), told.group.raw if told.group else None
        )
        doing.work = replace(doing.work, case=doing.work.case.knowing(known=known))
    return left(back.left)


async def _members(doing: Doing, found: Undo, group: RemoteGroup) -> None:
    """Who was added is removed, and who was removed is added: as far as that still means the same accounts."""
    store, link = doing.groups.session.store, doing.work.link.id
    leaving = await store.members_there(link, _users(found, Kind.REMOVE_MEMBERS))
    joining = await store.accounts_of(doing.groups.connection, _users(found, Kind.ADD_MEMBERS))
    refused = await change_members(doing, group, joining=joining, leaving=leaving)
    if refused:
        raise Ended(replace(steps.refused_members(doing.work, refused), change=found.changes[0]))


def _users(found: Undo, kind: Kind) -> list[str]:
    users: list[str] = []
    for change in found.changes:
        if change.kind is kind:
            users += change.attributes[0].to or change.attributes[0].was or ()
    return users


async def _undone(doing: Doing, found: Undo, said: Said) -> GroupStep:
    """The link from now on: held, so that the next pass doesn't undo the undo."""
    link = replace(doing.work.link, status="held", intent=None, attempts=0, ignored=doing.work.case.undo_mark)
    gone: Sequence[Member] = ()
    if found.let_go:
        gone = await doing.groups.store.acknowledged(doing.groups.connection, doing.work.link)
        link = replace(link, remote_id=None, known={}, created_here=False)
    change: Change = found.changes[0]
    users = tuple(member.user for member in gone)
    return GroupStep(doing.work, link, "success", change, doing.taken(), ERROR, left=users, last=True, said=said or {})


def _skipped(work: GroupWork, why: Mapping[str, str]) -> GroupStep:
    """Nothing is sent; it is due again as if nobody had decided anything."""
    return GroupStep(work, replace(work.link, status="due"), "skipped", last=True, again=0.0, afresh=True, said=why)
