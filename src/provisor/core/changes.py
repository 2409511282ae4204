"""The changes that make an SP right, as small values: they print, they hash, and they are applied from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from uuid import UUID

from provisor.core.group_links import RemoteGroup
from provisor.core.links import Account
from provisor.core.resource import Difference


class Kind(Enum):
    """What a change does. The order is the order of a plan: leavers first, people's decisions last."""

    DEACTIVATE = "deactivate"
    DELETE = "delete"
    REACTIVATE = "reactivate"
    UPDATE = "update"
    ADOPT = "adopt"
    CREATE = "create"
    ADD_MEMBERS = "add_members"
    REMOVE_MEMBERS = "remove_members"
    HOLD = "hold"

    @property
    def rank(self) -> int:
        return _RANKS[self]


_RANKS = {kind: rank for rank, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one account or one group. `attributes` are the differences, before and after; `account` or `group` is
    what was just read, where something was; `code` and the candidates belong to a Hold. `reason` is for people."""

    kind: Kind
    link_id: UUID
    reason: str
    remote_id: str | None = None
    attributes: tuple[Difference, ...] = ()
    account: Account | None = None
    code: str | None = None
    candidates: tuple[Account, ...] = ()
    group: RemoteGroup | None = None
    group_candidates: tuple[RemoteGroup, ...] = ()

    @property
    def destructive(self) -> bool:
        return self.kind in (Kind.DEACTIVATE, Kind.DELETE)

    def hashed(self) -> dict[str, Any]:
        """What the hash of a plan covers of this change: no times, no run (contract, "A run")."""
        return {
            "link": str(self.link_id),
            "kind": self.kind.value,
            "remote_id": self.remote_id,
            "attributes": [difference.as_json() for difference in self.attributes],
        }


# Seconds to wait after look-up number 1 and 2 of a lost create; the third one is believed (decisions.md).
LOOKS = (2.0, 8.0)


@dataclass(frozen=True, slots=True)
class Wait:
    """A create's answer was lost and the account isn't seen yet: look again in `seconds`, don't create a second one."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Nothing:
    """The account is as it should be. `status` is what the link becomes; `forget`: there is no account, none is wanted."""

    status: str = "synced"
    forget: bool = False
    known: Mapping[str, Mapping[str, Any]] | None = field(default=None)
