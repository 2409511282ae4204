"""How a change of a group is said: its name, and members in chunks. Pure.

Members are added by their remote ids and removed one operation each, by a path with a filter (G2 to G5): the list form
of `remove` empties the whole group at an SP that follows the RFC, so it is used only where the SP form says so.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from provisor.core import patch
from provisor.core.form import Form
from provisor.core.group_links import GROUP
from provisor.core.patch import Operation, worded
from provisor.core.resource import Difference


def body(desired: Mapping[str, Any], members: Sequence[str], form: Form) -> dict[str, Any]:
    """A new group. `members` go along only where the SP form wants some at creation."""
    listed = {"members": [member(id, form) for id in members]} if form.members_on_create == "some" else {}
    return {"schemas": [GROUP], **desired, **listed}


def operations(differences: Iterable[Difference], form: Form) -> list[Operation]:
    """PATCH operations for the group's own attributes: always with a path (G5)."""
    return [worded({"op": "replace", "path": d.name, "value": d.to}, form) for d in differences]


def additions(members: Sequence[str], form: Form) -> list[Operation]:
    """One operation that adds all these members (G3)."""
    return [worded({"op": "add", "path": "members", "value": [member(id, form) for id in members]}, form)]


def removals(members: Sequence[str], form: Form) -> list[Operation]:
    """One operation for each member (G4), or the list form where the SP form says so."""
    if form.member_remove == "list":
        return [worded({"op": "remove", "path": "members", "value": [{"value": id} for id in members]}, form)]
    return [
        worded({"op": "remove", "path": f"members[value eq {json.dumps(id, ensure_ascii=False)}]"}, form)
        for id in members
    ]


def whole(members: Sequence[str], form: Form) -> list[Operation]:
    """One operation that says all members anew."""
    return [worded({"op": "replace", "path": "members", "value": [member(id, form) for id in members]}, form)]


def member(id: str, form: Form) -> dict[str, str]:
    """One member, by the id of its account there."""
    return {"value": id, "$ref": f"Users/{id}"} if form.member_ref else {"value": id}


def replacement(
    raw: Mapping[str, Any], differences: Iterable[Difference], members: Iterable[str], form: Form
) -> dict[str, Any]:
    """The PUT body (U7): what was just read with our differences in it, and all members that are to be there."""
    whole = {
        name: value for name, value in raw.items() if name not in (*patch.NOT_SENT, "members") and value is not None
    }
    whole |= {d.name: d.to for d in differences}
    return {"schemas": [GROUP], **whole, "members": [member(id, form) for id in members]}
