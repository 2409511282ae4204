"""/groups/{id}/rule: members that are computed from people's attributes, and deciding about what a rule proposes."""

from __future__ import annotations

import uuid
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from pydantic import BaseModel, Field

from provisor.api.base import (
    Body,
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
from provisor.api.shapes import ActorOut, Named
from provisor.applications.scopes.evaluating import LONGEST
from provisor.directory.commands import rules as commands
from provisor.directory.models import RuleFailure, RuleProposal, User
from provisor.directory.rules import queries as queries
from provisor.directory.shapes import zulu

routes = Routes("groups")
Condition = Annotated[str, Field(max_length=LONGEST)]
State = Literal["waiting", "rejected", "approved"]


class RuleBody(Body):
    """`confirm`: the number of leaving members that you have seen in a preview; up to it nothing waits."""

    expression: Condition
    review: bool = False
    confirm: Annotated[int | None, Field(ge=0)] = None


class PreviewBody(Body):
    """Without `expression`: the rule as it is. `limit`: so many users are named."""

    expression: Condition | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = queries.NAMED


class DecisionBody(Body):
    """Without `users`: everything that waits."""

    users: Annotated[list[Id] | None, Field(max_length=10_000)] = None


class RuleOut(BaseModel):
    """`status`: computing (`done` of `total` users), applying (`done` of `total` members), waiting (the edit waits for
    approval), settled. `waiting`: how many would come and go once approved. `failed`: users for whom it can't be
    evaluated."""

    group: Named
    expression: str
    review: bool
    status: Literal["computing", "waiting", "applying", "settled"]
    version: int
    done: int
    total: int
    members: int
    waiting: dict[str, int]
    rejected: int
    failed: int
    actor: ActorOut
    updated: When


class PersonOut(BaseModel):
    id: uuid.UUID
    username: str
    email: str


class FailingOut(PersonOut):
    message: str


class ComesOrGoes(BaseModel):
    count: int
    users: list[PersonOut]


class Fails(BaseModel):
    count: int
    users: list[FailingOut]


class Touches(BaseModel):
    application: Named
    create: int
    reactivate: int
    deactivate: int


class PreviewOut(BaseModel):
    """`asks`: saving would wait for approval, unless `confirm` is the number that leaves."""

    members: int
    after: int
    joins: ComesOrGoes
    leaves: ComesOrGoes
    failed: Fails
    asks: bool
    accounts: list[Touches]


class ProposalOut(BaseModel):
    """`because`: the rule was changed, or the user; by whom is `actor`."""

    user: PersonOut
    change: Literal["join", "leave"]
    state: State
    because: Literal["rule", "user"]
    actor: ActorOut
    at: When


class ProposalParams(ListParams):
    state: State = "waiting"


class Decided(BaseModel):
    """How many were decided about, and the rule as it stands now."""

    decided: int
    rule: RuleOut


@routes.get("/groups/{group_id}/rule", permission="directory.read", answers={200: RuleOut})
def get_rule(request: HttpRequest, group_id: Id) -> Any:
    """The rule that computes the members of a group; 404 where it has none."""
    return _rule(group_id)


@routes.put("/groups/{group_id}/rule", permission="groups.write", answers={200: RuleOut})
def set_rule(request: HttpRequest, group_id: Id, body: RuleBody) -> Any:
    """Lets an expression say who is in the group. It waits for approval if it takes out many members, if it can't be
    evaluated for somebody, or if it is reviewed."""
    what: dict[str, Any] = {"review": body.review, "confirm": body.confirm, "if_match": if_match(request)}
    commands.set_rule(actor_of(request), group_id, body.expression, **what)
    return _rule(group_id)


@routes.delete("/groups/{group_id}/rule", permission="groups.write", answers={204: None})
def delete_rule(request: HttpRequest, group_id: Id) -> Any:
    """Takes the rule away. The members stay, and can be changed by hand again."""
    commands.delete_rule(actor_of(request), group_id, if_match=if_match(request))
    return Status(204, None)


@routes.post("/groups/{group_id}/rule/preview", permission="directory.read", answers={200: PreviewOut})
def preview_rule(request: HttpRequest, group_id: Id, body: PreviewBody = PreviewBody()) -> Any:  # noqa: B008
    """Who would come and go, and what would become of accounts. Writes nothing."""
    found = queries.preview_rule(group_id, body.expression, named=body.limit)
    return {
        "members": found.members,
        "after": found.after,
        "joins": {"count": found.joins, "users": [_person(user) for user in found.joining]},
        "leaves": {"count": found.leaves, "users": [_person(user) for user in found.leaving]},
        "failed": {"count": found.failed, "users": [_failing(one.user, one.message) for one in found.failing]},
        "asks": found.asks,
        "accounts": [
            {
                "application": {"id": part.application_id, "name": part.name},
                "create": part.create,
                "reactivate": part.reactivate,
                "deactivate": part.deactivate,
            }
            for part in found.accounts.parts
        ],
    }


@routes.get("/groups/{group_id}/rule/proposals", permission="directory.read", answers={200: Page[ProposalOut]})
def list_proposals(request: HttpRequest, group_id: Id, params: Query[ProposalParams]) -> Any:
    """Members who would come or go, by username."""
    found = queries.proposals(group_id, params.state)
    scope = f"proposals:{group_id}:{params.state}"
    return page_of(found, params, scope=scope, order=["user__username_key"], shape=_proposal)


@routes.get("/groups/{group_id}/rule/problems", permission="directory.read", answers={200: Page[FailingOut]})
def list_problems(request: HttpRequest, group_id: Id, params: Query[ListParams]) -> Any:
    """Users for whom the rule can't be evaluated, and why, by username. For them nothing changes."""
    found = queries.problems(group_id)
    scope = f"rule problems:{group_id}"
    return page_of(found, params, scope=scope, order=["user__username_key"], shape=_problem)


@routes.post("/groups/{group_id}/rule/approve", permission="groups.write", answers={200: Decided})
def approve_proposals(request: HttpRequest, group_id: Id, body: DecisionBody = DecisionBody()) -> Any:  # noqa: B008
    """Lets the proposed members come and go: these users, or all that wait."""
    count = commands.approve(actor_of(request), group_id, body.users)
    return {"decided": count, "rule": _rule(group_id)}


@routes.post("/groups/{group_id}/rule/reject", permission="groups.write", answers={200: Decided})
def reject_proposals(request: HttpRequest, group_id: Id, body: DecisionBody = DecisionBody()) -> Any:  # noqa: B008
    """Leaves members as they are: not proposed again until the rule, or their own values, say something else."""
    count = commands.reject(actor_of(request), group_id, body.users)
    return {"decided": count, "rule": _rule(group_id)}


def _rule(group_id: uuid.UUID) -> dict[str, Any]:
    rule = commands.get_rule(group_id)
    stands = queries.rule_stands(rule)
    return {
        "group": {"id": rule.group_id, "name": rule.group.name},
        "expression": rule.expression,
        "review": rule.review,
        "status": stands.status,
        "version": rule.version,
        "done": rule.done,
        "total": rule.total,
        "members": stands.members,
        "waiting": {"joins": stands.joins, "leaves": stands.leaves},
        "rejected": stands.rejected,
        "failed": stands.failed,
        "actor": rule.actor,
        "updated": zulu(rule.updated),
    }


def _person(user: User) -> dict[str, Any]:
    return {"id": str(user.id), "username": user.username, "email": user.email}


def _failing(user: User, message: str) -> dict[str, Any]:
    return _person(user) | {"message": message}


def _problem(row: RuleFailure) -> dict[str, Any]:
    return _failing(row.user, row.message)


def _proposal(row: RuleProposal) -> dict[str, Any]:
    return {
        "user": _person(row.user),
        "change": "join" if row.joins else "leave",
        "state": row.state,
        "because": "rule" if row.by_edit else "user",
        "actor": row.actor,
        "at": zulu(row.at),
    }
