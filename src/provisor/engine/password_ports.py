"""What sending passwords needs from outside."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from provisor.engine.ports import Connection, PasswordOutcome, Run, Work


@dataclass(frozen=True, slots=True)
class Secret:
    """A password that was taken out of its box to be sent now. `attempts`: how often that was tried before."""

    value: str = field(repr=False)
    attempts: int = 0


class Unopenable(Exception):
    """A password waits, and its box doesn't open."""


class PasswordStore(Protocol):
    """The database as the sending of passwords sees it. Every method may raise Gone."""

    async def password(self, connection: Connection, work: Work) -> Secret | None:
        """The password that waits for this account; None if there is none any more. Raises Unopenable."""

    async def record_password(self, connection: Connection, run: Run, outcome: PasswordOutcome) -> None:
        """Queues what became of a password for the next commit, and takes the intent back. Returns once committed."""
