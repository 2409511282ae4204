"""Creating users: one, or a batch of up to a thousand in a handful of statements.

A new user has no access to anything, so nothing becomes due. Another call may take a username between our look and
our insert: the unique constraint tells, that call has then committed, and a second look names the field.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from provisor.administrators.actor import Actor
from provisor.directory import custom_attributes
from provisor.directory.commands import activation, computing, unique_values
from provisor.directory.commands.loading import taken
from provisor.directory.commands.planned import planned_by_batch
from provisor.directory.commands.recording import Entry, change, record
from provisor.directory.commands.unique_values import Value
from provisor.directory.commands.values import fields_of_new, visible_changes
from provisor.directory.custom_attributes import Schema
from provisor.directory.models import State, User
from provisor.directory.validation import ByUsername, NewUser
from provisor.errors import Busy, Invalid, Problem
from provisor.text import unique_key

LARGEST_BATCH = 1000
LOOKS = 10

Draft = NewUser | Problem
Outcome = User | Problem
Origin = tuple[uuid.UUID, str]  # an application's id and name


def create_user(actor: Actor, draft: NewUser, *, mail: bool = False) -> User:
    """Makes one user; with `mail`, an active one gets a link for setting a password. Raises Conflict naming username or
    email, Invalid naming manager or start_date."""
    (outcome,) = create_users(actor, [draft], mail=mail)
    if isinstance(outcome, Problem):
        raise outcome
    return outcome


def create_users(
    actor: Actor, drafts: Sequence[Draft], *, mail: bool = False, origin: Origin | None = None
) -> list[Outcome]:
    """Makes those that can be made; the outcomes are in the order of the drafts. A draft that is a Problem already
    stays one. A row may name an earlier row's user as manager. `origin`: the application that they are imported from."""
    actor.require("users.write")
    if len(drafts) > LARGEST_BATCH:
        raise Invalid({"users": _("At most %(most)s users at once.") % {"most": LARGEST_BATCH}})
    with transaction.atomic():
        outcomes = _inserted(drafts)
        users = [outcome for outcome in outcomes if isinstance(outcome, User)]
        planned_by_batch(actor, users)
        record(actor, [_created(user, origin) for user in users])
        computing.recompute(actor, [user.id for user in users], new=True)
        activation.welcome(actor, [user.id for user in users], mail)
    return outcomes


def create_all_users(actor: Actor, drafts: Sequence[Draft], *, mail: bool = False) -> list[Outcome]:
    """Makes all of them or none. Raises Invalid naming `users[3].email`."""
    with transaction.atomic():
        outcomes = create_users(actor, drafts, mail=mail)
        wrong: dict[str, str] = {}
        for index, outcome in enumerate(outcomes):
            if isinstance(outcome, Problem):
                wrong |= _fields_of_row(index, outcome)
        if wrong:
            raise Invalid(wrong)
    return outcomes


def _fields_of_row(index: int, problem: Problem) -> dict[str, str]:
    named = {f"users[{index}].{name}": text for name, text in problem.fields.items() if name != "body"}
    return named or {f"users[{index}]": problem.fields.get("body", problem.message)}


def _inserted(drafts: Sequence[Draft]) -> list[Outcome]:
    for _look in range(LOOKS):
        outcomes = _settled(drafts)
        users = [outcome for outcome in outcomes if isinstance(outcome, User)]
        try:
            with transaction.atomic():  # in one order, so that two batches don't wait for each other in a circle
                User.objects.bulk_create(sorted(users, key=lambda user: user.username_key), batch_size=500)
                if any(user.attributes for user in users) and unique_values.keep(custom_attributes.held(), users):
                    raise IntegrityError
            return outcomes
        except IntegrityError:
            continue
    raise Busy(_("Others create the same users at the moment. Try again."))


@dataclass
class _Known:
    """Which keys are taken and who may be named as manager: the directory, and the rows of this batch so far."""

    usernames: dict[str, uuid.UUID] = field(default_factory=dict)
    emails: set[str] = field(default_factory=set)
    ids: set[uuid.UUID] = field(default_factory=set)
    leaving: set[str] = field(default_factory=set)
    schema: Schema = field(default_factory=dict)
    values: dict[Value, uuid.UUID] = field(default_factory=dict)


def _settled(drafts: Sequence[Draft]) -> list[Outcome]:
    known = _looked_up([draft for draft in drafts if isinstance(draft, NewUser)])
    return [draft if isinstance(draft, Problem) else _settle(draft, known) for draft in drafts]


def _looked_up(drafts: Sequence[NewUser]) -> _Known:
    known = _Known()
    names, emails, managers = set(), set(), set()
    for draft in drafts:
        names.add(unique_key(draft.username))
        emails.add(unique_key(draft.email))
        if isinstance(draft.manager, ByUsername):
            names.add(unique_key(draft.manager.username))
        elif draft.manager:
            managers.add(draft.manager)
    for key, id, state in User.objects.filter(username_key__in=names).values_list("username_key", "id", "state"):
        known.usernames[key] = id
        known.leaving |= {key} if state == State.DELETING else set()
    known.emails = set(User.objects.filter(email_key__in=emails).values_list("email_key", flat=True))
    standing = User.objects.filter(pk__in=managers).exclude(state=State.DELETING)
    known.ids = set(standing.values_list("pk", flat=True))
    given = [draft.attributes for draft in drafts if draft.attributes]
    if given:
        known.schema = custom_attributes.held()
        known.values = unique_values.holders(
            value for one in given for value in unique_values.values_of(known.schema, one)
        )
    return known


def _settle(draft: NewUser, known: _Known) -> Outcome:
    username_key, email_key = unique_key(draft.username), unique_key(draft.email)
    clashes = [name for name, clash in (
        ("username", username_key in known.usernames), ("email", email_key in known.emails)
    ) if clash]  # fmt: skip
    if clashes:
        return taken(*clashes)
    try:
        manager, fields = _manager(draft, known), fields_of_new(draft, known.schema)
    except Invalid as problem:
        return problem
    own = list(unique_values.values_of(known.schema, fields["attributes"]))
    if held := [name for name, key in own if (name, key) in known.values]:
        return unique_values.taken(*held)
    user = User(id=uuid.uuid4(), updated=timezone.now(), manager_id=manager, **fields)
    known.usernames[username_key] = user.id
    known.emails.add(email_key)
    known.ids.add(user.id)
    known.values |= dict.fromkeys(own, user.id)
    return user


def _manager(draft: NewUser, known: _Known) -> uuid.UUID | None:
    if isinstance(draft.manager, ByUsername):
        key = unique_key(draft.manager.username)
        found = None if key in known.leaving else known.usernames.get(key)
    else:
        found = draft.manager if draft.manager in known.ids else None
    if draft.manager is not None and found is None:
        raise Invalid({"manager": _("There is no such user.")})
    return found


def _created(user: User, origin: Origin | None = None) -> Entry:
    changes = [change(name, None, value) for name, value in visible_changes(user)]
    return Entry("user_create", user=user, changes=changes, application=origin)
