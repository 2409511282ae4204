"""An application's list of what is never touched there, and the question whether something stands on it. A value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from provisor.core.names import key


@dataclass(frozen=True, slots=True)
class Protected:
    """One application's list. `ids`: remote ids; `names`: user names, e-mails and group names as `key` has them; `own`: the
    remote id of the account that our token belongs to."""

    ids: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    own: str | None = None

    def __bool__(self) -> bool:
        return bool(self.ids or self.own)

    def why(self, ids: Iterable[str | None], names: Iterable[str | None]) -> str | None:
        """Why whoever has one of these is not to be touched; None if nothing stands against it."""
        known = {id for id in ids if id}
        if self.own in known:
            return "It is the account that our own token belongs to: it is never touched."
        if known & self.ids or {key(name) for name in names if name} & self.names:
            return "It is on the application's list of protected accounts and groups: it is never touched."
        return None


def as_listed(listed: Iterable[str], own: Mapping[str, Any] | None) -> Protected:
    """The list as people typed it, and what /Me told."""
    typed = [entry.strip() for entry in listed if entry.strip()]
    return Protected(frozenset(typed), frozenset(map(key, typed)), (own or {}).get("remote_id"))
