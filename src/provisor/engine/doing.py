"""One change while it is carried out: what is being done, through which session, and what was tried so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from provisor.core import protection
from provisor.core.changes import Change, Kind
from provisor.core.links import Account
from provisor.engine import outcomes
from provisor.engine.ports import Attempt, Outcome, PasswordOutcome, Untouchable, Work
from provisor.engine.session import Session
from provisor.engine.told import Told


@dataclass
class Doing:
    """One change while it is carried out, with the attempts so far."""

    work: Work
    change: Change
    session: Session
    attempts: list[Attempt] = field(default_factory=list)
    passwords: list[PasswordOutcome] = field(default_factory=list)

    async def intend(self, kind: Kind) -> None:
        """Returns once the intent is committed: before the first byte leaves (M2). The one door to every write: what is
        protected doesn't pass it (Untouchable), nor does anything while the application may not be written to
        (Elsewhere)."""
        connection = self.session.connection
        if why := protection.touched(connection.policy.protected, self.work.link, self.change):
            raise Untouchable(outcomes.untouchable(self.work, self.change, why, self.attempts))
        looked = (self.work.link.intent or {}).get("looked", 0)
        await self.session.store.intend(connection, self.work, {"kind": kind.value, "looked": looked})

    async def note(self, told: Told) -> Told:
        """Every attempt is kept, in the SP's words; what concerns the connection takes effect at once."""
        self.attempts.append(told.attempt(outcomes.EVENT_TYPES[self.change.kind]))
        await self.session.heed(told.verdict)
        return told

    def failed(self, told: Told) -> Outcome:
        return outcomes.failed(self.work, self.change, told.verdict, self.attempts)

    def written(self, remote_id: str, sent: dict[str, Any], echo: Account | None) -> Outcome:
        return outcomes.written(
            self.work, self.change, remote_id=remote_id, sent=sent, echo=echo, attempts=self.attempts
        )
