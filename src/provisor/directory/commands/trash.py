"""The trash: what a deletion keeps so that it can be taken back, and erasing it. Restoring is in restoring.py.

The entry is written in the deletion's transaction. What only the directory knows is kept: attributes, groups, direct
assignments; of a group its members, groups and assignments. No password, no history, nothing of the accounts but where
there were some. The lists are made by the database: a group may have a hundred thousand members.
"""

from __future__ import annotations

import json
import uuid
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from provisor.administrators.actor import Actor, system
from provisor.directory import organisation_settings
from provisor.directory.commands.recording import Entry, change, record
from provisor.directory.models import Group, Organisation, Trash, TrashKind, User
from provisor.directory.shapes import FIELDS
from provisor.errors import NotFound

ACTOR = "trash"
PIECE = 500
GROUP_FIELDS = ("name", "description")

_KEEP = """
    INSERT INTO directory_trash
        (id, kind, object_id, name, name_key, email_key, state, shape, kept, actor, deleted_at)
    SELECT gen_random_uuid(), %(kind)s, %(id)s, %(name)s, %(name_key)s, %(email_key)s, %(state)s, %(shape)s::jsonb,
           {kept}, %(actor)s::jsonb, clock_timestamp()
    ON CONFLICT (kind, object_id) DO UPDATE SET
        name = EXCLUDED.name, name_key = EXCLUDED.name_key, email_key = EXCLUDED.email_key, state = EXCLUDED.state,
        shape = EXCLUDED.shape, kept = EXCLUDED.kept, actor = EXCLUDED.actor, deleted_at = EXCLUDED.deleted_at
"""
_NAMED = (
    "(SELECT coalesce(jsonb_agg(jsonb_build_object('id', {id}, 'name', {name}) ORDER BY {name}), '[]') FROM {rows})"
)
_OF_USER = f"""jsonb_build_object(
    'groups', {
    _NAMED.format(
        id="g.id",
        name="g.name",
        rows="directory_membership m JOIN directory_group g ON g.id = m.group_id WHERE m.user_id = %(id)s",
    )
},
    'applications', {
    _NAMED.format(
        id="a.id",
        name="a.name",
        rows="applications_assignment s JOIN applications_application a ON a.id = s.application_id "
        "WHERE s.user_id = %(id)s",
    )
},
    'accounts', {
    _NAMED.format(
        id="a.id",
        name="a.name",
        rows="applications_link l JOIN applications_application a ON a.id = l.application_id "
        "WHERE l.user_id = %(id)s AND l.remote_id IS NOT NULL",
    )
})"""
_OF_GROUP = f"""jsonb_build_object(
    'members', (SELECT coalesce(jsonb_agg(m.user_id), '[]') FROM directory_membership m WHERE m.group_id = %(id)s),
    'children', {
    _NAMED.format(
        id="g.id",
        name="g.name",
        rows="directory_nesting n JOIN directory_group g ON g.id = n.child_id WHERE n.parent_id = %(id)s",
    )
},
    'parents', {
    _NAMED.format(
        id="g.id",
        name="g.name",
        rows="directory_nesting n JOIN directory_group g ON g.id = n.parent_id WHERE n.child_id = %(id)s",
    )
},
    'applications', {
    _NAMED.format(
        id="a.id",
        name="a.name",
        rows="applications_assignment s JOIN applications_application a ON a.id = s.application_id "
        "WHERE s.group_id = %(id)s",
    )
},
    'rule', (SELECT jsonb_build_object('expression', r.expression, 'review', r.review) FROM directory_grouprule r
             WHERE r.group_id = %(id)s))"""  # noqa: S608 - constants


def days() -> int:
    """How many days deleted users and groups can be restored; 0 is none."""
    return organisation_settings.from_stored(Organisation.objects.get().settings).trash_days


def keep_user(actor: Actor, user: User) -> None:
    """In the transaction that deletes this user, before anything of theirs goes."""
    shape = {column: getattr(user, column) for column in FIELDS.values()} | {"created": user.created}
    _keep(_OF_USER, actor, user, TrashKind.USER, shape, name=user.username, name_key=user.username_key,
          email_key=user.email_key, state=str(user.state))  # fmt: skip


def keep_group(actor: Actor, group: Group) -> None:
    """In the transaction that deletes this group, before it is taken out of others."""
    shape = {column: getattr(group, column) for column in GROUP_FIELDS} | {"created": group.created}
    _keep(_OF_GROUP, actor, group, TrashKind.GROUP, shape, name=group.name, name_key=group.name_key, email_key="",
          state=None)  # fmt: skip


def _keep(
    kept: str, actor: Actor, row: User | Group, kind: TrashKind, shape: dict[str, Any], **columns: str | None
) -> None:
    if not days():
        Trash.objects.filter(kind=kind, object_id=row.pk).delete()
        return
    what = {"id": row.pk, "kind": kind.value, "actor": json.dumps(actor.as_json()), **columns}
    with connection.cursor() as cursor:
        cursor.execute(_KEEP.format(kept=kept), {**what, "shape": json.dumps(shape, default=_text)})


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def erase(actor: Actor, trash_id: uuid.UUID) -> None:
    """Takes one entry out of the trash for good, with all that it kept. Raises NotFound."""
    with transaction.atomic():
        entry = locked_entry(trash_id)
        actor.require("users.write" if entry.kind == TrashKind.USER else "groups.write")
        record(actor, [Entry("trash_erased", **of_entry(entry))])
        entry.delete()


def locked_entry(trash_id: uuid.UUID) -> Trash:
    """The entry, for whoever restores or erases it. Raises NotFound."""
    entry = Trash.objects.defer("kept").select_for_update().filter(pk=trash_id).first()
    if entry is None:
        raise NotFound(_("There is nothing in the trash with this id."))
    return entry


def of_entry(entry: Trash) -> dict[str, Any]:
    """Whom an event is about."""
    if entry.kind == TrashKind.USER:
        return {"user": User(id=entry.object_id, username=entry.name)}
    return {"group": Group(id=entry.object_id, name=entry.name)}


_TOO_OLD = """
    DELETE FROM directory_trash WHERE id IN (
        SELECT id FROM directory_trash WHERE deleted_at <= now() - %(days)s * interval '1 day'
        ORDER BY deleted_at LIMIT %(most)s FOR UPDATE SKIP LOCKED)
"""


def erase_old(*, most: int = PIECE) -> int:
    """Erases what has been in the trash for as long as the organisation keeps it, up to `most` entries; how many."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_TOO_OLD, {"days": days(), "most": most})
        erased = cursor.rowcount
        if erased:
            record(system(ACTOR), [Entry("trash_erased", changes=[change("entries", erased, 0)])])
    return int(erased)
