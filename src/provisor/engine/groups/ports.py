"""What the group part of the loop needs from outside, and the values that pass through it. No SQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from provisor.core.changes import Change
from provisor.core.group_links import GroupCase, GroupLink
from provisor.engine.guard import GuardStore
from provisor.engine.password_ports import PasswordStore
from provisor.engine.ports import Attempt, Connection, Member, Run, Store
from provisor.engine.undo_ports import UndoStore


@dataclass(frozen=True, slots=True)
class GroupWork:
    """One due group, read in one consistent look, with the marks that the outcome will remove."""

    case: GroupCase
    marks: tuple[int, ...]
    priority: int
    cause: str
    actor: Mapping[str, Any] | None = None
    correlation: UUID | None = None

    @property
    def link(self) -> GroupLink:
        return self.case.link


@dataclass(frozen=True, slots=True)
class GroupStep:
    """One thing that became of a due group: the link from now on (None: forget it and its members), and, where something
    was changed, what. `joined` and `left` are members that the SP now has or has no longer. `last`: the group is done
    with, its marks go. `result`, `error`, `again`, `said` as in ports.Outcome."""

    work: GroupWork
    link: GroupLink | None
    result: str | None = None
    change: Change | None = None
    attempts: tuple[Attempt, ...] = ()
    error: Mapping[str, str] | None = None
    candidates: tuple[Mapping[str, Any], ...] | None = None
    joined: tuple[Member, ...] = ()
    left: tuple[str, ...] = ()
    last: bool = False
    again: float | None = None
    waits_in: UUID | None = None
    afresh: bool = False
    said: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class GroupsDue:
    """As ports.Due, for groups."""

    works: tuple[GroupWork, ...] = ()
    finish: bool = False
    stop: bool = False


@dataclass(frozen=True, slots=True)
class Linked:
    """A group that we know there: for a full read."""

    link: GroupLink
    group: str
    name: str = ""


class GroupStore(Protocol):
    """The database as the group part of the loop sees it. Every method may raise Gone."""

    async def groups_due(self, connection: Connection, run: Run, *, most: int, busy: Collection[str]) -> GroupsDue:
        """The next due groups by priority, none of `busy`."""

    def whole_group_plan(self, connection: Connection) -> AsyncIterator[GroupWork]:
        """Every due group in the order of link ids; nothing is taken off the queue."""

    async def group_owners(self, connection: Connection, remote_ids: Sequence[str]) -> Mapping[str, str]:
        """Which of our groups have these remote ids in this application: group id by remote id."""

    async def missing_members(
        self, connection: Connection, case: GroupCase, *, most: int, without: Collection[str], planned: bool = False
    ) -> Sequence[Member]:
        """Members in the directory whose account there is known and that the SP hasn't acknowledged, by user id; none of
        the users in `without`. `planned`: also those whose account is still to be made (their remote id is empty)."""

    async def surplus_members(
        self, connection: Connection, case: GroupCase, *, most: int, without: Collection[str]
    ) -> Sequence[Member]:
        """Members that the SP acknowledged and that are none in the directory any more."""

    async def acknowledged(self, connection: Connection, link: GroupLink) -> Sequence[Member]:
        """All members of a group that the SP acknowledged."""

    async def intend_members(
        self, connection: Connection, work: GroupWork, members: Sequence[Member], *, joining: bool
    ) -> None:
        """Returns once it is committed that these may be members there from now on (`joining`), or may be none."""

    async def intend_group(self, connection: Connection, work: GroupWork, intent: Mapping[str, Any]) -> None:
        """Returns once the intent is committed; only then may a byte leave (M2)."""

    async def record_group(self, connection: Connection, run: Run, step: GroupStep) -> None:
        """Queues the step for the next commit. Returns once it is committed."""

    async def planned_group(self, connection: Connection, run: Run, work: GroupWork, change: Change) -> None:
        """One change of a preview."""

    def linked_groups(self, connection: Connection) -> AsyncIterator[Linked]:
        """Every group that is known there."""

    async def group_drifted(
        self, connection: Connection, run: Run, linked: Linked, *, known: Mapping[str, Any] | None, lost: Sequence[str]
    ) -> None:
        """A full read found the group otherwise: its attributes are `known` (None: it is gone), and these users, whom
        the SP had acknowledged as members, aren't there any more. Repaired: corrected here and marked due. Else told."""

    async def complete_groups(self, connection: Connection, run: Run, *, certain: bool) -> None:
        """Marks every assigned group and every group link as due: the sweep that finds what no edit told. `certain`: every
        group that we know could be read, so what was told of them and isn't so any more is forgotten."""


class Stores(Store, GroupStore, GuardStore, UndoStore, PasswordStore, Protocol):
    """The database as a whole pass sees it: users, groups, the guard, undoing and passwords."""
