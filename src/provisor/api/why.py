"""/users/{id}/why: why an account is as it is, and what would be done about it now."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpRequest
from pydantic import BaseModel

from provisor.api.accounts import AccountPassword
from provisor.api.base import Id, Params, Query, Routes, When
from provisor.api.shapes import ActorOut, Difference, Named
from provisor.api.users import AccessPath
from provisor.applications import queries

routes = Routes("users")


class WhyAccess(BaseModel):
    access: bool
    state: str
    paths: list[AccessPath]
    text: str


class WhyAccount(BaseModel):
    id: uuid.UUID
    status: str | None
    remote_id: str | None
    active: bool | None
    last_synced: When | None
    text: str


class WhyMatched(BaseModel):
    """`how`: create or adopt."""

    how: str
    reason: str
    at: When
    run: uuid.UUID
    text: str


class WhyLooked(BaseModel):
    ok: bool
    accounts: list[dict[str, Any]]
    text: str


class WhyRequest(BaseModel):
    method: str
    path: str
    body: dict[str, Any] | None
    note: str


class WhyDecision(BaseModel):
    """`kind`: as of a change; or nothing, wait, look (the service provider would have to be asked) or unknown (it was, and
    told nothing)."""

    kind: str
    code: str | None
    attributes: list[Difference]
    requests: list[WhyRequest]
    text: str


class WhyPassword(AccountPassword):
    """What became of the password there."""

    text: str


class WhyLast(BaseModel):
    at: When
    type: str
    outcome: str | None
    status: int | None
    message: str | None
    changes: list[Any]
    run: uuid.UUID | None
    actor: ActorOut | None
    text: str


class WhyWaits(BaseModel):
    """`run`: the plan to approve; `until`: when it is tried again."""

    code: str
    text: str
    hint: str
    run: uuid.UUID | None
    until: When | None


class WhyGuard(BaseModel):
    """`set` and `named`: what would end or ended within 24 hours, by what caused it; `active`: accounts that are active."""

    set: int
    named: int
    active: int
    limit: int
    text: str


class WhyOut(BaseModel):
    """Each step has a `text` for people."""

    user: Named
    application: Named
    access: WhyAccess
    account: WhyAccount
    matched: WhyMatched | None
    looked: WhyLooked | None
    decision: WhyDecision
    password: WhyPassword | None
    last: WhyLast | None
    waits: list[WhyWaits]
    guard: WhyGuard


class WhyParams(Params):
    application: uuid.UUID
    look: bool = False


@routes.get("/users/{user_id}/why", permission="applications.read", answers={200: WhyOut})
def explain_account(request: HttpRequest, user_id: Id, params: Query[WhyParams]) -> Any:
    """Why the user's account in an application is as it is, step by step, and what would be sent now. `look`: the service
    provider is asked too, by reading."""
    return queries.why(user_id, params.application, look=params.look)
