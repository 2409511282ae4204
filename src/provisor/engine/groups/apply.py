"""Carrying out one change of a group itself: made, taken over, renamed, deleted. Members are in `members.py`.

As for accounts: the intent is committed, the request is sent, the answer is judged; a lost answer is looked up before
anything is sent again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from provisor.core import group_patch, patch, resource
from provisor.core import groups as core
from provisor.core.changes import Change, Kind
from provisor.core.group_links import RemoteGroup
from provisor.core.resource import Difference
from provisor.core.verdict import Meaning
from provisor.engine.groups import steps
from provisor.engine.groups.exchange import GroupTold
from provisor.engine.groups.observe import search
from provisor.engine.groups.ports import GroupStep
from provisor.engine.groups.session import Doing
from provisor.engine.ports import Member


async def apply(doing: Doing, change: Change) -> GroupStep:
    """What became of one change of the group itself."""
    if change.kind is Kind.CREATE:
        return await _create(doing, change)
    if change.kind is Kind.ADOPT:
        return await _adopt(doing, change)
    if change.kind is Kind.DELETE:
        return await _delete(doing, change)
    return await _update(doing, change) if change.kind is Kind.UPDATE else steps.hold(doing.work, change)


async def _create(doing: Doing, change: Change) -> GroupStep:
    await doing.intend(change)
    sent, first = patch.sent(change.attributes), await _first_members(doing)
    body = group_patch.body(sent, [member.remote_id for member in first], doing.groups.form)
    told = await doing.note(await doing.groups.exchange.create(body), change)
    if told.done and told.group is not None:
        step = steps.written(
            doing.work, change, remote_id=told.group.id, sent=sent, echo=told.group, attempts=doing.taken()
        )
        return replace(step, joined=tuple(first))
    if told.done or told.verdict.meaning is Meaning.UNKNOWN:
        return await _lost_create(doing, change, told)
    if told.verdict.code == "exists":
        return await _conflict(doing, change, told)
    return steps.failed(doing.work, change, told.verdict, doing.taken())


async def _first_members(doing: Doing) -> list[Member]:
    """Those that go along with the create, where the SP form wants some."""
    form, groups = doing.groups.form, doing.groups
    if form.members_on_create == "none":
        return []
    most = form.members_per_request
    return list(await groups.store.missing_members(groups.connection, doing.work.case, most=most, without=()))


async def _lost_create(doing: Doing, change: Change, told: GroupTold) -> GroupStep:
    """The group may be there: looked up at once, and again after 2 and 10 s."""
    creating = doing.work.case.knowing(intent={"kind": "create", "looked": 0})
    seen = await search(replace(creating, decision=None), doing.groups)
    found = core.decide(creating, seen.groups) if seen.groups and not seen.problem else None
    if isinstance(found, Change) and found.kind is Kind.ADOPT and found.group is not None:
        sent = patch.sent(change.attributes)
        return steps.written(
            doing.work, change, remote_id=found.group.id, sent=sent, echo=found.group, attempts=doing.taken()
        )
    return steps.unknown(doing.work, change, told.verdict, doing.taken())


async def _conflict(doing: Doing, change: Change, told: GroupTold) -> GroupStep:
    """The SP says that such a group exists (C2): look whose it is."""
    seen = await search(replace(doing.work.case, decision=None), doing.groups)
    if seen.problem:
        return steps.failed(doing.work, change, seen.problem, doing.taken())
    found = core.decide(replace(doing.work.case, decision=None), seen.groups)
    if isinstance(found, Change) and found.kind is Kind.ADOPT:
        return await _adopt(doing, found)
    if isinstance(found, Change) and found.kind is Kind.HOLD:
        words = told.verdict.error() | {
            "code": found.code or "exists",
            "message": f"{told.verdict.message} {found.reason}",
        }
        return steps.held(doing.work, found, words, doing.taken())
    return steps.held(doing.work, change, told.verdict.error(), doing.taken())


async def _adopt(doing: Doing, change: Change) -> GroupStep:
    """Whatever differs is written; members that are there already and ours are not added again."""
    assert change.group is not None
    await doing.intend(change)
    told = None
    if change.attributes:
        told = await write(doing, change, change.group, change.attributes)
        if told.verdict.meaning is Meaning.HOLD and _only_external_id(change.attributes):
            await doing.groups.session.learn("An externalId of a group was refused.", group_external_id=False)
        elif not told.done:
            return steps.failed(doing.work, change, told.verdict, doing.taken())
    sent = patch.sent(change.attributes) if told is None or told.done else {}
    echo = told.group if told and told.done else None
    return steps.written(doing.work, change, remote_id=change.group.id, sent=sent, echo=echo, attempts=doing.taken())


def _only_external_id(differences: Iterable[Difference]) -> bool:
    return all(difference.name == "externalId" for difference in differences)


async def _update(doing: Doing, change: Change) -> GroupStep:
    assert change.remote_id is not None
    await doing.intend(change)
    told = await write(doing, change, None, change.attributes)
    if told.verdict.code == "gone":
        return await gone(doing, change, told)
    if told.verdict.meaning is Meaning.UNKNOWN:
        return await _lost_update(doing, change, told)
    if not told.done:
        return steps.failed(doing.work, change, told.verdict, doing.taken())
    sent = patch.sent(change.attributes)
    return steps.written(
        doing.work, change, remote_id=change.remote_id, sent=sent, echo=told.group, attempts=doing.taken()
    )


async def _lost_update(doing: Doing, change: Change, told: GroupTold) -> GroupStep:
    """Read the group and judge by what is there (U6). Setting a name twice is harmless: else it is tried again."""
    assert change.remote_id is not None
    seen = await doing.groups.exchange.read(change.remote_id, members=False)
    if seen.group is not None:
        known = resource.observe({}, seen.group.raw, doing.work.case.paths)
        if not resource.differences(doing.work.case.desired, known, doing.work.case.paths):
            sent = patch.sent(change.attributes)
            return steps.written(
                doing.work, change, remote_id=change.remote_id, sent=sent, echo=seen.group, attempts=doing.taken()
            )
    return steps.unknown(doing.work, change, told.verdict, doing.taken())


async def gone(doing: Doing, change: Change, told: GroupTold) -> GroupStep:
    """404 on a group that we know: one GET by its id decides; if it is gone, it is planned anew, members and all."""
    assert change.remote_id is not None
    seen = await doing.groups.exchange.read(change.remote_id, members=False)
    if seen.verdict.code != "gone":
        retry = replace(told.verdict, meaning=Meaning.RETRY)
        return steps.failed(doing.work, None, retry, doing.taken())
    return GroupStep(doing.work, None, "retrying", None, doing.taken(), told.verdict.error(), last=True, again=0.0)


async def _delete(doing: Doing, change: Change) -> GroupStep:
    assert change.remote_id is not None
    await doing.intend(change)
    told = await doing.note(await doing.groups.exchange.delete(change.remote_id), change)
    if told.done or told.verdict.code == "gone":
        return steps.removed(doing.work, change, doing.taken())
    if told.verdict.meaning is Meaning.UNKNOWN:  # repeating a DELETE is safe: 404 counts as done
        return steps.unknown(doing.work, change, told.verdict, doing.taken())
    return steps.failed(doing.work, change, told.verdict, doing.taken())


async def write(
    doing: Doing, change: Change, group: RemoteGroup | None, differences: Iterable[Difference]
) -> GroupTold:
    """A change of the group's own attributes: PATCH with a path, or GET, merge and PUT."""
    remote_id = change.remote_id
    assert remote_id is not None
    if doing.groups.form.group_update != "put":
        operations = group_patch.operations(differences, doing.groups.form)
        told = await doing.note(await doing.groups.exchange.patch(remote_id, operations), change)
        if told.verdict.code != "unsupported":
            return told
        await doing.groups.session.learn(f"PATCH of a group was answered with {told.told.status}.", group_update="put")
    read = await doing.groups.exchange.read(remote_id)
    if read.group is None:
        return await doing.note(read, change)
    members = read.group.members
    if members is None:
        acknowledged = await doing.groups.store.acknowledged(doing.groups.connection, doing.work.link)
        members = tuple(member.remote_id for member in acknowledged)
    body = group_patch.replacement(read.group.raw, differences, members, doing.groups.form)
    return await doing.note(await doing.groups.exchange.put(remote_id, body), change)
