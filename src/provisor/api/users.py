"""/users: people, their states and passwords, and what they have access to."""

from __future__ import annotations

import uuid
from datetime import date
from functools import partial
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from pydantic import BaseModel, Field

from provisor.api.accounts import AccountOut
from provisor.api.answers import ErrorDetail, error_detail
from provisor.api.base import (
    Body,
    Id,
    ListParams,
    Nothing,
    Page,
    Params,
    Query,
    Routes,
    Status,
    When,
    actor_of,
    if_match,
    page_of,
)
from provisor.api.selections import page_of_selection
from provisor.api.shapes import Named
from provisor.applications.queries import access_paths, accounts_of_user_selection, as_account
from provisor.bodies import Time, parse
from provisor.directory import commands, queries
from provisor.directory.commands import activation
from provisor.directory.models import User
from provisor.directory.passwords import expiry
from provisor.directory.shapes import shape_of_user
from provisor.directory.validation import IdChanges, NewPassword, NewUser, UserChanges
from provisor.errors import Invalid, Problem

routes = Routes("users")

State = Literal["staged", "active", "suspended", "deleting"]
PasswordStatus = Literal["pending", "active", "expired", "locked"]


class UserOut(BaseModel):
    """A user."""

    id: uuid.UUID
    username: str
    email: str
    firstname: str | None
    middlename: str | None
    lastname: str | None
    displayname: str | None
    company: str | None
    department: str | None
    jobTitle: str | None  # noqa: N815 - the contract's names
    employeeIdentifier: str | None  # noqa: N815
    employeeType: str | None  # noqa: N815
    costCenter: str | None  # noqa: N815
    location: str | None
    manager: uuid.UUID | None
    locale: str | None
    addresses: list[dict[str, str]]
    phoneNumbers: list[dict[str, str]]  # noqa: N815
    attributes: dict[str, Any]
    suspend_at: When | None
    start_date: date | None
    state: State
    password_status: PasswordStatus
    password_changed: When | None
    password_expires: When | None
    locked_until: When | None
    created: When
    updated: When


class UserParams(ListParams):
    """The filters of the list."""

    search: Annotated[str | None, Field(max_length=256)] = None
    state: State | None = None
    password_status: PasswordStatus | None = None
    group: uuid.UUID | None = None
    application: uuid.UUID | None = None
    leaving: bool | None = None
    attribute: Annotated[str | None, Field(max_length=330, pattern=r"^[\w-]{1,64}:")] = None


class OneUser(NewUser):
    """A user to be created. `activation_mail`: whether an active one gets a link for setting a password; null: as the
    organisation's settings say."""

    activation_mail: bool | None = None


class Activating(Body):
    """`activation_mail`: whether the user gets a link for setting a password; null: as the organisation's settings say."""

    activation_mail: bool | None = None


class Batch(Body):
    """Up to 1,000 users. Each row is looked at by itself; `atomic`: all or none. `activation_mail`: whether active ones
    get a link for setting a password."""

    users: Annotated[list[Any], Field(max_length=1000)]
    atomic: bool = False
    activation_mail: bool = False


class BatchRow(BaseModel):
    """The outcome of one row: `user`, or `error`."""

    index: int
    status: int
    user: UserOut | None = None
    error: ErrorDetail | None = None


class BatchOut(BaseModel):
    """The outcomes, in the order of the rows."""

    results: list[BatchRow]


class ApplicationChanges(Body):
    """Applications to grant and to take away."""

    applications: IdChanges


class Suspension(Body):
    """When to suspend: now where `at` is left out."""

    at: Time | None = None


class AccessPath(BaseModel):
    """One way to an application: through a group, or direct. `member_of`: the group inside `group` that the user is a
    member of, null where it is `group` itself."""

    kind: Literal["group", "direct"]
    group: Named | None
    member_of: Named | None


class Access(BaseModel):
    """Why a user has access to an application, or that there is none."""

    access: bool
    state: State
    paths: list[AccessPath]


class AccessParams(Params):
    """Which application."""

    application: uuid.UUID


@routes.get("/users", permission="directory.read", answers={200: Page[UserOut]})
def list_users(request: HttpRequest, params: Query[UserParams]) -> Any:
    """Users by username. `search` is a part of the username, e-mail or names; `application`: those with access;
    `leaving`: those whose suspension is planned."""
    wanted = queries.UserFilter(**params.model_dump(exclude={"limit", "cursor"}))
    shape = partial(shape_of_user, expiry=expiry.current())
    return page_of(queries.users(wanted), params, scope="users", order=["username_key"], shape=shape)


@routes.post("/users", permission="users.write", answers={201: UserOut})
def create_user(request: HttpRequest, body: OneUser) -> Any:
    """Makes an active user, or a staged one; the password is pending."""
    return shape_of_user(commands.create_user(actor_of(request), body, mail=_mail(body.activation_mail)))


def _mail(asked: bool | None) -> bool:
    return activation.by_default() if asked is None else asked


@routes.post("/users:batch", permission="users.write", answers={200: BatchOut})
def create_users(request: HttpRequest, body: Batch) -> Any:
    """Makes up to 1,000 users. A bad row doesn't stop the others; with `atomic` it is 422 and nothing is written."""
    create = commands.create_all_users if body.atomic else commands.create_users
    outcomes = create(actor_of(request), [_draft(row) for row in body.users], mail=body.activation_mail)
    rule = expiry.current()
    return {"results": [_row(index, outcome, rule) for index, outcome in enumerate(outcomes)]}


def _draft(row: Any) -> NewUser | Problem:
    try:
        return parse(NewUser, row)
    except Invalid as problem:
        return problem


def _row(index: int, outcome: User | Problem, rule: expiry.Rule) -> dict[str, Any]:
    if isinstance(outcome, User):
        return {"index": index, "status": 201, "user": shape_of_user(outcome, rule)}
    return {"index": index, "status": outcome.status, "error": error_detail(outcome)}


@routes.get("/users/{user_id}", permission="directory.read", answers={200: UserOut})
def get_user(request: HttpRequest, user_id: Id) -> Any:
    """One user."""
    return shape_of_user(queries.get_user(user_id))


@routes.patch("/users/{user_id}", permission="users.write", answers={200: UserOut})
def update_user(request: HttpRequest, user_id: Id, body: UserChanges) -> Any:
    """Absent is unchanged, null is cleared, lists are replaced, `attributes` are merged one level."""
    return shape_of_user(commands.update_user(actor_of(request), user_id, body, if_match=if_match(request)))


@routes.delete("/users/{user_id}", permission="users.write", answers={204: None, 202: UserOut})
def delete_user(request: HttpRequest, user_id: Id) -> Any:
    """204: gone. 202: the accounts are deactivated first; until then the user's state is `deleting`."""
    leaving = commands.delete_user(actor_of(request), user_id, if_match=if_match(request))
    return Status(202, shape_of_user(leaving)) if leaving else Status(204, None)


@routes.post("/users/{user_id}/suspend", permission="users.suspend", answers={200: UserOut})
def suspend_user(request: HttpRequest, user_id: Id, body: Suspension = Suspension()) -> Any:  # noqa: B008
    """Suspends an active user; every account is deactivated. With `at` it is planned for then; null takes a plan back."""
    if "at" in body.model_fields_set:
        return shape_of_user(commands.plan_suspension(actor_of(request), user_id, body.at, if_match=if_match(request)))
    return shape_of_user(commands.suspend_user(actor_of(request), user_id))


@routes.post("/users/{user_id}/unsuspend", permission="users.suspend", answers={200: UserOut})
def unsuspend_user(request: HttpRequest, user_id: Id, body: Nothing = Nothing()) -> Any:  # noqa: B008
    """Makes a suspended user active again."""
    return shape_of_user(commands.unsuspend_user(actor_of(request), user_id))


@routes.post("/users/{user_id}/activate", permission="users.write", answers={200: UserOut})
def activate_user(request: HttpRequest, user_id: Id, body: Activating = Activating()) -> Any:  # noqa: B008
    """Makes a staged user active."""
    return shape_of_user(commands.activate_user(actor_of(request), user_id, mail=_mail(body.activation_mail)))


@routes.post("/users/{user_id}/send-activation", permission="users.suspend", answers={200: UserOut})
def send_activation(request: HttpRequest, user_id: Id, body: Nothing = Nothing()) -> Any:  # noqa: B008
    """Sends an active user without a password a link for setting one; an older link stops working."""
    return shape_of_user(commands.send_activation(actor_of(request), user_id))


@routes.post("/users/{user_id}/send-reset", permission="users.suspend", answers={200: UserOut})
def send_reset(request: HttpRequest, user_id: Id, body: Nothing = Nothing()) -> Any:  # noqa: B008
    """Sends an active user a link for setting a new password."""
    return shape_of_user(commands.send_reset(actor_of(request), user_id))


@routes.post("/users/{user_id}/unlock", permission="users.suspend", answers={200: UserOut})
def unlock_user(request: HttpRequest, user_id: Id, body: Nothing = Nothing()) -> Any:  # noqa: B008
    """Ends the lock after too many wrong tries at once."""
    return shape_of_user(commands.unlock_user(actor_of(request), user_id))


@routes.post("/users/{user_id}/expire-password", permission="users.suspend", answers={200: UserOut})
def expire_password(request: HttpRequest, user_id: Id, body: Nothing = Nothing()) -> Any:  # noqa: B008
    """Expires the password; the accounts are inactive until a new one is set."""
    return shape_of_user(commands.expire_password(actor_of(request), user_id))


@routes.put("/users/{user_id}/password", permission="users.password", answers={200: UserOut})
def set_password(request: HttpRequest, user_id: Id, body: NewPassword) -> Any:
    """Sets the password; it becomes active."""
    return shape_of_user(commands.set_password(actor_of(request), user_id, body.password))


@routes.get("/users/{user_id}/accounts", permission="applications.read", answers={200: Page[AccountOut]})
def list_accounts_of_user(request: HttpRequest, user_id: Id, params: Query[ListParams]) -> Any:
    """The user's account in each application."""
    queries.get_user(user_id)
    return page_of_selection(accounts_of_user_selection(user_id), params, scope="accounts of a user", shape=as_account)


@routes.post("/users/{user_id}/assignments", permission="assignments.write", answers={200: Page[AccountOut]})
def change_assignments_of_user(request: HttpRequest, user_id: Id, body: ApplicationChanges) -> Any:
    """Grants and takes away direct access to applications; answers the user's accounts."""
    changes = body.applications
    commands.change_user_assignments(actor_of(request), user_id, add=changes.add, remove=changes.remove)
    return list_accounts_of_user(request, user_id, ListParams())


@routes.get("/users/{user_id}/access", permission="directory.read", answers={200: Access})
def explain_access(request: HttpRequest, user_id: Id, params: Query[AccessParams]) -> Any:
    """Why the user has access to an application: every path, or none."""
    user = queries.get_user(user_id)
    paths = access_paths(user_id, params.application)
    return {"access": bool(paths), "state": user.state, "paths": paths}
