"""Talking to an application's service provider on behalf of a person who waits for the answer: the reading test,
and a fresh look at accounts that a decision is about. Reads only; never inside a database transaction.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from provisor import vault
from provisor.applications import opening
from provisor.applications.credentials.endpoint import endpoint_of_application
from provisor.applications.models import Application
from provisor.applications.queries.form import form_of
from provisor.core.form import Form
from provisor.scim import check, groups, reader, users
from provisor.scim.answers import Answer
from provisor.scim.http import HttpClient, NotSent, Unknown

DEADLINE = 30.0  # seconds, for everything that one call asks of an SP
AT_ONCE = 8
Answered = TypeVar("Answered")


class NoAnswer(Exception):
    """The service provider can't be asked or doesn't answer usefully; the message says why, without secrets."""


@dataclass(frozen=True)
class Seen:
    """One account as the SP shows it now. `account` is None where it is gone; `problem` says why nobody can tell."""

    account: reader.Resource | None = None
    problem: str | None = None


def run_check(application: Application, *, deadline: float = DEADLINE) -> list[check.Step]:
    """The steps of the reading test, in order. A provider that doesn't answer in time fails the connection."""
    form = form_of(application)
    try:
        return ask(application, lambda client: check.check(client, form), deadline)
    except NoAnswer as error:
        return [check.Step("connect", ok=False, message=str(error), code="no_answer")]


def look_at(application: Application, remote_ids: Sequence[str]) -> dict[str, Seen]:
    """These accounts, read one by one, a few at once. What couldn't be read in time says so."""
    seen = {id: Seen(problem=_("The application did not answer in time.")) for id in remote_ids}

    async def read_all(client: HttpClient) -> None:
        lanes = asyncio.Semaphore(AT_ONCE)

        async def read(id: str) -> None:
            async with lanes:
                seen[id] = await _look(client, id)

        await asyncio.gather(*map(read, seen))

    try:
        ask(application, read_all, DEADLINE)
    except NoAnswer as error:
        seen = {id: found if found.account else Seen(problem=str(error)) for id, found in seen.items()}
    return seen


def look_at_group(application: Application, remote_id: str) -> Seen:
    """One group as the service provider shows it now."""

    async def read(client: HttpClient) -> Seen:
        return await _seen(groups.get(client, remote_id, members=False))

    try:
        return ask(application, read, DEADLINE)
    except NoAnswer as error:
        return Seen(problem=str(error))


def ask(
    application: Application,
    work: Callable[[HttpClient], Awaitable[Answered]],
    deadline: float,
    *,
    form: Form | None = None,
) -> Answered:
    """What `work` answers. `form`: another SP form than the one in force. Raises NoAnswer."""
    closed = _client(application, form or form_of(application))

    async def within_deadline() -> Answered:
        async with asyncio.timeout(deadline):
            async with closed as client:
                return await work(client)

    try:
        return asyncio.run(within_deadline())
    except TimeoutError:
        raise NoAnswer(_("The application did not answer within %d seconds.") % deadline) from None


def _client(application: Application, form: Form) -> HttpClient:
    if application.secret is None:
        raise NoAnswer(_("No token is set. Give the application one in its auth field."))
    try:
        return opening.client(endpoint_of_application(application), form)
    except (vault.CannotOpen, ValueError) as error:
        raise NoAnswer(str(error)) from None


async def _look(client: HttpClient, remote_id: str) -> Seen:
    return await _seen(users.get(client, remote_id))


async def _seen(asking: Awaitable[Answer]) -> Seen:
    try:
        answer = await asking
        if answer.status == 404:
            return Seen()
        if answer.status != 200:
            return Seen(problem=_("The application answered %d.") % answer.status)
        return Seen(account=reader.resource(answer.body))
    except (NotSent, Unknown, reader.Unreadable) as error:
        return Seen(problem=str(error))


def unchanged(shown: Mapping[str, Any], account: reader.Resource) -> bool:
    """Whether `account` still is what a person was `shown` as a candidate (core.links.Account.as_json)."""
    if "username" not in shown:  # a group (core.groups.RemoteGroup.as_json)
        return shown.get("name") == account.raw.get("displayName") and shown.get("external_id") == account.external_id
    emails = {str(email["value"]) for email in account.emails if email.get("value")}
    return (
        shown.get("username") == account.user_name
        and shown.get("external_id") == account.external_id
        and shown.get("active") == account.active
        and set(shown.get("emails") or ()) == emails
    )
