"""Groups inside groups. Whoever is in a group is in every group around it as well, however far around.

`directory_nesting` holds what people said, `directory_closure` where it leads in the end. The closure is kept in step
here, edge by edge, in the same transaction: adding an edge adds (all around) x (all inside); removing some leaves only
the pairs to be thought of again that went through them. Changes of the nesting take turns, so that two of them can't
close a circle together; who changes memberships never waits for them.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from provisor.administrators.actor import Actor
from provisor.applications import due
from provisor.directory.commands.recording import Entry, change, mark, record
from provisor.directory.models import Group
from provisor.errors import Invalid

Ids = Sequence[uuid.UUID]

_TAKE_TURNS = "SELECT pg_advisory_xact_lock(hashtextextended('directory/nesting', 0))"
# Held FOR KEY SHARE: they can't be deleted meanwhile, and nobody else waits.
_HOLD = "SELECT id, name FROM directory_group WHERE id = ANY(%(groups)s) ORDER BY id FOR KEY SHARE"
_AROUND = "SELECT ancestor_id FROM directory_closure WHERE descendant_id = %(group)s AND ancestor_id = ANY(%(groups)s)"
_ADD = """
    INSERT INTO directory_nesting (parent_id, child_id, created)
    SELECT %(group)s, id, now() FROM unnest(%(groups)s::uuid[]) AS given(id) ORDER BY id
    ON CONFLICT (parent_id, child_id) DO NOTHING RETURNING child_id
"""
_REMOVE = "DELETE FROM directory_nesting WHERE parent_id = %(group)s AND child_id = ANY(%(groups)s) RETURNING child_id"
_CLOSE = """
    INSERT INTO directory_closure (ancestor_id, descendant_id)
    SELECT up.ancestor_id, down.descendant_id FROM directory_closure up, directory_closure down
    WHERE up.descendant_id = %(group)s AND down.ancestor_id = ANY(%(groups)s)
    ON CONFLICT (ancestor_id, descendant_id) DO NOTHING
"""
# Of the pairs that may have gone through the removed edges, those to which no other way leads. From each group up,
# because far more groups are inside a large one than around a small one.
_OPEN = """
    WITH RECURSIVE below AS (
        SELECT DISTINCT descendant_id AS id FROM directory_closure WHERE ancestor_id = ANY(%(groups)s)
    ), leads(descendant_id, ancestor_id) AS (
        SELECT id, id FROM below
        UNION
        SELECT leads.descendant_id, n.parent_id FROM leads JOIN directory_nesting n ON n.child_id = leads.ancestor_id
    )
    DELETE FROM directory_closure gone
    USING directory_closure up, below
    WHERE up.descendant_id = %(group)s AND gone.ancestor_id = up.ancestor_id AND gone.descendant_id = below.id
      AND NOT EXISTS (SELECT 1 FROM leads WHERE leads.ancestor_id = gone.ancestor_id
                      AND leads.descendant_id = gone.descendant_id)
"""
_UNTIE = """
    DELETE FROM directory_nesting WHERE parent_id = %(group)s OR child_id = %(group)s
"""
_EDGES = """
    SELECT parent_id, child_id FROM directory_nesting WHERE parent_id = %(group)s OR child_id = %(group)s
"""


@dataclass(frozen=True)
class Nested:
    """The groups that really went in and came out."""

    added: Ids = ()
    removed: Ids = ()


def take_turns() -> None:
    """Waits until no other transaction is changing the nesting; before any row is locked."""
    _rows(_TAKE_TURNS)


def change_nesting(actor: Actor, group: Group, *, add: Ids = (), remove: Ids = ()) -> Nested:
    """Puts groups into a group and takes others out, after `take_turns`. What is so already changes nothing. Raises
    Invalid naming `groups.add[0]` for an unknown group and for one that would close a circle."""
    names = dict(_rows(_HOLD, groups=[*add, *remove]))
    _refuse_unknown(names, add=add, remove=remove)
    _refuse_circles(group, names, add)
    added = _ids(_ADD, group=group.id, groups=list(add))
    if added:
        due.mark_nesting(group.id, added, mark(actor, due.SET, "set"))
        _rows(_CLOSE, group=group.id, groups=added)
    removed = _ids(_REMOVE, group=group.id, groups=list(remove))
    if removed:
        _rows(_OPEN, group=group.id, groups=removed)
        due.mark_nesting(group.id, removed, mark(actor, due.LEAVING, "set"))
    told = [change("member_group", None, names[id]) for id in added]
    told += [change("member_group", names[id], None) for id in removed]
    record(actor, [Entry("nesting_change", group=group, changes=[one]) for one in told])
    return Nested(added, removed)


def dissolve(actor: Actor, group: Group) -> None:
    """Marks and unties a group that is about to be deleted, after `take_turns`: what is inside it no longer is in what
    is around it."""
    edges = _rows(_EDGES, group=group.id)
    children = [child for parent, child in edges if parent == group.id]
    due.mark_group(group.id, children, mark(actor, due.LEAVING, "set"))
    if not edges:
        return
    _rows(_UNTIE, group=group.id)
    _rows(_OPEN, group=group.id, groups=[group.id])
    parents = Group.objects.filter(pk__in=[parent for parent, _child in edges if parent != group.id])
    told = [change("member_group", group.name, None)]
    record(actor, [Entry("nesting_change", group=parent, changes=told) for parent in parents])


def _refuse_unknown(names: dict[uuid.UUID, str], **lists: Ids) -> None:
    unknown = {
        f"groups.{name}[{index}]": _("There is no group with this id.")
        for name, ids in lists.items()
        for index, id in enumerate(ids)
        if id not in names
    }
    if unknown:
        raise Invalid(unknown)


def _refuse_circles(group: Group, names: dict[uuid.UUID, str], add: Ids) -> None:
    around = set(_ids(_AROUND, group=group.id, groups=list(add)))
    circles = {f"groups.add[{index}]": _circle(group, id, names[id]) for index, id in enumerate(add) if id in around}
    if circles:
        raise Invalid(circles)


def _circle(group: Group, id: uuid.UUID, name: str) -> str:
    if id == group.id:
        return _("A group can't be put into itself.")
    told = _("“%(group)s” is inside “%(name)s” already, directly or through others: this would close a circle.")
    return told % {"group": group.name, "name": name}


def _ids(statement: str, **parameters: Any) -> list[uuid.UUID]:
    return [row[0] for row in _rows(statement, **parameters)]


def _rows(statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall()) if cursor.description else []
