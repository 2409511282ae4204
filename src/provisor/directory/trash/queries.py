"""Reading the trash: what is in it, and what restoring an entry would bring back, in numbers, before anybody does it."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from provisor.applications.models import Application
from provisor.applications.queries.people import Consequence, Touched
from provisor.directory import custom_attributes, organisation_settings
from provisor.directory.commands import unique_values
from provisor.directory.models import Group, Organisation, State, Trash, TrashKind, User
from provisor.errors import Invalid, NotFound
from provisor.selection import rows_of
from provisor.text import unique_key

Named = dict[str, str]

# The applications that a restored user has access to: assigned directly, or to a group that is still there or around it.
_APPLICATIONS_OF_USER = """
    SELECT application.id FROM applications_application application WHERE application.id = ANY(%(applications)s::uuid[])
    UNION
    SELECT s.application_id FROM directory_closure up JOIN applications_assignment s ON s.group_id = up.ancestor_id
    WHERE up.descendant_id = ANY(%(groups)s::uuid[])
"""
_ACCESS_OF_USER = f"""
    SELECT application.id AS application_id, application.name,
           CASE WHEN there.known THEN 0 ELSE 1 END AS create, CASE WHEN there.known THEN 1 ELSE 0 END AS reactivate
    FROM applications_application application
    CROSS JOIN LATERAL (SELECT
        EXISTS (SELECT 1 FROM applications_tombstone t
                WHERE t.application_id = application.id AND t.user_id = %(user)s)
        OR EXISTS (SELECT 1 FROM applications_link l WHERE l.application_id = application.id
                   AND l.user_id = %(user)s AND l.remote_id IS NOT NULL) AS known) there
    WHERE application.id IN ({_APPLICATIONS_OF_USER}) ORDER BY application.name_key
"""  # noqa: S608 - constants, here and below
# Of a restored group: everybody who is in it again, where its applications give them what nothing else gives now.
_ACCESS_OF_GROUP = """
    WITH entry AS (SELECT kept FROM directory_trash WHERE id = %(entry)s),
    given AS (
        SELECT application.id FROM applications_application application, entry
        WHERE entry.kept -> 'applications' @> jsonb_build_array(jsonb_build_object('id', application.id))
        UNION
        SELECT s.application_id FROM entry, jsonb_array_elements(entry.kept -> 'parents') parent
        JOIN directory_closure up ON up.descendant_id = (parent ->> 'id')::uuid
        JOIN applications_assignment s ON s.group_id = up.ancestor_id
    ), people AS (
        SELECT member.value::uuid AS id FROM entry, jsonb_array_elements_text(entry.kept -> 'members') member
        UNION
        SELECT m.user_id FROM entry, jsonb_array_elements(entry.kept -> 'children') child
        JOIN directory_closure down ON down.ancestor_id = (child ->> 'id')::uuid
        JOIN directory_membership m ON m.group_id = down.descendant_id
    )
    SELECT application.id AS application_id, application.name,
           count(*) FILTER (WHERE link.remote_id IS NULL) AS create,
           count(*) FILTER (WHERE link.remote_id IS NOT NULL AND link.active IS FALSE) AS reactivate
    FROM given JOIN applications_application application ON application.id = given.id
    CROSS JOIN people
    JOIN directory_user person ON person.id = people.id AND person.state = 'active' AND person.password_status <> 'expired'
    LEFT JOIN applications_link link ON link.application_id = given.id AND link.user_id = person.id
    WHERE (link.remote_id IS NULL OR link.active IS FALSE)
      AND NOT EXISTS (SELECT 1 FROM applications_access access
                      WHERE access.application_id = given.id AND access.user_id = person.id)
    GROUP BY application.id ORDER BY count(*) DESC, application.name_key
"""
_MEMBERS_LEFT = """
    SELECT count(*) AS everybody, count(person.id) AS there
    FROM directory_trash entry CROSS JOIN LATERAL jsonb_array_elements_text(entry.kept -> 'members') member
    LEFT JOIN directory_user person ON person.id = member.value::uuid AND person.state <> 'deleting'
    WHERE entry.id = %(entry)s
"""


@dataclass(frozen=True)
class Return:
    """What restoring an entry brings back. `taken`: the fields whose values somebody else has now; then it isn't possible.
    `groups` (of a group: those that it was in), `children`, `applications`: what is still there; `lost`: what isn't.
    `found`: accounts that are made or come back."""

    taken: tuple[str, ...]
    groups: list[Named] = field(default_factory=list)
    children: list[Named] = field(default_factory=list)
    applications: list[Named] = field(default_factory=list)
    lost: list[Named] = field(default_factory=list)
    members: int = 0
    members_lost: int = 0
    rule: str | None = None
    found: Consequence = field(default_factory=Consequence)


def trash(kind: str | None = None, search: str | None = None) -> QuerySet[Trash]:
    """What is in the trash, in no order yet, without the long lists. `search`: part of a name, user name or e-mail."""
    found = Trash.objects.defer("shape", "kept").filter(deleted_at__gt=_oldest())
    if kind:
        found = found.filter(kind=kind)
    if search:
        key = unique_key(search)
        found = found.filter(Q(name_key__contains=key) | Q(email_key__contains=key))
    return found


def get_entry(trash_id: uuid.UUID) -> Trash:
    """One entry. Raises NotFound."""
    entry = trash().filter(pk=trash_id).first()
    if entry is None:
        raise NotFound(_("There is nothing in the trash with this id."))
    return entry


def erased_at(entry: Trash) -> datetime:
    """When it goes for good."""
    return entry.deleted_at + timedelta(days=_days())


def still_deleting(entry: Trash) -> bool:
    """A user whose accounts are being ended at this moment."""
    return entry.kind == TrashKind.USER and User.objects.filter(pk=entry.object_id, state=State.DELETING).exists()


def misfits(entry: Trash) -> dict[str, str]:
    """The user's custom attributes that don't fit their schemas any more, by name, with the reason: they stay behind."""
    if entry.kind == TrashKind.GROUP or still_deleting(entry):
        return {}
    try:
        custom_attributes.checked(custom_attributes.held(), entry.shape.get("attributes") or {})
    except Invalid as invalid:
        return {path.removeprefix("attributes."): text for path, text in sorted(invalid.fields.items())}
    return {}


def would_return(entry: Trash) -> Return:
    """What restoring it would bring back now."""
    return _of_user(entry) if entry.kind == TrashKind.USER else _of_group(entry)


def kept_of(entry: Trash) -> dict[str, Any]:
    """The kept lists without a group's members, which may be many."""
    (row,) = rows_of("SELECT kept - 'members' AS kept FROM directory_trash WHERE id = %(entry)s", {"entry": entry.id})
    kept: dict[str, Any] = json.loads(row["kept"]) if isinstance(row["kept"], str) else row["kept"]
    return kept


def names_taken(entry: Trash) -> tuple[str, ...]:
    """The fields of the entry that somebody else has by now."""
    if entry.kind == TrashKind.GROUP:
        return ("name",) if Group.objects.filter(name_key=entry.name_key).exists() else ()
    others = User.objects.exclude(pk=entry.object_id)
    if User.objects.filter(pk=entry.object_id).exists():  # still being deleted: the names are reserved
        return ()
    clashes = {
        "username": others.filter(username_key=entry.name_key).exists(),
        "email": others.filter(email_key=entry.email_key).exists(),
    }
    left_out, attributes = misfits(entry), entry.shape.get("attributes") or {}
    coming = {name: value for name, value in attributes.items() if name not in left_out}
    values = unique_values.values_of(custom_attributes.held(), coming)
    held = sorted(name for name, _key in unique_values.holders(values))
    names = [*(name for name, clash in clashes.items() if clash), *(f"attributes.{name}" for name in held)]
    return tuple(names)


def _of_user(entry: Trash) -> Return:
    kept = kept_of(entry)
    groups, groups_lost = standing(kept["groups"], Group.objects.filter(rule=None))
    applications, lost = standing(kept["applications"], Application.objects.all())
    what = {
        "user": entry.object_id,
        "groups": [each["id"] for each in groups],
        "applications": [each["id"] for each in applications],
    }
    rows = rows_of(_ACCESS_OF_USER, what) if entry.state == State.ACTIVE else []
    lost += [
        {"id": str(entry.object_id), "name": f"attributes.{name} ({text})"} for name, text in misfits(entry).items()
    ]
    return Return(names_taken(entry), groups, [], applications, [*groups_lost, *lost], found=_counted(rows))


def _of_group(entry: Trash) -> Return:
    kept = kept_of(entry)
    parents, lost_parents = standing(kept["parents"], Group.objects.filter(rule=None))
    children, lost_children = standing(kept["children"], Group.objects.all())
    applications, lost = standing(kept["applications"], Application.objects.all())
    (members,) = rows_of(_MEMBERS_LEFT, {"entry": entry.id})
    return Return(
        names_taken(entry),
        parents,
        children,
        applications,
        [*lost_parents, *lost_children, *lost],
        members=members["there"],
        members_lost=members["everybody"] - members["there"],
        rule=(kept.get("rule") or {}).get("expression"),
        found=_counted(rows_of(_ACCESS_OF_GROUP, {"entry": entry.id})),
    )


def standing(named: list[Named], rows: QuerySet[Any]) -> tuple[list[Named], list[Named]]:
    """Which of these are still there, by their names of today, and which aren't."""
    there = {str(id): name for id, name in rows.filter(pk__in=[each["id"] for each in named]).values_list("pk", "name")}
    kept = [{"id": each["id"], "name": there[each["id"]]} for each in named if each["id"] in there]
    return kept, [each for each in named if each["id"] not in there]


def _counted(rows: list[dict[str, Any]]) -> Consequence:
    return Consequence(
        [Touched(row["application_id"], row["name"], row["create"], row["reactivate"], 0) for row in rows]
    )


def _days() -> int:
    return organisation_settings.from_stored(Organisation.objects.get().settings).trash_days


def _oldest() -> datetime:
    return timezone.now() - timedelta(days=_days())
