"""One request to the SP and what it means: the protocol's answer turned into a verdict, never into an exception."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from provisor.core import verdict
from provisor.core.form import Form
from provisor.core.links import Account
from provisor.core.takeover import key
from provisor.core.verdict import Meaning, Verdict
from provisor.engine.bulk import Bulk, Learn
from provisor.engine.connections import connection
from provisor.engine.pacing import GateClosed
from provisor.engine.secretly import password_in, password_of, secretly
from provisor.engine.told import Told
from provisor.scim import filters, reader, users
from provisor.scim.answers import NoToken, SignInRefused
from provisor.scim.http import Answer, HttpClient, NotSent, TransportError
from provisor.scim.schemas import ERROR


@dataclass(frozen=True, slots=True)
class Found:
    """What a look-up told: the accounts of the answer, or why there is none. `total` is what the SP says it has in all."""

    verdict: Verdict
    accounts: tuple[Account, ...] = ()
    total: int | None = None
    status: int | None = None
    scim_type: str | None = None


Ask = Callable[[HttpClient], Awaitable[Answer]]


async def _forget(evidence: str, **facts: Any) -> None:
    """Where there is no session, nobody learns."""


_PLAIN = Form()


class Exchange:
    """The requests on users of one SP. Every method sends one request, or takes part in a Bulk request (`bulk`)."""

    def __init__(self, client: HttpClient) -> None:
        self.client = client
        self.attend(lambda: _PLAIN, _forget)

    def attend(self, form: Callable[[], Form], learn: Learn) -> None:
        """From now on this SP's form counts, and what is learned of it goes to `learn`."""
        self._form = form
        self.bulk = Bulk(self.client, form, learn)

    @property
    def form(self) -> Form:
        return self._form()

    async def create(self, body: dict[str, Any]) -> Told:
        def alone(client: HttpClient) -> Awaitable[Answer]:
            return users.create(client, body)

        if password := password_of(body):  # a password doesn't stand in a request with others
            return await secretly(password, self._created(body, self.told("POST", alone)))
        return await self._created(body, self._written("POST", users.USERS, body, alone))

    async def _created(self, body: dict[str, Any], asking: Awaitable[Told]) -> Told:
        return _of_whom(body, await asking)

    async def patch(self, remote_id: str, operations: list[dict[str, Any]]) -> Told:
        def alone(client: HttpClient) -> Awaitable[Answer]:
            return users.patch(client, remote_id, operations)

        if password := password_in(operations):
            return await secretly(password, self._about("PATCH", remote_id, alone))
        if _deactivates(operations):  # a leaver never waits for others
            return await self._about("PATCH", remote_id, alone)
        told = await self._written("PATCH", users.path(remote_id), users.patch_body(operations), alone)
        return _about(remote_id, told)

    async def put(self, remote_id: str, body: dict[str, Any]) -> Told:
        asking = self._about("PUT", remote_id, lambda client: users.replace(client, remote_id, body))
        return await secretly(password_of(body), asking)

    async def delete(self, remote_id: str) -> Told:
        return await self.told("DELETE", lambda client: users.delete(client, remote_id))

    async def read(self, remote_id: str) -> Told:
        return _about(remote_id, await self.told("GET", lambda client: users.get(client, remote_id)))

    async def _about(self, method: str, remote_id: str, ask: Ask) -> Told:
        return _about(remote_id, await self.told(method, ask))

    async def find(self, attribute: str, value: str) -> Found:
        """The accounts for which `attribute eq value` holds, by the SP's own account; compare them again (F4)."""
        return await self._found(lambda client: users.find(client, filters.eq(attribute, value), self.form.paging))

    async def told(self, method: str, ask: Ask) -> Told:
        """One request of any kind, and the verdict on its answer."""
        async with connection():
            begun = time.monotonic()
            try:
                answer = await ask(self.client)
            except TransportError as error:
                return Told(_transport(error), method, milliseconds=_since(begun))
        return self._judged(method, answer, _since(begun))

    async def _written(self, method: str, path: str, data: dict[str, Any], alone: Ask) -> Told:
        """A write that may share its request with others."""
        if not self.bulk.worth():
            return await self.told(method, alone)
        begun = time.monotonic()
        try:
            answer = await self.bulk.answer(method, path, data)
        except TransportError as error:
            return Told(_transport(error), method, milliseconds=_since(begun))
        return await self.told(method, alone) if answer is None else self._judged(method, answer, _since(begun))

    def _judged(self, method: str, answer: Answer, milliseconds: int) -> Told:
        reply = _reply(method, answer)
        judged = verdict.judge(reply, self._form().quirks)
        account = _account(answer.body) if judged.meaning is Meaning.DONE else None
        location = answer.headers.get("location")
        return Told(judged, method, reply.status, reply.scim_type, account, location, milliseconds, answer.body)

    async def _found(self, ask: Ask) -> Found:
        try:
            async with connection():
                answer = await ask(self.client)
        except TransportError as error:
            return Found(_transport(error))
        if answer.status == 404 and answer.problem is None:
            return Found(verdict.DONE, status=404)  # F3: some answer "none" this way
        reply = _reply("GET", answer)
        judged = verdict.judge(reply, self._form().quirks)
        if judged.meaning is not Meaning.DONE:
            return Found(judged, status=reply.status, scim_type=reply.scim_type)
        try:
            page = reader.listing(answer.body)
        except reader.Unreadable as problem:
            return Found(verdict.unreadable(str(problem)), status=answer.status)
        if page.unreadable:  # one of them may be the account that is looked for
            return Found(verdict.unreadable(page.unreadable[0]), status=answer.status)
        accounts = tuple(account_of(resource) for resource in page.resources)
        return Found(verdict.DONE, accounts, page.total, answer.status)


def _deactivates(operations: Sequence[Mapping[str, Any]]) -> bool:
    """Whether `active` is changed, by its path or without one."""
    paths = [str(operation.get("path") or "").lower() for operation in operations]
    values = [operation.get("value") for operation in operations]
    return any(
        path == "active" or (not path and "active" in (value or ())) for path, value in zip(paths, values, strict=True)
    )


def _of_whom(body: Mapping[str, Any], told: Told) -> Told:
    """The answer to a creation, if it can be about who was to be created: not if user name, externalId and e-mails are
    all another's. Then, and where it says nothing of whom, the account has to be looked up."""
    if not told.done or (told.account is None and told.location):
        return told
    if told.account is None:
        return replace(told, verdict=verdict.lost("the answer holds no account"))
    if _is_stranger(body, told.account):
        return replace(told, verdict=verdict.lost("the answer is about another account"), account=None)
    return told


def _is_stranger(body: Mapping[str, Any], account: Account) -> bool:
    if account.external_id is not None and account.external_id == body.get("externalId"):
        return False
    names = {key(str(body.get("userName") or ""))} | {key(str(one.get("value"))) for one in body.get("emails") or ()}
    shown = {key(name) for name in (account.user_name, *account.emails) if name}
    return bool(shown) and not shown & names


def _about(remote_id: str, told: Told) -> Told:
    """The answer, if it is about the account that was asked for. A success whose body is another account, or none at all,
    tells nothing: it is not known what was carried out."""
    if not told.done:
        return told
    if told.account is None and told.body not in (None, ""):
        return replace(told, verdict=verdict.lost("the answer holds no account"))
    if told.account is not None and told.account.id != remote_id:
        return replace(told, verdict=verdict.lost("the answer is about another account"), account=None)
    return told


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
    error = reader.error(answer) if answer.status >= 400 or _is_error(answer) else None
    return verdict.Reply(
        method=method,
        status=error.status if error else answer.status,
        scim_type=error.scim_type if error else None,
        detail=error.detail if error else "",
        retry_after=answer.retry_after,
        problem=answer.problem or ("an error" if error and error.status < 400 else None),
    )


def _is_error(answer: Answer) -> bool:
    """An Error as the body of a success: the body is believed, for it names its own status."""
    schemas = answer.body.get("schemas") if isinstance(answer.body, Mapping) else None
    return isinstance(schemas, list) and ERROR in schemas


def _transport(error: TransportError) -> Verdict:
    if isinstance(error, GateClosed):
        return verdict.closed(error.reason)
    if isinstance(error, SignInRefused):
        return verdict.sign_in_refused(error.reason, error.hint)
    if isinstance(error, NoToken):
        return verdict.no_token(error.reason, error.after)
    if error.cause == "forbidden":
        return verdict.forbidden_target(error.reason)
    return verdict.not_sent(error.reason) if isinstance(error, NotSent) else verdict.lost(error.reason)


def _since(begun: float) -> int:
    return round((time.monotonic() - begun) * 1000)
