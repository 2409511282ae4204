"""Applications: connecting, testing, activating, their mapping and who has access."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.utils.translation import gettext as _
from pydantic import BaseModel, Field

from provisor.administrators.actor import Actor
from provisor.api.base import (
    Body,
    Id,
    ListParams,
    Nothing,
    Page,
    Query,
    Routes,
    Status,
    Text,
    When,
    actor_of,
    if_match,
    page_of,
    reaches_out,
)
from provisor.api.selections import page_of_selection
from provisor.api.shapes import Named
from provisor.api.sign_in import Auth, AuthOut, ProxyGiven, ProxyOut, TlsGiven, TlsOut
from provisor.applications import commands, queries
from provisor.applications.fields import LONGEST_URL
from provisor.applications.models import Application
from provisor.applications.queries.pace import pace_of
from provisor.applications.scopes.evaluating import LONGEST as LONGEST_CONDITION
from provisor.applications.scopes.evaluating import parsed
from provisor.errors import Invalid
from provisor.scim.check import Step, passes
from provisor.selection import Row

routes = Routes("applications")
Url = Annotated[str, Field(max_length=LONGEST_URL)]
Condition = Annotated[str, Field(max_length=LONGEST_CONDITION)]


class NewApplication(Body):
    name: Text
    base_url: Url | None = None
    connector: Text = "custom"
    parameters: dict[str, Any] | None = None
    auth: Auth | None = None
    tls: TlsGiven | None = None
    proxy: ProxyGiven | None = None
    settings: dict[str, Any] | None = None
    label: Text | None = None
    show_in_portal: bool | None = None
    sign_in_url: Url | None = None
    scope: Condition | None = None
    force: bool = False


class ChangedApplication(Body):
    name: Text | None = None
    base_url: Url | None = None
    connector: Text | None = None
    parameters: dict[str, Any] | None = None
    auth: Auth | None = None
    tls: TlsGiven | None = None
    proxy: ProxyGiven | None = None
    settings: dict[str, Any] | None = None
    label: Text | None = None
    show_in_portal: bool | None = None
    sign_in_url: Url | None = None
    scope: Condition | None = None
    force: bool = False


class ApplicationOut(BaseModel):
    """`scope`: the filter of the assigned; null sends all of them."""

    id: uuid.UUID
    name: str
    connector: str
    parameters: dict[str, Any]
    base_url: str
    auth: AuthOut
    tls: TlsOut | None
    proxy: ProxyOut | None
    label: str | None
    show_in_portal: bool
    sign_in_url: str | None
    scope: str | None
    settings: dict[str, Any]
    settings_version: int
    mapping_version: int
    provisioning: Literal["configured", "active", "paused", "failing"]
    stopped: dict[str, Any] | None
    paused: dict[str, Any] | None
    waiting_run: uuid.UUID | None
    reconciled: When | None
    created: When
    updated: When


class LimitOut(BaseModel):
    """At most `requests` of a class in `per_seconds`, of which `burst` at once. `found`: by its refusals, not said."""

    of: Annotated[str, Field(alias="class")]
    requests: int
    per_seconds: int
    burst: float
    found: bool


class ConcurrencyOut(BaseModel):
    """Requests at once: as the provider bears it now, and at most."""

    now: int
    most: int


class PaceOut(BaseModel):
    """How fast it is asked at this moment. `left_seconds`: for what waits, at the rate of the last minute."""

    state: Literal["running", "paused", "open", "half_open", "quarantined"]
    paused_until: When | None
    reason: str
    concurrency: ConcurrencyOut
    requests_last_minute: int
    throttled_last_minute: int
    waiting: int
    left_seconds: float | None
    limits: list[LimitOut]


class OneApplicationOut(ApplicationOut):
    """`pace` is null until a worker has driven it."""

    pace: PaceOut | None


class ActivatedOut(ApplicationOut):
    warnings: list[str]


class ApplicationParams(ListParams):
    search: Text | None = None
    provisioning: Literal["configured", "active", "paused", "failing"] | None = None
    expiring: Annotated[int, Field(ge=0, le=3660)] | None = None


class Activation(Body):
    force: bool = False


class TestBody(Body):
    deep: bool = False
    email: Text | None = None
    groups: bool | None = None


class StepOut(BaseModel):
    name: str
    ok: bool
    status: int | None
    message: str
    detail: str
    code: str


class TestOut(BaseModel):
    ok: bool
    steps: list[StepOut]


class MappingRow(BaseModel):
    scim: str
    source: dict[str, Any]
    required: bool
    included: bool
    when: str


class MappingOut(BaseModel):
    version: int
    rows: list[MappingRow]


class MappingBody(Body):
    rows: Annotated[list[dict[str, Any]], Field(max_length=200)]


class Ids(Body):
    add: list[Id] = []
    remove: list[Id] = []


class Assignments(Body):
    groups: Ids = Ids()
    users: Ids = Ids()


class AssignmentOut(BaseModel):
    """`values` and `priority`: what a group gives to those who have access by it, such as a role; null for a user."""

    kind: Literal["group", "user"]
    group: Named | None
    user: Named | None
    values: dict[str, Any] | None
    priority: int | None
    created: When


class ChangedIds(BaseModel):
    added: list[uuid.UUID]
    removed: list[uuid.UUID]


class ChangedAssignments(BaseModel):
    """What really changed; what was as asked already is not in it."""

    groups: ChangedIds
    users: ChangedIds


@routes.get("/applications", permission="applications.read", answers={200: Page[ApplicationOut]})
def list_applications(request: HttpRequest, params: Query[ApplicationParams]) -> Any:
    """Applications by name. `expiring`: those whose credentials or certificates end within so many days, or have ended."""
    found = queries.applications(search=params.search, provisioning=params.provisioning, expiring=params.expiring)
    return page_of(found, params, scope="applications", order=["name_key"], shape=queries.as_application)


@routes.post("/applications", permission="applications.write", answers={201: ApplicationOut})
def create_application(request: HttpRequest, body: NewApplication) -> Any:
    """Connects an application; parameters of its connector make the base URL. It sends nothing until it is activated."""
    application = commands.create_application(actor_of(request), _given(body), force=body.force)
    return Status(201, _shown(application))


@routes.get("/applications/{application_id}", permission="applications.read", answers={200: OneApplicationOut})
def get_application(request: HttpRequest, application_id: Id) -> Any:
    """One application, and its pace; of its token only that there is one."""
    application = queries.get_application(application_id)
    pace = pace_of(application)
    return {**queries.as_application(application), "pace": pace and pace.as_json()}


@routes.patch("/applications/{application_id}", permission="applications.write", answers={200: ApplicationOut})
def update_application(request: HttpRequest, application_id: Id, body: ChangedApplication) -> Any:
    """Changes what is given; `auth`, `tls` and `proxy` each as a whole. Another origin or path of base_url, given or made
    of other parameters, another authority in `tls.ca` or another proxy clears the secret and pauses, unless `auth` is given
    too."""
    commands.update_application(
        actor_of(request), application_id, _given(body), force=body.force, if_match=if_match(request)
    )
    return queries.as_application(queries.get_application(application_id))


@routes.delete("/applications/{application_id}", permission="applications.write", answers={204: None})
def delete_application(request: HttpRequest, application_id: Id) -> Any:
    """Sends nothing, stops at once, drops links; events stay."""
    commands.delete_application(actor_of(request), application_id, if_match=if_match(request))
    return Status(204, None)


@routes.post("/applications/{application_id}/test", permission="runs.start", answers={200: TestOut})
@reaches_out
def check_application(request: HttpRequest, application_id: Id, body: TestBody = TestBody()) -> Any:  # noqa: B008
    """Reads only: can it be reached, is the token accepted, what does it support. In the provider's own words. With
    `deep` and an `email` that nobody has there it also writes: a test user (and, with `groups`, a group) is created,
    changed, deactivated and removed; needs `applications.write`."""
    steps = _tested(actor_of(request), application_id, body)
    return {"ok": passes(steps), "steps": [asdict(step) for step in steps]}


def _tested(actor: Actor, application_id: Id, body: TestBody) -> list[Step]:
    if not body.deep:
        return commands.check_application(actor, application_id)
    if not body.email:
        raise Invalid({"email": _("The test that writes needs the address of a test user that nobody has there.")})
    return commands.try_writing(actor, application_id, body.email, groups=body.groups)


@routes.post("/applications/{application_id}/activate", permission="applications.write", answers={200: ActivatedOut})
@reaches_out
def activate_application(request: HttpRequest, application_id: Id, body: Activation = Activation()) -> Any:  # noqa: B008
    """Tests the connection and lets the application send. `force` activates although the test failed."""
    activated = commands.activate_application(actor_of(request), application_id, force=body.force)
    return {**_shown(activated.application), "warnings": list(activated.warnings)}


@routes.post(
    "/applications/{application_id}/deactivate", permission="applications.write", answers={200: ApplicationOut}
)
def deactivate_application(request: HttpRequest, application_id: Id, body: Nothing = Nothing()) -> Any:  # noqa: B008
    """Sends nothing and stops at once. Edits accumulate as due."""
    return _shown(commands.deactivate_application(actor_of(request), application_id))


@routes.get("/applications/{application_id}/mapping", permission="applications.read", answers={200: MappingOut})
def get_mapping(request: HttpRequest, application_id: Id) -> Any:
    """Which attribute of a user becomes which SCIM attribute."""
    return _mapping(queries.get_application(application_id))


@routes.put("/applications/{application_id}/mapping", permission="applications.write", answers={200: MappingOut})
def replace_mapping(request: HttpRequest, application_id: Id, body: MappingBody) -> Any:
    """Replaces the rows. Locked rows must stay; every account is looked at again."""
    return _mapping(commands.replace_mapping(actor_of(request), application_id, body.rows, if_match=if_match(request)))


@routes.get(
    "/applications/{application_id}/assignments", permission="applications.read", answers={200: Page[AssignmentOut]}
)
def list_assignments(request: HttpRequest, application_id: Id, params: Query[ListParams]) -> Any:
    """What is assigned: groups first, by name."""
    selection = queries.assignments_selection(application_id)
    return page_of_selection(selection, params, scope="assignments", shape=_assignment)


@routes.post(
    "/applications/{application_id}/assignments", permission="assignments.write", answers={200: ChangedAssignments}
)
def change_assignments(request: HttpRequest, application_id: Id, body: Assignments = Assignments()) -> Any:  # noqa: B008
    """Grants and takes away access. Answers what really changed."""
    changed = commands.change_assignments(
        actor_of(request),
        application_id,
        groups_add=body.groups.add,
        groups_remove=body.groups.remove,
        users_add=body.users.add,
        users_remove=body.users.remove,
    )
    return {kind: {"added": changed.added[kind], "removed": changed.removed[kind]} for kind in ("groups", "users")}


def _given(body: NewApplication | ChangedApplication) -> dict[str, Any]:
    """The fields that were sent, as the commands take them."""
    parts = {"auth": body.auth, "tls": body.tls, "proxy": body.proxy}
    given = {**body.sent(), **{name: part and part.sent() for name, part in parts.items()}}
    return {name: value for name, value in given.items() if name in body.model_fields_set - {"force"}}


def _shown(application: Application) -> dict[str, Any]:
    return queries.as_application(queries.get_application(application.id))


def _mapping(application: Application) -> dict[str, Any]:
    return {"version": application.mapping_version, "rows": application.mapping}


def _assignment(row: Row) -> dict[str, Any]:
    named = {"id": row["id"], "name": row["name"]}
    given = {"values": parsed(row["values"]), "priority": row["priority"], "created": row["created"]}
    return {"kind": row["kind"], "group": None, "user": None, **given, row["kind"]: named}
