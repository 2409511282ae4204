"""One request to the SP and what it means: the protocol's answer turned into a verdict, never into an exception."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from provisor.core import verdict
from provisor.core.links import Account
from provisor.core.verdict import Meaning, Verdict
from provisor.engine.connections import connection
from provisor.engine.pacing import GateClosed
from provisor.engine.ports import Attempt
from provisor.scim import filters, reader, users
from provisor.scim.http import Answer, HttpClient, NotSent, TransportError


@dataclass(frozen=True, slots=True)
class Told:
    """What the SP told us. `account` is the resource of the answer, where there was a readable one."""

    verdict: Verdict
    method: str
    status: int | None = None
    scim_type: str | None = None
    account: Account | None = None
    location: str | None = None
    milliseconds: int = 0

    @property
    def done(self) -> bool:
        return self.verdict.meaning is Meaning.DONE

    def attempt(self, type: str) -> Attempt:
        """How the history keeps it."""
        outcome = {Meaning.DONE: "success", Meaning.UNKNOWN: "unknown"}.get(self.verdict.meaning, "failure")
        return Attempt(type, outcome, self.method, self.status, self.verdict.message, self.milliseconds)


@dataclass(frozen=True, slots=True)
class Found:
    """What a look-up told: the accounts of the answer, or why there is none. `total` is what the SP says it has in all."""

    verdict: Verdict
    accounts: tuple[Account, ...] = ()
    total: int | None = None
    status: int | None = None
    scim_type: str | None = None


Ask = Callable[[HttpClient], Awaitable[Answer]]


class Exchange:
    """The requests on users of one SP. Every method sends one request."""

    def __init__(self, client: HttpClient) -> None:
        self.client = client

    async def create(self, body: dict[str, Any]) -> Told:
        return await self.told("POST", lambda client: users.create(client, body))

    async def patch(self, remote_id: str, operations: list[dict[str, Any]]) -> Told:
        return await self.told("PATCH", lambda client: users.patch(client, remote_id, operations))

    async def put(self, remote_id: str, body: dict[str, Any]) -> Told:
        return await self.told("PUT", lambda client: users.replace(client, remote_id, body))

    async def delete(self, remote_id: str) -> Told:
        return await self.told("DELETE", lambda client: users.delete(client, remote_id))

    async def read(self, remote_id: str) -> Told:
        return await self.told("GET", lambda client: users.get(client, remote_id))

    async def find(self, attribute: str, value: str) -> Found:
        """The accounts for which `attribute eq value` holds, by the SP's own account; compare them again (F4)."""
        return await self._found(lambda client: users.find(client, filters.eq(attribute, value)))

    async def told(self, method: str, ask: Ask) -> Told:
        """One request of any kind, and the verdict on its answer."""
        async with connection():
            begun = time.monotonic()
            try:
                answer = await ask(self.client)
            except TransportError as error:
                return Told(_transport(error), method, milliseconds=_since(begun))
        error_body = reader.error(answer) if answer.status >= 400 else None
        judged = verdict.judge(_reply(method, answer))
        account = _account(answer.body) if judged.meaning is Meaning.DONE else None
        return Told(
            judged,
            method,
            answer.status,
            error_body.scim_type if error_body else None,
            account,
            answer.headers.get("location"),
            _since(begun),
        )

    async def _found(self, ask: Ask) -> Found:
        try:
            async with connection():
                answer = await ask(self.client)
        except TransportError as error:
            return Found(_transport(error))
        if answer.status == 404 and answer.problem is None:
            return Found(verdict.DONE, status=404)  # F3: some answer "none" this way
        judged = verdict.judge(_reply("GET", answer))
        if judged.meaning is not Meaning.DONE:
            scim_type = reader.error(answer).scim_type if answer.status >= 400 else None
            return Found(judged, status=answer.status, scim_type=scim_type)
        page = reader.listing(answer.body)
        accounts = tuple(account_of(resource) for resource in page.resources)
        return Found(verdict.DONE, accounts, page.total, answer.status)


def account_of(resource: reader.Resource) -> Account:
    """An SP's resource as the pure parts see it."""
    return Account(
        id=resource.id,
        user_name=resource.user_name,
        external_id=resource.external_id,
        emails=tuple(str(email["value"]) for email in resource.emails if email.get("value")),
        active=resource.active,
        raw=resource.raw,
    )


def _account(body: Any) -> Account | None:
    if not isinstance(body, Mapping):
        return None
    try:
        return account_of(reader.resource(body))
    except reader.Unreadable:
        return None


def _reply(method: str, answer: Answer) -> verdict.Reply:
    error = reader.error(answer) if answer.status >= 400 else None
    return verdict.Reply(
        method=method,
        status=answer.status,
        scim_type=error.scim_type if error else None,
        detail=error.detail if error else "",
        retry_after=answer.retry_after,
        problem=answer.problem,
    )


def _transport(error: TransportError) -> Verdict:
    if isinstance(error, GateClosed):
        return verdict.closed(error.reason)
    if error.cause == "forbidden":
        return verdict.forbidden_target(error.reason)
    return verdict.not_sent(error.reason) if isinstance(error, NotSent) else verdict.lost(error.reason)


def _since(begun: float) -> int:
    return round((time.monotonic() - begun) * 1000)
