"""/applications/{id}/scope: which of the assigned are sent; and the values that assigned groups give."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from pydantic import BaseModel, Field

from provisor.api.base import Body, Id, Routes, Status, actor_of
from provisor.api.rules import ComesOrGoes, Condition, FailingOut
from provisor.applications.commands.group_values import set_group_values
from provisor.applications.queries.preview import Part
from provisor.applications.queries.scope import preview_scope, scope_stands
from provisor.core.group_values import HIGHEST, LOWEST

routes = Routes("applications")


class ScopeOut(BaseModel):
    """`status`: none, computing (`done` of `total` users) or settled. `sent` of the `assigned` are sent; `failed`: users for
    whom the filter can't be evaluated, the first ten in `problems`."""

    expression: str | None
    status: Literal["none", "computing", "settled"]
    done: int
    total: int
    assigned: int
    sent: int
    failed: int
    problems: list[FailingOut]


class ScopePreviewBody(Body):
    """null: no filter."""

    scope: Condition | None = None


class ScopePreviewOut(BaseModel):
    """What becomes of accounts; `ending` is the application's setting `deprovision`."""

    assigned: int
    sent: int
    failed: int
    create: ComesOrGoes
    reactivate: ComesOrGoes
    deactivate: ComesOrGoes
    ending: str


class GroupValuesBody(Body):
    """`values`: `{name: text or list of texts}`. Of several groups the highest `priority` wins."""

    values: dict[str, Any] = {}
    priority: Annotated[int, Field(ge=LOWEST, le=HIGHEST)] = 0


@routes.get("/applications/{application_id}/scope", permission="applications.read", answers={200: ScopeOut})
def get_scope(request: HttpRequest, application_id: Id) -> Any:
    """How the filter of the assigned stands. It is set by PATCH of the application."""
    stands = scope_stands(application_id)
    return {name: getattr(stands, name) for name in ScopeOut.model_fields}


@routes.post(
    "/applications/{application_id}/scope/preview", permission="applications.read", answers={200: ScopePreviewOut}
)
def preview_filter(request: HttpRequest, application_id: Id, body: ScopePreviewBody = ScopePreviewBody()) -> Any:  # noqa: B008
    """Who would get and lose an account by this filter. Writes nothing."""
    found = preview_scope(application_id, body.scope)
    parts = {kind: _part(getattr(found, kind)) for kind in ("create", "reactivate", "deactivate")}
    counts = {name: getattr(found, name) for name in ("assigned", "sent", "failed", "ending")}
    return counts | parts


@routes.put(
    "/applications/{application_id}/assignments/groups/{group_id}",
    permission="assignments.write",
    answers={204: None},
)
def replace_group_values(request: HttpRequest, application_id: Id, group_id: Id, body: GroupValuesBody) -> Any:
    """Replaces what an assigned group gives to those who have access by it, such as a role."""
    set_group_values(actor_of(request), application_id, group_id, body.values, body.priority)
    return Status(204, None)


def _part(part: Part) -> dict[str, Any]:
    users = [{"id": one.id, "username": one.username, "email": one.email} for one in part.people]
    return {"count": part.count, "users": users}
