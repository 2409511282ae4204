"""Connecting an application fails in ten ways that look alike; this reads through them in order and says, in the
service provider's own words, which one it is and what to do. It only reads.

Used by `POST /applications/{id}/test`, by activation and by `provisor doctor`.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from provisor.core.form import Form
from provisor.scim import users
from provisor.scim.answers import Answer, SignInRefused, TransportError, Unknown
from provisor.scim.discovery import discover
from provisor.scim.filters import eq
from provisor.scim.http import HttpClient
from provisor.scim.paging import first_page
from provisor.scim.reader import Page, Unreadable, error, listing

_PLAIN: Final = Form()
_BLOCKING: Final = frozenset(
    {
        "address",
        "sign_in",
        "connect",
        "users",
        "test_user",
        "update",
        "deactivate",
        "remove",
        "remove_group",
        "deadline",
    }
)


@dataclass(frozen=True)
class Step:
    """One step of the check. `name`: address, sign_in (OAuth), connect, users, ids, discovery, filter. `status`: of the HTTP
    answer. `message`: what was done, what came, what to do. `detail`: the service provider's own words (untrusted text).
    `code`: what was found, for programs and translations."""

    name: str
    ok: bool
    status: int | None = None
    message: str = ""
    detail: str = ""
    code: str = "ok"


async def check(client: HttpClient, form: Form = _PLAIN) -> list[Step]:
    """The steps in order; those that can't be tried because an earlier one failed are absent. `form` is the SP form in
    force: where its description is, and whether there is one."""
    try:
        addresses = await client.addresses()
    except TransportError as problem:
        return [Step("address", False, message=problem.reason, code=problem.cause)]
    steps = [_address(client, addresses)]
    try:
        if told := await client.signer.sign_in():
            steps.append(Step("sign_in", True, message=told))
    except TransportError as problem:
        return [*steps, Step("sign_in", False, message=_sentence(problem), code=problem.cause)]
    try:
        answer = await _first_user(client, form)
    except TransportError as problem:
        return [*steps, Step("connect", False, message=_sentence(problem), code=problem.cause)]
    steps.append(Step("connect", True, message=f"Connected to {client.base.target}."))
    page = _page(answer)
    steps.append(_users(answer, page))
    if page is None:
        return steps
    described = [await _discovery(client, form)] if form.discovery else []
    return [*steps, _ids(page), *described, await _filter(client, form)]


def _address(client: HttpClient, addresses: list[str]) -> Step:
    if proxy := client.transport.proxy:
        through = f"Requests go through the proxy {proxy.target}, which looks up the name {client.base.host}."
        return Step("address", True, message=through, detail=addresses[0])
    return Step("address", True, message=f"{client.base.host} is a permitted target.", detail=addresses[0])


def _sentence(problem: TransportError) -> str:
    hint = problem.hint if isinstance(problem, SignInRefused) else ""
    return f"{problem.reason} {hint}".strip()


async def _first_user(client: HttpClient, form: Form) -> Answer:
    """One user; without a word about pages where the application fails on such words."""
    query = first_page(1, form.paging)
    answer = await reading(lambda: client.request("GET", users.USERS, query=query))
    if query and (answer.status == 400 or answer.status >= 500):
        plain = await reading(lambda: client.request("GET", users.USERS))
        return answer if _page(plain) is None else plain
    return answer


async def reading(ask: Callable[[], Awaitable[Answer]]) -> Answer:
    """The answer to a GET, asked once more where the connection broke: reading is safe to repeat."""
    try:
        return await ask()
    except Unknown as problem:
        if problem.cause != "broken":
            raise
    return await ask()


def passes(steps: list[Step]) -> bool:
    """Whether the application can be activated: reachable, authorised, and its users can be read; with the test that
    writes, that accounts can be made, changed and ended, and nothing was left behind. What else was found is worth a
    warning."""
    return all(step.ok for step in steps if step.name in _BLOCKING)


def _page(answer: Answer) -> Page | None:
    if answer.status != 200 or answer.problem:
        return None
    try:
        return listing(answer.body)
    except Unreadable:
        return None


def _users(answer: Answer, page: Page | None) -> Step:
    request = f"GET {users.USERS}"
    if page is not None:
        total = "not counted" if page.total is None else page.total
        return Step("users", True, answer.status, f"{request}: {answer.status}, users: {total}.")
    code, hint = _hint(answer)
    said = error(answer).detail if not answer.ok else _misshapen(answer)
    return Step("users", False, answer.status, f"{request}: {answer.status}. {hint}", said, code)


def _misshapen(answer: Answer) -> str:
    try:
        listing(answer.body)
    except Unreadable as problem:
        return str(problem)
    return ""


def _hint(answer: Answer) -> tuple[str, str]:
    """What a failed reading of users means, and what to do next."""
    if answer.status in (301, 302, 303, 307, 308):
        return "redirected", "The address leads elsewhere: use the final address as the base URL."
    if answer.status == 401:
        return "unauthorised", "The token is not accepted: make a new one in the application and set it here."
    if answer.status == 403:
        return "forbidden", "The token is known but may not read users: give it the right to manage users."
    if answer.problem == "html":
        return "html", "This is a web page, not a SCIM endpoint: check the base URL's path."
    if answer.status in (404, 405):
        return "not_found", "There are no users at this path: check the base URL, it ends before /Users."
    if answer.status == 429:
        return "throttled", "The application takes no more requests just now: try again later."
    if answer.status >= 500:
        return "failing", "The application failed: try again later, or ask its operator."
    return "not_scim", "This is not the answer of a SCIM endpoint: check the base URL."


def _ids(page: Page) -> Step:
    if page.unreadable:
        return Step("ids", False, message=page.unreadable[0], code="unreadable")
    if not page.resources:
        return Step("ids", True, message="There is no user yet to look at.", code="no_users")
    return Step("ids", True, message="Users carry an id, as text.")


async def _discovery(client: HttpClient, form: Form) -> Step:
    """What is missing here is a warning: it never fails the check (D1)."""
    found = await discover(client, form.discovery_path, form.scim)
    if found.in_1_1 and form.scim != "1.1":
        message = "The application describes itself in SCIM 1.1: probe it, or set scim to 1.1 in its SP form."
        return Step("discovery", False, message=message, detail="\n".join(found.warnings), code="scim_1_1")
    if found.warnings:
        message = "Not all of the application's description can be read; Provisor does without."
        return Step("discovery", True, message=message, detail="\n".join(found.warnings), code="incomplete")
    return Step("discovery", True, message="The application describes itself.")


async def _filter(client: HttpClient, form: Form) -> Step:
    """Looks for a user who can't exist. Finding somebody means that the filter is ignored (F4)."""
    nobody = f"provisor-check-{secrets.token_hex(8)}"
    request = f"GET {users.USERS} with a filter on userName"
    try:
        answer = await reading(lambda: users.find(client, eq("userName", nobody), form.paging))
    except TransportError as problem:
        return Step("filter", False, message=f"{request}: {problem.reason}", code=problem.cause)
    page = _page(answer)
    if answer.status == 404:
        message = f"{request}: 404 where an empty list should be. Provisor reads it as nobody found."
        return Step("filter", True, 404, message, error(answer).detail, "not_found")
    if page is None:
        message = f"{request}: {answer.status}. Existing accounts can't be looked up by their user name."
        return Step("filter", False, answer.status, message, error(answer).detail, "no_filter")
    if page.received:
        message = f"{request}: {answer.status}. The filter is ignored: somebody came who was not asked for."
        return Step("filter", False, answer.status, message, code="ignored")
    return Step("filter", True, answer.status, f"{request}: {answer.status}, nobody found, as it should be.")
