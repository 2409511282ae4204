"""Groups: creating, changing and deleting them. Who is in one: members.py."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from provisor.administrators.actor import Actor
from provisor.applications import due
from provisor.directory.commands import nesting, trash, values
from provisor.directory.commands.loading import conflict_of, group_to_delete, later_than, locked_group
from provisor.directory.commands.recording import Entry, change, mark, record
from provisor.directory.models import Group
from provisor.directory.validation import GroupChanges, NewGroup


def create_group(actor: Actor, draft: NewGroup, *, origin: tuple[uuid.UUID, str] | None = None) -> Group:
    """Makes a group. `origin`: the application (id and name) that it is imported from. Raises Conflict naming name."""
    actor.require("groups.write")
    fields = values.fields_of(draft, {"name": draft.name, "description": draft.description})
    group = Group(updated=timezone.now(), **fields)
    try:
        with transaction.atomic():
            group.save(force_insert=True)
            changes = [change("name", None, group.name)]
            if group.description:
                changes.append(change("description", None, group.description))
            record(actor, [Entry("group_create", group=group, changes=changes, application=origin)])
    except IntegrityError as error:
        raise conflict_of(error) or error from error
    return group


def update_group(
    actor: Actor, group_id: uuid.UUID, changes: GroupChanges, *, if_match: datetime | None = None
) -> Group:
    """Changes a group. Raises NotFound, Stale, Conflict naming name."""
    actor.require("groups.write")
    try:
        with transaction.atomic():
            group = locked_group(group_id, if_match=if_match)
            sent = changes.sent()
            differences = [
                change(name, getattr(group, name), value)
                for name, value in sent.items()
                if getattr(group, name) != value
            ]
            if differences:
                for column, value in values.fields_of(changes, sent).items():
                    setattr(group, column, value)
                group.updated = later_than(group.updated)
                group.save()
                due.mark_renamed(group.id, mark(actor, due.EDIT, "set"))
                record(actor, [Entry("group_update", group=group, changes=differences)])
            return group
    except IntegrityError as error:
        raise conflict_of(error) or error from error


def delete_group(actor: Actor, group_id: uuid.UUID, *, if_match: datetime | None = None) -> None:
    """Deletes a group with its memberships, its assignments, and its place in other groups; the groups in it stay. Raises
    NotFound, Stale."""
    actor.require("groups.write")
    with transaction.atomic():
        nesting.take_turns()
        group = group_to_delete(group_id, if_match=if_match)
        trash.keep_group(actor, group)
        nesting.dissolve(actor, group)
        record(actor, [Entry("group_delete", group=group)])
        Group.objects.filter(pk=group.pk).delete()
