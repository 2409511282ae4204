"""What the group part of a pass shares: the session of the pass, and the requests on groups."""

from __future__ import annotations

from dataclasses import dataclass, field

from provisor.core.changes import Change, Kind
from provisor.core.form import Form
from provisor.engine.groups.exchange import GroupExchange, GroupTold
from provisor.engine.groups.ports import GroupStore, GroupWork
from provisor.engine.ports import Attempt, Connection
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

    async def intend(self, kind: Kind) -> None:
        """Returns once the intent is committed: before the first byte leaves (M2)."""
        looked = (self.work.link.intent or {}).get("looked", 0)
        await self.groups.store.intend_group(self.groups.connection, self.work, {"kind": kind.value, "looked": looked})

    async def note(self, told: GroupTold, change: Change) -> GroupTold:
        """Every attempt is kept, in the SP's words; what concerns the connection takes effect at once."""
        self.attempts.append(told.attempt(EVENT_TYPES[change.kind]))
        await self.groups.session.heed(told.verdict)
        return told

    def taken(self) -> tuple[Attempt, ...]:
        """The attempts since this was last asked."""
        taken, self.attempts = tuple(self.attempts), []
        return taken
