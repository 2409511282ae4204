"""The states of a user: staged -activate-> active -suspend-> suspended -unsuspend-> active; and expiring a password.

A repeated call changes nothing and writes no event; any other wrong one is WrongState (contract, "Users").
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from provisor.administrators.actor import Actor
from provisor.applications import due
from provisor.directory.commands import activation, computing, leaving, one_time
from provisor.directory.commands.loading import later_than, locked_user
from provisor.directory.commands.recording import Entry, change, mark, record
from provisor.directory.models import PasswordStatus, State, User
from provisor.errors import WrongState


@dataclass(frozen=True)
class Step:
    """One transition: from `start` to `end`, the event that tells of it, and how urgent it is for the accounts."""

    start: State
    end: State
    event: str
    priority: int


ACTIVATE = Step(State.STAGED, State.ACTIVE, "user_activated", due.EDIT)
SUSPEND = Step(State.ACTIVE, State.SUSPENDED, "user_suspended", due.LEAVING)
UNSUSPEND = Step(State.SUSPENDED, State.ACTIVE, "user_unsuspended", due.EDIT)


def activate_user(actor: Actor, user_id: uuid.UUID, *, mail: bool = False) -> User:
    """Makes a staged user active; with `mail`, one who has no password gets a link for setting it."""
    actor.require("users.write")
    with transaction.atomic():
        user, moved = _move(actor, user_id, ACTIVATE)
        activation.welcome(actor, [user_id], mail and moved)
    return user


def suspend_user(actor: Actor, user_id: uuid.UUID) -> User:
    """Suspends an active user: the accounts are deactivated before anything else is done."""
    actor.require("users.suspend")
    return _move(actor, user_id, SUSPEND)[0]


def unsuspend_user(actor: Actor, user_id: uuid.UUID) -> User:
    """Makes a suspended user active again."""
    actor.require("users.suspend")
    return _move(actor, user_id, UNSUSPEND)[0]


def suspend_users(actor: Actor, user_ids: Iterable[uuid.UUID]) -> list[User]:
    """Suspends these users, all of them or none. More than one are a set to the guard: it may ask a person first."""
    actor.require("users.suspend")
    return _move_all(actor, user_ids, SUSPEND)


def unsuspend_users(actor: Actor, user_ids: Iterable[uuid.UUID]) -> list[User]:
    """Makes these suspended users active again, all of them or none."""
    actor.require("users.suspend")
    return _move_all(actor, user_ids, UNSUSPEND)


def expire_password(actor: Actor, user_id: uuid.UUID) -> User:
    """Expires the password: the accounts are inactive until a new one is set."""
    actor.require("users.suspend")
    with transaction.atomic():
        user = locked_user(user_id)
        if user.password_status != PasswordStatus.EXPIRED:
            before, user.password_status = str(user.password_status), PasswordStatus.EXPIRED
            changes = [change("password_status", before, "expired")]
            _save(actor, user, Entry("user_password_expired", user=user, changes=changes), due.LEAVING)
    return user


def _move_all(actor: Actor, user_ids: Iterable[uuid.UUID], step: Step) -> list[User]:
    """In the order of their ids, so that two calls never wait for each other in a circle."""
    ids = sorted(set(user_ids))
    with transaction.atomic():
        return [_move(actor, id, step, "person" if len(ids) == 1 else "set")[0] for id in ids]


def _move(actor: Actor, user_id: uuid.UUID, step: Step, cause: str = "person") -> tuple[User, bool]:
    """The user, and whether anything was changed."""
    with transaction.atomic():
        user = locked_user(user_id)
        if user.state == step.end:
            return user, False
        if user.state != step.start:
            names = {"state": user.state, "start": step.start.value}
            raise WrongState(_("The user is %(state)s; this call takes one that is %(start)s.") % names)
        user.state = step.end
        changes = [change("state", step.start.value, step.end.value)]
        if step.end == State.SUSPENDED:
            one_time.end_links([user.id])
            leaving.suspended(actor, [user])
        elif step.start == State.SUSPENDED:
            leaving.came_back([user.id])
        _save(actor, user, Entry(step.event, user=user, changes=changes), step.priority, cause)
    return user, True


def _save(actor: Actor, user: User, entry: Entry, priority: int, cause: str = "person") -> None:
    user.updated = later_than(user.updated)
    user.save(update_fields=["state", "password_status", "suspend_at", "suspend_plan", "updated"])
    due.mark_users([user.id], mark(actor, priority, cause))
    record(actor, [entry])
    computing.recompute(actor, [user.id], touched={each["name"] for each in entry.changes or ()})
