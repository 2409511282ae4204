"""What the group part of a pass shares: the session of the pass, and the requests on groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from provisor.core import protection
from provisor.core.changes import Change, Kind
from provisor.core.form import Form
from provisor.engine.groups.exchange import GroupExchange, GroupTold
from provisor.engine.groups.ports import GroupStep, GroupStore, GroupWork
from provisor.engine.ports import Attempt, Connection, Member, Untouchable
from provisor.engine.session import Session

EVENT_TYPES = {
    Kind.CREATE: "group_create_provision",
    Kind.ADOPT: "takeover_adopt",
    Kind.UPDATE: "group_update_provision",
    Kind.DELETE: "group_delete_provision",
    Kind.ADD_MEMBERS: "group_update_provision",
    Kind.REMOVE_MEMBERS: "group_update_provision",
    Kind.HOLD: "takeover_hold",
}


@dataclass
class Groups:
    """The session, as the group part needs it."""

    session: Session
    store: GroupStore

    def __post_init__(self) -> None:
        self.exchange = GroupExchange(self.session.exchange)

    @property
    def connection(self) -> Connection:
        return self.session.connection

    @property
    def form(self) -> Form:
        return self.session.form

    @property
    def wanted(self) -> bool:
        """Whether groups are sent at all: off means that no request on groups is ever made."""
        return bool(self.connection.settings.get("manage_groups")) and self.form.groups


@dataclass
class Doing:
    """One due group while it is worked off: its work with the link as it is by now, and what was tried."""

    work: GroupWork
    groups: Groups
    attempts: list[Attempt] = field(default_factory=list)

    async def intend(self, change: Change) -> None:
        """Returns once the intent is committed: before the first byte leaves (M2). With `intend_members` the one door to
        every write: what is protected doesn't pass it (Untouchable), nor anything while nothing may be written
        (Elsewhere)."""
        self._may_be_touched(change)
        intent = {"kind": change.kind.value, "looked": (self.work.link.intent or {}).get("looked", 0)}
        await self.groups.store.intend_group(self.groups.connection, self.work, intent)

    async def intend_members(self, change: Change, members: Sequence[Member], *, joining: bool) -> None:
        """The same, for members that are about to be added or removed."""
        self._may_be_touched(change)
        await self.groups.store.intend_members(self.groups.connection, self.work, members, joining=joining)

    def _may_be_touched(self, change: Change) -> None:
        protected = self.groups.connection.policy.protected
        if why := protection.touched_group(protected, self.work.link, self.work.case.name, change):
            link = replace(self.work.link, status="held", intent=None)
            raise Untouchable(
                GroupStep(self.work, link, "held", change, self.taken(), protection.error(why), last=True)
            )

    async def note(self, told: GroupTold, change: Change) -> GroupTold:
        """Every attempt is kept, in the SP's words; what concerns the connection takes effect at once."""
        self.attempts.append(told.attempt(EVENT_TYPES[change.kind]))
        await self.groups.session.heed(told.verdict)
        return told

    def taken(self) -> tuple[Attempt, ...]:
        """The attempts since this was last asked."""
        taken, self.attempts = tuple(self.attempts), []
        return taken
