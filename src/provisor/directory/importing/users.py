"""Making users of accounts, linking accounts to users, and taking over values: by the same commands as everything else."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from provisor.administrators.actor import Actor
from provisor.applications import due
from provisor.applications.commands import change_assignments
from provisor.applications.history import Entry, change, record
from provisor.applications.importing.checking import Checked
from provisor.applications.importing.models import Candidate, Import
from provisor.applications.importing.words import NEVER_TOUCHED
from provisor.bodies import parse
from provisor.directory import custom_attributes
from provisor.directory.commands.changes import update_user
from provisor.directory.commands.users import create_users
from provisor.directory.importing.checking import without_misfits
from provisor.directory.importing.differences import wanted_changes
from provisor.directory.importing.outcomes import Outcome, in_words, refused
from provisor.directory.models import State, User
from provisor.directory.validation import NewUser, UserChanges
from provisor.errors import NotFound, Problem

# Who has the account, or another one there, or no way into the application.
_STANDING = """
SELECT u.id, u.username, u.state = 'deleting',
       (SELECT l.remote_id FROM applications_link l
        WHERE l.application_id = %(application)s AND l.user_id = u.id AND l.remote_id IS NOT NULL),
       EXISTS (SELECT 1 FROM applications_access x WHERE x.application_id = %(application)s AND x.user_id = u.id)
FROM directory_user u WHERE u.id = ANY(%(users)s)
"""
_OWNERS = """
SELECT l.remote_id, l.user_id FROM applications_link l
WHERE l.application_id = %(application)s AND l.remote_id = ANY(%(remote_ids)s)
"""
# A person's decision for each account, as for one that is held: the worker reads it, and adopts it in the ordinary way.
_ADOPT = """
WITH marks AS (
    INSERT INTO applications_due
        (application_id, user_id, priority, not_before, since, cause, actor, correlation, decision)
    SELECT %(application)s, pair.user, %(priority)s, now(), now(), 'person', %(actor)s::jsonb, %(correlation)s,
           jsonb_build_object('action', 'adopt', 'remote_id', pair.remote_id)
    FROM jsonb_to_recordset(%(pairs)s::jsonb) AS pair ("user" uuid, remote_id text)
)
SELECT pg_notify(%(channel)s, '')
"""


def deal(actor: Actor, found: Import, rows: Sequence[Candidate]) -> list[Outcome]:
    """The outcome of each of these candidates' decisions, in the caller's transaction."""
    left_out = _leave_out_misfits(rows)
    by_action: dict[str, list[Candidate]] = {"create": [], "link": [], "update": []}
    for row in rows:
        by_action[row.decided["action"]].append(row)
    outcomes = [
        *_create(actor, found, by_action["create"]),
        *_link(actor, found, by_action["link"]),
        *_update(actor, found, by_action["update"]),
    ]
    return [_with_words(one, left_out.get(one.id, "")) for one in outcomes]


def _leave_out_misfits(rows: Sequence[Candidate]) -> dict[uuid.UUID, str]:
    """The schema of a custom attribute may have changed since the rows were read: what doesn't fit it any more isn't taken
    over, and is told in words."""
    left_out: dict[uuid.UUID, str] = {}
    schema = custom_attributes.held() if any(row.values.get("attributes") for row in rows) else {}
    for row in rows:
        checked = without_misfits(Checked(row.values), schema)
        if checked.notes:
            row.values = checked.values  # of this transaction alone: what was read stays as it was read
            told = "; ".join(f"{note['name']}: {note['message']}" for note in checked.notes)
            left_out[row.id] = _("Left out: %s") % told
    return left_out


def _with_words(outcome: Outcome, words: str) -> Outcome:
    if not words or outcome.result not in ("created", "updated", "linked"):
        return outcome
    return replace(outcome, message=f"{outcome.message} {words}".strip())


# Creating ---------------------------------------------------------------------------------------------------------------


def _create(actor: Actor, found: Import, rows: Sequence[Candidate]) -> list[Outcome]:
    outcomes: list[Outcome] = []
    for state, mail in sorted({(row.decided["state"], row.decided["mail"]) for row in rows}):
        same = [row for row in rows if (row.decided["state"], row.decided["mail"]) == (state, mail)]
        drafts = [_draft(row, state) for row in same]
        origin = (found.application_id, found.application.name)
        made = create_users(actor, drafts, mail=mail, origin=origin)
        outcomes += _assign_created(actor, found, list(zip(same, made, strict=True)))
    return outcomes


def _draft(row: Candidate, state: str) -> NewUser | Problem:
    try:
        return parse(NewUser, {**row.values, "state": state})
    except Problem as problem:
        return problem


def _assign_created(actor: Actor, found: Import, made: list[tuple[Candidate, User | Problem]]) -> list[Outcome]:
    keep = [
        (row, user)
        for row, user in made
        if isinstance(user, User) and row.decided["assign"] and row.barred not in NEVER_TOUCHED
    ]
    _give(actor, found, {user.id: row.remote_id for row, user in keep}, assign=[user.id for _, user in keep])
    given = {row.id for row, _ in keep}
    return [
        refused(row.id, user)
        if isinstance(user, Problem)
        else Outcome(row.id, "created", _left_alone(row, given), made=user.id)
        for row, user in made
    ]


def _left_alone(row: Candidate, given: set[uuid.UUID]) -> str:
    if row.decided["assign"] and row.id not in given:
        return _("Not assigned: the account is protected.")
    return ""


# Linking ----------------------------------------------------------------------------------------------------------------


def _link(actor: Actor, found: Import, rows: Sequence[Candidate]) -> list[Outcome]:
    if not rows:
        return []
    targets = {row.id: uuid.UUID(row.decided["target"]) for row in rows}
    what = {"application": found.application_id, "users": list(targets.values())}
    standing = {id: tuple(more) for id, *more in _rows(_STANDING, what)}
    owners = _owners(found, rows)
    outcomes, told, assign = [], list[Entry](), list[uuid.UUID]()
    given: dict[uuid.UUID, str | None] = {}
    for row in rows:
        target = targets[row.id]
        why = _stands_against(row, target, standing.get(target), owners, given)
        if why is not None:
            outcomes.append(Outcome(row.id, *why))
            continue
        given[target] = row.remote_id
        told.append(
            Entry("takeover_adopt", [change("remote_id", None, row.remote_id)], user=(target, standing[target][0]))
        )
        assign += [target] if row.decided["assign"] else []
        outcomes.append(Outcome(row.id, "linked", _also_updated(actor, row, target), made=target))
    _give(actor, found, given, assign=assign)
    record(actor, found.application, told)
    return outcomes


def _owners(found: Import, rows: Sequence[Candidate]) -> dict[str | None, uuid.UUID]:
    """Whose these accounts are at this moment, by remote id."""
    remote_ids = [row.remote_id for row in rows]
    if not remote_ids:
        return {}
    return dict(_rows(_OWNERS, {"application": found.application_id, "remote_ids": remote_ids}))


def _stands_against(
    row: Candidate,
    target: uuid.UUID,
    standing: tuple[Any, ...] | None,
    owners: Mapping[str | None, uuid.UUID],
    given: Mapping[uuid.UUID, str | None],
) -> tuple[str, str] | None:
    """Why this account can't become this user's; None if nothing stands against it."""
    if standing is None or standing[1]:
        return "conflict", _("The user was deleted meanwhile.")
    name, _leaving, other, access = standing
    owner = owners.get(row.remote_id)
    if owner is not None and owner != target:
        return "conflict", _("The account was linked to somebody else meanwhile.")
    if (other is not None and other != row.remote_id) or target in given:
        return "conflict", _("%(name)s has another account there already.") % {"name": name}
    if not access and not row.decided["assign"]:
        return "skipped", _("%(name)s has no access to the application: assign it too.") % {"name": name}
    return None


def _also_updated(actor: Actor, row: Candidate, target: uuid.UUID) -> str:
    """A link that takes the account's values as well; what stands against those is told beside it."""
    if not row.decided.get("update"):
        return ""
    done = _updated(actor, row, target, names=row.decided["names"])
    return done.message if done.result == "conflict" else ""


def _give(
    actor: Actor, found: Import, accounts: Mapping[uuid.UUID, str | None], *, assign: Sequence[uuid.UUID]
) -> None:
    """These users get access (`assign`), and their accounts there: the worker adopts them by a person's decision."""
    if assign:
        change_assignments(actor, found.application_id, users_add=assign)
    if accounts:
        pairs = [{"user": str(user), "remote_id": remote_id} for user, remote_id in accounts.items()]
        what: dict[str, Any] = {"application": found.application_id, "priority": due.SET, "channel": due.CHANNEL}
        what |= {"actor": json.dumps(actor.as_json()), "correlation": actor.correlation, "pairs": json.dumps(pairs)}
        _rows(_ADOPT, what)


# Updating ---------------------------------------------------------------------------------------------------------------


def _update(actor: Actor, found: Import, rows: Sequence[Candidate]) -> list[Outcome]:
    """Whose account it was when it was read isn't whose it is by now: nobody gets somebody else's values."""
    owners = _owners(found, rows)
    outcomes = []
    for row in rows:
        target = uuid.UUID(row.decided["target"])
        if owners.get(row.remote_id, target) != target:
            outcomes.append(Outcome(row.id, "conflict", _("The account was linked to somebody else meanwhile.")))
        else:
            outcomes.append(_updated(actor, row, target, names=row.decided["names"]))
    return outcomes


def _updated(actor: Actor, row: Candidate, target: uuid.UUID, *, names: bool) -> Outcome:
    user = User.objects.filter(pk=target).exclude(state=State.DELETING).first()
    if user is None:
        return Outcome(row.id, "conflict", _("The user was deleted meanwhile."))
    changes = wanted_changes(user, row.values, names=names)
    if not changes:
        return Outcome(row.id, "unchanged", made=target)
    try:
        with transaction.atomic():
            update_user(actor, target, parse(UserChanges, changes), if_match=user.updated)
    except NotFound:
        return Outcome(row.id, "conflict", _("The user was deleted meanwhile."))
    except Problem as problem:
        return Outcome(row.id, "conflict", in_words(problem), made=target)
    return Outcome(row.id, "updated", made=target)


def _rows(statement: str, what: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, what)
        return list(cursor.fetchall())
