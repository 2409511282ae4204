"""Changes of a group's members as people read them: how many, and the names of the first few. A change itself holds the
ids of users, because that is what was planned."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from provisor.applications.models import Change
from provisor.selection import rows_of

ADD, REMOVE = "add_members", "remove_members"
NAMED = 4
_NAMES = "SELECT id::text AS id, username FROM directory_user WHERE id = ANY(%(ids)s::uuid[])"


@dataclass(frozen=True)
class Members:
    """`count` members are added to a group, or (`added` False) removed from it; `names` are the first few, as far as the
    directory still has them."""

    added: bool
    count: int
    names: Sequence[str]

    @property
    def more(self) -> int:
        return self.count - len(self.names)


def members_of(changes: Iterable[Change]) -> dict[int, Members]:
    """For each change of members, by its id, whom it is about. One statement, whatever the number of changes."""
    found = {change.id: (change.kind == ADD, _ids(change)) for change in changes if change.kind in (ADD, REMOVE)}
    wanted = {id for _added, ids in found.values() for id in ids[:NAMED]}
    names = {row["id"]: row["username"] for row in rows_of(_NAMES, {"ids": list(wanted)})} if wanted else {}
    return {
        key: Members(added, len(ids), [names[id] for id in ids[:NAMED] if id in names])
        for key, (added, ids) in found.items()
    }


def _ids(change: Change) -> list[str]:
    told: list[dict[str, Any]] = [each for each in change.attributes if each.get("name") == "members"]
    ids = (told[0].get("to") or told[0].get("from") or []) if told else []
    return [str(id) for id in ids if _is_id(id)]


def _is_id(text: object) -> bool:
    try:
        uuid.UUID(str(text))
    except ValueError:
        return False
    return True
