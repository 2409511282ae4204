"""Leavers: the offboarding report, what is going to be deleted, and the trash."""

from __future__ import annotations

import uuid
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from pydantic import BaseModel, Field

from provisor.api.accounts import AccountError
from provisor.api.base import (
    Id,
    ListParams,
    Nothing,
    Page,
    Params,
    Query,
    Routes,
    Status,
    Text,
    When,
    actor_of,
    page_of,
)
from provisor.api.groups import GroupOut
from provisor.api.shapes import ActorOut, Named
from provisor.api.users import UserOut
from provisor.applications.queries.grace import deletions_ahead
from provisor.applications.queries.offboarding import offboarding_of
from provisor.directory.commands import restoring
from provisor.directory.commands import trash as commands
from provisor.directory.models import Trash, TrashKind
from provisor.directory.shapes import shape_of_group, shape_of_user
from provisor.directory.trash import queries as trash_queries

routes = Routes("leaving")

ReportState = Literal["complete", "open", "incomplete", "closed"]
ItemState = Literal[
    "confirmed", "already", "none", "left", "given_up", "forgotten",
    "due", "retrying", "held", "paused", "failing", "not_active", "stopped",
]  # fmt: skip
Kind = Literal["user", "group"]


class ReportedAccount(BaseModel):
    """One application of a report. `state`: confirmed, already (off before), none (there was no account), left (the
    application is set to do nothing), given_up (not within 24 hours of a deletion) or forgotten (the application was
    removed); while it is open: due, retrying, held, paused, failing, not_active or stopped. `text` says it in words,
    `error` in the service provider's."""

    id: uuid.UUID
    application: Named
    remote_id: str | None
    state: ItemState
    text: str
    asked: When
    first_try: When | None
    tries: int
    next_try: When | None
    confirmed: When | None
    deleted: bool
    error: AccountError | None


class OffboardingOut(BaseModel):
    """The report of a person's last leaving. `call`: suspend, planned or delete. `state`: complete, open, incomplete (no
    more will happen, and not all is confirmed) or closed (the person came back)."""

    user: Named
    name: str
    call: Literal["suspend", "planned", "delete"]
    actor: ActorOut | None
    at: When
    closed: When | None
    state: ReportState
    confirmed: int
    open: int
    unconfirmed: int
    took_seconds: float | None
    accounts: list[ReportedAccount]
    notes: list[str]


class Deletions(BaseModel):
    """How many accounts that are off now are going to be deleted by `delete_after_days`, and when. `soon`: in a week."""

    days: int
    total: int
    soon: int
    first: When | None
    last: When | None


class DeletionParams(Params):
    """`days`: as if the setting were saved so now."""

    days: Annotated[int | None, Field(ge=0, le=3650)] = None


class TrashParams(ListParams):
    """The filters of the list."""

    kind: Kind | None = None
    search: Text | None = None


class TrashOut(BaseModel):
    """A deleted user or group. `going`: its accounts are being ended at this moment. `erased`: when it goes for good."""

    id: uuid.UUID
    kind: Kind
    object: Named
    state: Literal["staged", "active", "suspended"] | None
    deleted: When
    actor: ActorOut | None
    erased: When
    going: bool


class AccessBack(BaseModel):
    """Accounts in one application that are made, or come back."""

    application: Named
    create: int
    reactivate: int


class ReturnOut(BaseModel):
    """What comes back. `taken`: fields whose values somebody else has by now. `groups`: those that it was in, `children`: of
    a group those in it; `lost`: what is gone. `access`: nobody has it before the restoring."""

    taken: list[str]
    groups: list[Named]
    children: list[Named]
    applications: list[Named]
    lost: list[Named]
    members: int
    members_lost: int
    rule: str | None
    access: list[AccessBack]


class TrashEntry(TrashOut):
    """One entry, and what restoring it would bring back now."""

    back: ReturnOut


class RestoredOut(BaseModel):
    """The user or the group that is back, and what came back with it."""

    user: UserOut | None
    group: GroupOut | None
    back: ReturnOut


@routes.get("/users/{user_id}/offboarding", permission="applications.read", answers={200: OffboardingOut})
def get_offboarding(request: HttpRequest, user_id: Id) -> Any:
    """Each application of a person who was suspended or deleted: when it was asked, when it confirmed, what failed. It is
    there when the user no longer is."""
    return offboarding_of(user_id).as_json()


@routes.get("/applications/{application_id}/deletions", permission="applications.read", answers={200: Deletions})
def count_deletions(request: HttpRequest, application_id: Id, params: Query[DeletionParams]) -> Any:
    """What the setting delete_after_days is going to delete, of what is off now."""
    return vars(deletions_ahead(application_id, params.days))


@routes.get("/trash", permission="directory.read", answers={200: Page[TrashOut]})
def list_trash(request: HttpRequest, params: Query[TrashParams]) -> Any:
    """Deleted users and groups that can be restored, the newest first. `search`: part of a name, user name or e-mail."""
    found = trash_queries.trash(params.kind, params.search)
    return page_of(found, params, scope="trash", order=["-deleted_at", "-id"], shape=shape_of_trash)


@routes.get("/trash/{trash_id}", permission="directory.read", answers={200: TrashEntry})
def get_trash(request: HttpRequest, trash_id: Id) -> Any:
    """One entry, with what restoring it would bring back now: nothing is changed."""
    entry = trash_queries.get_entry(trash_id)
    return {**shape_of_trash(entry), "back": _back(trash_queries.would_return(entry))}


@routes.post("/trash/{trash_id}/restore", permission="users.write", answers={200: RestoredOut})
def restore_from_trash(request: HttpRequest, trash_id: Id, body: Nothing = Nothing()) -> Any:  # noqa: B008
    """Restores a user or group under the same id. The answer says what came back. 409 where somebody else has the name."""
    found = restoring.restore(actor_of(request), trash_id)
    user = found.kind == TrashKind.USER
    return {
        "user": shape_of_user(found.row) if user else None,  # type: ignore[arg-type]
        "group": None if user else shape_of_group(found.row),  # type: ignore[arg-type]
        "back": _back(found.back),
    }


@routes.delete("/trash/{trash_id}", permission="users.write", answers={204: None})
def erase_from_trash(request: HttpRequest, trash_id: Id) -> Any:
    """Erases an entry for good, at once."""
    commands.erase(actor_of(request), trash_id)
    return Status(204, None)


def shape_of_trash(entry: Trash) -> dict[str, Any]:
    """An entry as the list shows it."""
    return {
        "id": entry.id,
        "kind": entry.kind,
        "object": {"id": entry.object_id, "name": entry.name},
        "state": entry.state,
        "deleted": entry.deleted_at,
        "actor": entry.actor,
        "erased": trash_queries.erased_at(entry),
        "going": trash_queries.still_deleting(entry),
    }


def _back(found: trash_queries.Return) -> dict[str, Any]:
    return {
        **{name: getattr(found, name) for name in ReturnOut.model_fields if name not in ("access", "taken")},
        "taken": list(found.taken),
        "access": [
            {
                "application": {"id": part.application_id, "name": part.name},
                "create": part.create,
                "reactivate": part.reactivate,
            }
            for part in found.found.parts
        ],
    }
