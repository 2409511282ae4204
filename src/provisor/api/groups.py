"""/groups: sets of users, and who is in them."""

from __future__ import annotations

import uuid
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from pydantic import BaseModel, Field

from provisor.api.base import (
    Id,
    ListParams,
    Page,
    Query,
    Routes,
    Status,
    When,
    actor_of,
    if_match,
    page_of,
)
from provisor.api.shapes import Named
from provisor.directory import commands, queries
from provisor.directory.shapes import shape_of_group, shape_of_member
from provisor.directory.validation import GroupChanges, MemberChanges, NewGroup

routes = Routes("groups")


class RuleOfGroup(BaseModel):
    """The rule that computes the members; `status` as GET /groups/{id}/rule has it."""

    expression: str
    review: bool
    status: str


class GroupOut(BaseModel):
    """A group. `rule`: what computes its members; null where people say who is in it."""

    id: uuid.UUID
    name: str
    description: str | None
    rule: RuleOfGroup | None
    created: When
    updated: When


class MemberOut(BaseModel):
    """A user in a group. `member_of`: every group by which; the group itself, or groups inside it."""

    id: uuid.UUID
    username: str
    email: str
    state: Literal["staged", "active", "suspended", "deleting"]
    member_of: list[Named]


class GroupParams(ListParams):
    """The filters of the list."""

    search: Annotated[str | None, Field(max_length=256)] = None


class MemberParams(ListParams):
    """`effective`: with what is further inside (or around)."""

    effective: bool = False


@routes.get("/groups", permission="directory.read", answers={200: Page[GroupOut]})
def list_groups(request: HttpRequest, params: Query[GroupParams]) -> Any:
    """Groups by name."""
    found = queries.groups(params.search)
    return page_of(found, params, scope="groups", order=["name_key"], shape=shape_of_group)


@routes.get("/users/{user_id}/groups", permission="directory.read", answers={200: Page[GroupOut]})
def list_groups_of_user(request: HttpRequest, user_id: Id, params: Query[ListParams]) -> Any:
    """The groups that a user is in, by name."""
    found = queries.groups_of_user(user_id)
    return page_of(found, params, scope=f"groups:{user_id}", order=["name_key"], shape=shape_of_group)


@routes.post("/groups", permission="groups.write", answers={201: GroupOut})
def create_group(request: HttpRequest, body: NewGroup) -> Any:
    """Makes a group without members."""
    return shape_of_group(commands.create_group(actor_of(request), body))


@routes.get("/groups/{group_id}", permission="directory.read", answers={200: GroupOut})
def get_group(request: HttpRequest, group_id: Id) -> Any:
    """One group."""
    return shape_of_group(queries.get_group(group_id))


@routes.patch("/groups/{group_id}", permission="groups.write", answers={200: GroupOut})
def update_group(request: HttpRequest, group_id: Id, body: GroupChanges) -> Any:
    """Absent is unchanged, null is cleared."""
    return shape_of_group(commands.update_group(actor_of(request), group_id, body, if_match=if_match(request)))


@routes.delete("/groups/{group_id}", permission="groups.write", answers={204: None})
def delete_group(request: HttpRequest, group_id: Id) -> Any:
    """Deletes a group; its members lose the access that they had through it."""
    commands.delete_group(actor_of(request), group_id, if_match=if_match(request))
    return Status(204, None)


@routes.get("/groups/{group_id}/members", permission="directory.read", answers={200: Page[MemberOut]})
def list_members(request: HttpRequest, group_id: Id, params: Query[MemberParams]) -> Any:
    """The users in a group by username. `effective`: with those of the groups in it, each once."""
    found = queries.members(group_id, effective=params.effective)
    scope = f"members:{group_id}:{params.effective}"
    page = page_of(found, params, scope=scope, order=["username_key"], shape=shape_of_member)
    ways = queries.ways_into(group_id, [item["id"] for item in page["items"]])
    for item in page["items"]:
        groups = ways.get(uuid.UUID(item["id"]), [])
        item["member_of"] = [{"id": group.id, "name": group.name} for group in groups]
    return page


@routes.get("/groups/{group_id}/groups", permission="directory.read", answers={200: Page[GroupOut]})
def list_groups_in(request: HttpRequest, group_id: Id, params: Query[MemberParams]) -> Any:
    """The groups in a group by name. `effective`: and the groups in those, and so on."""
    found = queries.groups_in(group_id, effective=params.effective)
    scope = f"groups in:{group_id}:{params.effective}"
    return page_of(found, params, scope=scope, order=["name_key"], shape=shape_of_group)


@routes.get("/groups/{group_id}/parents", permission="directory.read", answers={200: Page[GroupOut]})
def list_groups_around(request: HttpRequest, group_id: Id, params: Query[MemberParams]) -> Any:
    """The groups that a group is in, by name. `effective`: and the groups that those are in, and so on."""
    found = queries.groups_around(group_id, effective=params.effective)
    scope = f"groups around:{group_id}:{params.effective}"
    return page_of(found, params, scope=scope, order=["name_key"], shape=shape_of_group)


class GroupsChanged(BaseModel):
    """How many groups really went in and came out, and how many are in the group now."""

    added: int
    removed: int
    total: int


class Changed(BaseModel):
    """How many members really came and went, and how many there are now, those of groups inside not counted."""

    added: int
    removed: int
    total: int
    groups: GroupsChanged


@routes.post("/groups/{group_id}/members", permission="groups.write", answers={200: Changed})
def change_members(request: HttpRequest, group_id: Id, body: MemberChanges = MemberChanges()) -> Any:  # noqa: B008
    """Adds and removes users, and groups in `groups`. Who is in it already, or isn't, changes nothing; a circle of groups
    is 422."""
    groups = body.groups
    users = {"add": body.add, "remove": body.remove}
    nesting = {"groups_add": groups.add, "groups_remove": groups.remove}
    change = commands.change_members(actor_of(request), group_id, **users, **nesting)
    nested = {"added": len(change.groups.added), "removed": len(change.groups.removed)}
    return {
        "added": change.added,
        "removed": change.removed,
        "total": queries.members(group_id).count(),
        "groups": nested | {"total": queries.groups_in(group_id).count()},
    }
