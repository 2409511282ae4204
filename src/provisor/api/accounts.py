"""Accounts: what is known of each user in each application, and what a person decides about it."""

from __future__ import annotations

import uuid
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from pydantic import BaseModel, Field

from provisor.api.answers import ErrorDetail, error_detail
from provisor.api.base import (
    Body,
    Id,
    ListParams,
    Nothing,
    Page,
    Query,
    Routes,
    Text,
    When,
    actor_of,
    reaches_out,
)
from provisor.api.selections import page_of_selection
from provisor.api.shapes import Named
from provisor.applications import commands, queries
from provisor.applications.commands import Decision
from provisor.applications.queries import Account
from provisor.errors import Problem

routes = Routes("accounts")
AccountStatus = Literal["due", "retrying", "held", "synced", "inactive"]
Action = Literal["adopt", "create", "ignore", "delete"]
RemoteId = Annotated[str, Field(min_length=1, max_length=2048)]
MOST = 1000


class AccountError(BaseModel):
    code: str
    message: str
    hint: str


class AccountPassword(BaseModel):
    """What became of the password there: `waiting` to be sent, `pushed`, `refused` or `dropped` (it has to be set again), or
    a `temporary` one that nobody knows was sent with the new account."""

    status: Literal["waiting", "pushed", "refused", "dropped", "temporary"]
    at: When
    error: AccountError | None


class AccountOut(BaseModel):
    """A user's link. `status` as the contract says: due, retrying, held, synced or inactive. `password` is null where none
    was pushed; `delete_at`: when an account that is off is going to be deleted (the setting delete_after_days)."""

    id: uuid.UUID
    application: Named
    user: Named
    status: AccountStatus
    remote_id: str | None
    active: bool | None
    error: AccountError | None
    candidates: list[dict[str, Any]]
    attempts: int
    next_try: When | None
    last_synced: When | None
    delete_at: When | None
    password: AccountPassword | None


class GroupLinkOut(BaseModel):
    """A group's link. `members`: how many members the service provider acknowledged; `active` is always null."""

    id: uuid.UUID
    application: Named
    group: Named
    status: AccountStatus
    remote_id: str | None
    active: bool | None
    members: int
    error: AccountError | None
    candidates: list[dict[str, Any]]
    attempts: int
    next_try: When | None
    last_synced: When | None


LinkOut = AccountOut | GroupLinkOut


class AccountParams(ListParams):
    status: AccountStatus | None = None
    search: Text | None = None


class Resolution(Body):
    action: Action
    remote_id: RemoteId | None = None


class ResolutionOf(Resolution):
    id: Id


class Resolutions(Body):
    accounts: Annotated[list[ResolutionOf], Field(max_length=MOST)] = []


class Resolved(BaseModel):
    index: int
    status: int
    account: AccountOut | None = None
    error: ErrorDetail | None = None


class ResolvedAll(BaseModel):
    results: list[Resolved]


@routes.get("/applications/{application_id}/accounts", permission="applications.read", answers={200: Page[AccountOut]})
def list_accounts(request: HttpRequest, application_id: Id, params: Query[AccountParams]) -> Any:
    """Accounts by user name. `search` is a part of the user name or e-mail, or a remote id."""
    selection = queries.accounts_selection(application_id, status=params.status, search=params.search)
    return page_of_selection(selection, params, scope="accounts", shape=queries.as_account)


@routes.get("/applications/{application_id}/groups", permission="applications.read", answers={200: Page[GroupLinkOut]})
def list_group_links(request: HttpRequest, application_id: Id, params: Query[AccountParams]) -> Any:
    """The groups there, by name. `search` is a part of the name, or a remote id."""
    queries.get_application(application_id)
    selection = queries.group_links_selection(application_id, status=params.status, search=params.search)
    return page_of_selection(selection, params, scope="group_links", shape=queries.as_group_link)


@routes.get("/accounts/{account_id}", permission="applications.read", answers={200: LinkOut})
def get_account(request: HttpRequest, account_id: Id) -> Any:
    """One account, or one group's link."""
    return queries.get_link(account_id)


@routes.post("/accounts/{account_id}/retry", permission="accounts.retry", answers={200: LinkOut})
def retry_account(request: HttpRequest, account_id: Id, body: Nothing = Nothing()) -> Any:  # noqa: B008
    """Tries it again now."""
    return commands.retry_link(actor_of(request), account_id)


@routes.post("/accounts/{account_id}/hold/resolve", permission="accounts.resolve", answers={200: LinkOut})
@reaches_out
def resolve_hold(request: HttpRequest, account_id: Id, body: Resolution) -> Any:
    """Decides about a held account or group: adopt one of its candidates, create a new one, or ignore it. A group that was
    deleted in the directory: delete it there, or ignore it."""
    return commands.resolve_link(actor_of(request), Decision(account_id, body.action, body.remote_id))


@routes.post("/applications/{application_id}/holds:resolve", permission="accounts.resolve", answers={200: ResolvedAll})
@reaches_out
def resolve_holds(request: HttpRequest, application_id: Id, body: Resolutions = Resolutions()) -> Any:  # noqa: B008
    """Decides about up to 1,000 held accounts of an application; results in order, one doesn't stop the others."""
    decisions = [Decision(item.id, item.action, item.remote_id) for item in body.accounts]
    outcomes = commands.resolve_holds(actor_of(request), application_id, decisions)
    return {"results": [_result(index, outcome) for index, outcome in enumerate(outcomes)]}


def _result(index: int, outcome: Account | Problem) -> dict[str, Any]:
    if isinstance(outcome, Problem):
        return {"index": index, "status": outcome.status, "error": error_detail(outcome)}
    return {"index": index, "status": 200, "account": outcome}
