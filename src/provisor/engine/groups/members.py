"""Members: the set difference between the directory and what the SP acknowledged, sent in chunks of the SP's size.

What is about to be sent is written down first: a member that may be there counts as there when it comes to removing,
and as missing when it comes to adding. So a lost answer never leaves somebody in a group unseen. A refused chunk is
judged by what the group holds afterwards (U11), then halved until the one bad member is found: the others get in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import orjson

from provisor.core import group_patch
from provisor.core.changes import Change, Kind
from provisor.core.form import Form
from provisor.core.group_links import RemoteGroup
from provisor.core.groups import members_change
from provisor.core.patch import Operation
from provisor.core.verdict import Meaning, Verdict
from provisor.engine.groups import steps
from provisor.engine.groups.apply import gone
from provisor.engine.groups.exchange import GroupTold
from provisor.engine.groups.ports import GroupStep
from provisor.engine.groups.session import Doing
from provisor.engine.ports import Member

ALL = 100_000  # members of one group that a whole PUT may carry


@dataclass
class Filling:
    """One group's members while they are brought in order. `present`: remote ids that a fresh read showed."""

    doing: Doing
    present: frozenset[str] | None = None
    changed: bool = False
    refused: list[tuple[str, Verdict]] = field(default_factory=list)

    @property
    def form(self) -> Form:
        return self.doing.groups.form

    def change(self, kind: Kind, members: Sequence[Member]) -> Change:
        return members_change(self.doing.work.link, kind, [member.user for member in members])

    def skipped(self) -> list[str]:
        return [user for user, _ in self.refused]


class Ended(Exception):
    """The group can't be brought to its end now: this is what to record."""

    def __init__(self, step: GroupStep) -> None:
        super().__init__()
        self.step = step


async def settle_members(doing: Doing, *, fresh: bool) -> GroupStep:
    """Removes who is no member any more, adds who is missing and has an account there. `fresh`: the group has just been
    taken over or made, so it may hold members that need not be added."""
    filling = Filling(doing)
    try:
        if fresh and filling.form.members_shown != "no":
            await _look(filling)
        if filling.form.group_update != "patch":
            await _whole(filling)
        else:
            await _in_chunks(filling, Kind.REMOVE_MEMBERS)
            await _in_chunks(filling, Kind.ADD_MEMBERS)
    except Ended as end:
        return end.step
    if filling.refused:
        return steps.refused_members(doing.work, filling.refused)
    return steps.settled(doing.work, doing.work.link, changed=filling.changed)


async def change_members(
    doing: Doing, shown: RemoteGroup, *, joining: Sequence[Member], leaving: Sequence[Member]
) -> list[tuple[str, Verdict]]:
    """Adds and removes exactly these, whatever the directory says; nothing is sent for who is in the group as `shown`, or
    out of it, already. Answers who was refused. Raises Ended."""
    filling = Filling(doing)
    if shown.members or (shown.members == () and filling.form.members_shown == "yes"):
        filling.present = frozenset(shown.members) if filling.form.members_shown != "no" else None
    rest: dict[Kind, list[Member]] = {}
    for kind, members in ((Kind.REMOVE_MEMBERS, leaving), (Kind.ADD_MEMBERS, joining)):
        there = [member for member in members if _as_wanted(filling, kind, member)]
        if there:
            await _record(filling, kind, there)
        rest[kind] = [member for member in members if member not in there]
        most = filling.form.members_per_request
        for first in range(0, len(rest[kind]), most) if filling.form.group_update == "patch" else ():
            await _send(filling, kind, rest[kind][first : first + most])
    if filling.form.group_update != "patch" and any(rest.values()):
        await _say_whole(filling, rest[Kind.REMOVE_MEMBERS], rest[Kind.ADD_MEMBERS])
    return filling.refused


async def _next(filling: Filling, kind: Kind, most: int) -> Sequence[Member]:
    groups = filling.doing.groups
    ask = groups.store.missing_members if kind is Kind.ADD_MEMBERS else groups.store.surplus_members
    return await ask(groups.connection, filling.doing.work.case, most=most, without=filling.skipped())


async def _in_chunks(filling: Filling, kind: Kind) -> None:
    while batch := await _next(filling, kind, filling.form.members_per_request):
        if filling.form.group_update != "patch":  # learned on the way
            return await _whole(filling)
        there = [member for member in batch if _as_wanted(filling, kind, member)]
        if there:
            await _record(filling, kind, there)
        rest = [member for member in batch if member not in there]
        if rest:
            await _send(filling, kind, rest)
    return None


def _as_wanted(filling: Filling, kind: Kind, member: Member) -> bool:
    """Whether a fresh read showed that nothing has to be sent for this member."""
    if filling.present is None:
        return False
    return (member.remote_id in filling.present) is (kind is Kind.ADD_MEMBERS)


async def _send(filling: Filling, kind: Kind, batch: Sequence[Member]) -> None:
    """One request for these members; halves where it is too large, or where it can't be told who is to blame."""
    if _too_large(filling.form, kind, batch) and len(batch) > 1:
        return await _halves(filling, kind, batch)
    doing, change = filling.doing, filling.change(kind, batch)
    await doing.intend_members(change, batch, joining=kind is Kind.ADD_MEMBERS)
    operations = _operations(filling.form, kind, batch)
    told = await doing.note(await doing.groups.exchange.patch(change.remote_id or "", operations), change)
    if told.done:
        await _record(filling, kind, batch, change)
        return await _learn_whether_shown(filling, kind, batch, told)
    return await _not_done(filling, kind, batch, change, told)


def _operations(form: Form, kind: Kind, batch: Sequence[Member]) -> list[Operation]:
    ids = [member.remote_id for member in batch]
    return group_patch.additions(ids, form) if kind is Kind.ADD_MEMBERS else group_patch.removals(ids, form)


def _too_large(form: Form, kind: Kind, batch: Sequence[Member]) -> bool:
    return bool(form.payload_bytes) and len(orjson.dumps(_operations(form, kind, batch))) + 100 > form.payload_bytes


async def _halves(filling: Filling, kind: Kind, batch: Sequence[Member]) -> None:
    middle = (len(batch) + 1) // 2
    await _send(filling, kind, batch[:middle])
    await _send(filling, kind, batch[middle:])


async def _record(filling: Filling, kind: Kind, batch: Sequence[Member], change: Change | None = None) -> None:
    """What is certain by now. Without `change` nothing was sent: it was seen to be so."""
    doing = filling.doing
    filling.changed = filling.changed or change is not None
    step = GroupStep(
        doing.work,
        doing.work.link,
        "success" if change else None,
        change,
        doing.taken() if change else (),
        joined=tuple(batch) if kind is Kind.ADD_MEMBERS else (),
        left=tuple(member.user for member in batch) if kind is Kind.REMOVE_MEMBERS else (),
    )
    await doing.groups.store.record_group(doing.groups.connection, doing.groups.session.run, step)


async def _not_done(filling: Filling, kind: Kind, batch: Sequence[Member], change: Change, told: GroupTold) -> None:
    doing, verdict = filling.doing, told.verdict
    if verdict.code == "gone" and await _group_is_gone(filling):
        raise Ended(await gone(doing, change, told))
    if verdict.code == "unsupported":
        await doing.groups.session.learn(f"PATCH of a group was answered with {told.told.status}.", group_update="put")
        if filling.form.group_update == "patch":  # a person says so: it is told, and not sent for ever
            raise Ended(steps.failed(doing.work, change, verdict, doing.taken()))
        return
    if told.told.status == 413 and len(batch) > 1:
        fewer = (len(batch) + 1) // 2
        await doing.groups.session.learn(f"{len(batch)} members at once were too many.", members_per_request=fewer)
        return await _halves(filling, kind, batch)
    if verdict.whole or verdict.meaning is Meaning.STOP:
        raise Ended(steps.failed(doing.work, change, verdict, doing.taken()))
    await _judge_by_state(filling, kind, batch, change, told)


async def _group_is_gone(filling: Filling) -> bool:
    """A 404 may mean the group or a member: the group itself is asked."""
    remote_id = filling.doing.work.link.remote_id or ""
    seen = await filling.doing.groups.exchange.read(remote_id, members=False)
    return seen.verdict.code == "gone"


async def _judge_by_state(
    filling: Filling, kind: Kind, batch: Sequence[Member], change: Change, told: GroupTold
) -> None:
    """The SP said no, or said nothing: whoever is as wanted all the same is done with (U11); of the others, each alone."""
    doing = filling.doing
    await _look(filling)
    done = [member for member in batch if _as_wanted(filling, kind, member) or _no_matter(kind, batch, told)]
    left = [member for member in batch if member not in done]
    if done:
        await _record(filling, kind, done, filling.change(kind, done))
    if not left:
        return
    if told.verdict.meaning in (Meaning.UNKNOWN, Meaning.RETRY) and not doing.work.link.attempts:
        retry = replace(told.verdict, meaning=Meaning.RETRY)
        raise Ended(steps.failed(doing.work, filling.change(kind, left), retry, doing.taken()))
    if len(left) == 1:
        filling.refused.append((left[0].user, told.verdict))
        return
    await _halves(filling, kind, left)


def _no_matter(kind: Kind, batch: Sequence[Member], told: GroupTold) -> bool:
    """Removing one who isn't there, or adding one who is: an error at some SPs, and what was wanted."""
    if len(batch) > 1:
        return False
    if kind is Kind.REMOVE_MEMBERS:
        return told.told.scim_type == "noTarget" or told.told.status == 404
    return told.verdict.code == "exists"


async def _look(filling: Filling) -> None:
    """The members that the group shows now, where it shows any."""
    if filling.form.members_shown == "no":
        return
    seen = await filling.doing.groups.exchange.read(filling.doing.work.link.remote_id or "")
    shown = seen.group.members if seen.group else None
    trusted = shown or (shown == () and filling.form.members_shown == "yes")
    filling.present = frozenset(shown or ()) if trusted else None


async def _learn_whether_shown(filling: Filling, kind: Kind, batch: Sequence[Member], told: GroupTold) -> None:
    """Once: whether a group that is read shows its members. Where not, an empty list means nothing (G6)."""
    if filling.form.members_shown != "unknown" or kind is Kind.REMOVE_MEMBERS:
        return
    wanted = {member.remote_id for member in batch}
    shown = told.group.members if told.group else None
    if not (shown and wanted & set(shown)):
        seen = await filling.doing.groups.exchange.read(filling.doing.work.link.remote_id or "")
        if not seen.done:
            return
        shown = seen.group.members if seen.group else None
    found = bool(shown and wanted & set(shown))
    said = (
        "A group shows the members that were added."
        if found
        else "Members were added, and the group doesn't show them."
    )
    await filling.doing.groups.session.learn(said, members_shown="yes" if found else "no")


async def _whole(filling: Filling) -> None:
    """All members in one request; members of others stay, where the group shows them."""
    surplus = await _next(filling, Kind.REMOVE_MEMBERS, ALL)
    missing = await _next(filling, Kind.ADD_MEMBERS, ALL)
    if surplus or missing:
        await _say_whole(filling, surplus, missing)


async def _say_whole(filling: Filling, surplus: Sequence[Member], missing: Sequence[Member]) -> None:
    doing = filling.doing
    change = filling.change(Kind.ADD_MEMBERS if missing else Kind.REMOVE_MEMBERS, missing or surplus)
    read = await doing.groups.exchange.read(change.remote_id or "")
    if read.group is None:
        raise Ended(steps.failed(doing.work, change, read.verdict, doing.taken()))
    store, connection = doing.groups.store, doing.groups.connection
    acknowledged = [member.remote_id for member in await store.acknowledged(connection, doing.work.link)]
    shown = await _believed(filling, read.group.members, acknowledged)
    held = acknowledged if shown is None else shown
    leaving = {member.remote_id for member in surplus}
    wanted = dict.fromkeys((*(id for id in held if id not in leaving), *(member.remote_id for member in missing)))
    for members, joining in ((surplus, False), (missing, True)):
        if members:
            await doing.intend_members(change, members, joining=joining)
    told = await doing.note(await _said_whole(filling, read.group, list(wanted)), change)
    if not told.done:
        raise Ended(steps.failed(doing.work, change, _retried(told.verdict), doing.taken()))
    for kind, members in ((Kind.REMOVE_MEMBERS, surplus), (Kind.ADD_MEMBERS, missing)):
        if members:
            await _record(filling, kind, members, filling.change(kind, members))


async def _believed(
    filling: Filling, shown: tuple[str, ...] | None, acknowledged: Sequence[str]
) -> tuple[str, ...] | None:
    """The members that the group shows, where they are told by the ids of their accounts. Some SPs tell other names, by
    which the same accounts are found: then nobody could ever be left out."""
    if not shown or filling.form.members_shown == "no":
        return None
    if not acknowledged or set(acknowledged) & set(shown):
        return shown
    session = filling.doing.groups.session
    told = await session.exchange.read(shown[0])
    if told.done or told.status != 200:
        return shown
    await session.learn("A group shows its members by other names than the ids of their accounts.", members_shown="no")
    return None


async def _said_whole(filling: Filling, group: RemoteGroup, members: Sequence[str]) -> GroupTold:
    exchange, form = filling.doing.groups.exchange, filling.form
    if form.group_update == "replace":
        return await exchange.patch(group.id, group_patch.whole(members, form))
    return await exchange.put(group.id, group_patch.replacement(group.raw, (), members, form))


def _retried(verdict: Verdict) -> Verdict:
    """A lost answer of a PUT: the next one says the same again."""
    return replace(verdict, meaning=Meaning.RETRY) if verdict.meaning is Meaning.UNKNOWN else verdict
