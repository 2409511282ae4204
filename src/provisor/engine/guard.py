"""The guard's place in the loop: between plan and apply. A destructive change asks here before anything is sent.

It is asked about everything that is due at once, in one transaction that also reserves what may pass: so neither slices,
nor restarts, nor a second worker get more through (core.guard). What was refused once waits for the rest of the pass.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from provisor.core import trips
from provisor.core.changes import Change
from provisor.core.links import Case
from provisor.engine.ports import Connection


@dataclass(frozen=True, slots=True)
class Waits:
    """The change has to wait for a person, in this run."""

    run: UUID
    message: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """A person approved another change than this one: it is not sent, and said so."""

    run: UUID


@dataclass(frozen=True, slots=True)
class Rejected:
    """A person rejected the plan that this change was in."""


HOLDS = 540.0  # seconds that a reservation may be used: less than the ten minutes for which it counts

Refusal = Waits | Skipped | Rejected


class GuardStore(Protocol):
    """The database as the guard sees it."""

    async def admit(self, connection: Connection, link: UUID, *, named: bool) -> Waits | frozenset[UUID]:
        """Counts all that is due and was sent, and reserves it if it may pass: the links that may be ended now. Or why
        this one waits."""

    async def waits(self, connection: Connection, why: str) -> Waits:
        """The run in which something waits that a trip-wire held back."""

    async def room_for_takeovers(self, connection: Connection) -> int:
        """How many more accounts a first run may take over without a person."""

    async def approved(self, connection: Connection, run: UUID, change: Change) -> bool:
        """Whether exactly this change stands in a run that a person approved; it is reserved as approved."""


@dataclass
class Guard:
    """One pass's guard. `admitted`: until when (monotonic seconds) which links may be ended by sets (False) and by calls
    that name their user (True): as long as the database counts them; `tripped`: why the others wait for the rest of
    the pass."""

    store: GuardStore
    connection: Connection
    admitted: dict[bool, dict[UUID, float]] = field(default_factory=lambda: {False: {}, True: {}})
    tripped: dict[bool, Waits] = field(default_factory=dict)
    room: int | None = None  # for takeovers of a first run, once it was asked

    async def refuses(
        self,
        change: Change,
        *,
        named: bool,
        decision: Mapping[str, Any] | None,
        code: str | None,
        case: Case | None = None,
    ) -> Refusal | None:
        """None if the change may be sent. `named`: one call caused it by naming its user; `code`: what the link was held
        for until now; `case`: of an account, for the trip-wires."""
        decision = decision or {}
        if run := decision.get("approved"):
            return None if await self.store.approved(self.connection, UUID(run), change) else Skipped(UUID(run))
        why = None if case is None or change.destructive else await self._trips(change, case, code)
        if why is None and (not change.destructive or self._may_end(change.link_id, named)):
            return None
        insists = named and why is None
        if decision.get("rejected") or (code == "rejected" and not insists and not decision.get("reopen")):
            return Rejected()
        return await self.store.waits(self.connection, why) if why else await self._ends(change, named)

    async def _trips(self, change: Change, case: Case, code: str | None) -> str | None:
        """Why a change that ends nothing has to wait all the same (core.trips)."""
        if trips.by_mapping(case, change):
            return trips.MAPPING
        if not trips.by_takeover(change):
            return None
        if code in ("guard", "rejected"):
            return trips.TAKEOVERS
        if not self.connection.first_run:
            return None
        if self.room is None:
            found = await self.store.room_for_takeovers(self.connection)
            self.room = found if self.room is None else self.room  # another account may have asked meanwhile
        self.room -= 1
        return trips.TAKEOVERS if self.room < 0 else None

    async def _ends(self, change: Change, named: bool) -> Refusal | None:
        if named in self.tripped:
            return self.tripped[named]
        found = await self.store.admit(self.connection, change.link_id, named=named)
        if isinstance(found, Waits):
            self.tripped[named] = found
            return found
        self.admitted[named] |= dict.fromkeys(found, time.monotonic() + HOLDS)
        return None

    def _may_end(self, link: UUID, named: bool) -> bool:
        return self.admitted[named].get(link, 0.0) > time.monotonic()
