"""What undoing needs from the database, and the values that pass through it. No SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from provisor.core.changes import Change
from provisor.engine.ports import Connection, Member


@dataclass(frozen=True, slots=True)
class Undo:
    """What a person approved about one account or group. `let_go`: the run had adopted it, so the link is dropped; `edited`:
    somebody has changed something about it that wasn't sent yet, which goes first."""

    remote_id: str | None
    changes: tuple[Change, ...]
    let_go: bool
    edited: bool


class UndoStore(Protocol):
    """The database as undoing sees it. Every method may raise Gone."""

    async def to_undo(self, connection: Connection, run: UUID, link: UUID) -> Undo | None:
        """What is still to be done about this account or group; None if the approval doesn't hold (any more)."""

    async def members_there(self, link: UUID, users: Sequence[str]) -> Sequence[Member]:
        """Those of these users whom we put into this group there, with the ids of their accounts."""

    async def accounts_of(self, connection: Connection, users: Sequence[str]) -> Sequence[Member]:
        """Those of these users who have an account there."""
