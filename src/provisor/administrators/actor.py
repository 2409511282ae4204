"""Who acts: every command and every route knows its actor, and writes it into what it records."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from provisor.administrators.roles import Forbidden, may


@dataclass(frozen=True)
class Actor:
    """`kind`: administrator, token, user (a person of the directory, for themselves), cli (someone with a shell on the
    machine) or system (Provisor itself).

    `correlation` ties together all that one call brought about: events, due links, operations.
    """

    kind: str
    id: str
    name: str
    role: str
    correlation: uuid.UUID = field(default_factory=uuid.uuid4)

    def require(self, permission: str) -> None:
        """Raises Forbidden, naming the permission and the roles that have it, unless this actor's role has it."""
        if not may(self.role, permission):
            raise Forbidden(self.role, permission)

    def as_json(self) -> dict[str, str]:
        """How events, due links and runs keep the actor."""
        return {"kind": self.kind, "id": self.id, "name": self.name}


def system(name: str = "Provisor") -> Actor:
    """Provisor itself: schedules, sweeps, the demo."""
    return Actor(kind="system", id="system", name=name, role="owner")


def shell() -> Actor:
    """Someone at the command line: who can read the data folder is an owner."""
    return Actor(kind="cli", id="cli", name="command line", role="owner")
