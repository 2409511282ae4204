"""Finding out what a service provider really does, by reading alone: what it says of itself is a hint, and what it
does is a fact (D2). Every fact comes with the request and the answer that showed it.

A filter that finds nobody proves nothing: one that works also finds somebody who is there. So each filter is asked
twice, for a value that nobody has and for one that was just listed.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any, Final

from provisor.core.form import Form
from provisor.scim import discovery
from provisor.scim.http import HttpClient, segment
from provisor.scim.paging import first_page
from provisor.scim.probe_asking import Asker, Said, values
from provisor.scim.probe_facts import Findings
from provisor.scim.reader import Page, Resource
from provisor.scim.schemas import CORE_1_1, KNOWN

_CONTROLS: Final = 2  # accounts that a filter is tried on before it is said not to work
_GROUPS_LOOKED_AT: Final = 3


async def probe(client: HttpClient, form: Form, found: Findings, *, groups: bool) -> discovery.Discovery:
    """Fills `found`, and answers what the service provider says of itself. `form` is what is known without probing;
    `groups`: whether /Groups may be asked at all. Where it turns out to speak SCIM 1.1, only that is found: it has to be
    asked again, in its own language. It never raises for what the service provider does."""
    asker = Asker(client)
    said = await _discovery(client, form, found)
    if said.in_1_1 and form.scim != "1.1" and await _speaks_1_1(asker, said, found):
        return said
    page = await _paging(asker, form, found, said)
    asker.paging = found.learned["paging"].value if "paging" in found.learned else form.paging
    if found.problem:
        return said
    users = list(page.resources) if page else []
    await _filter(asker, "/Users", "userName", "filter_user_name", _read(users, lambda user: user.user_name), found)
    await _filter(
        asker, "/Users", "externalId", "filter_external_id", _read(users, lambda user: user.external_id), found
    )
    await _filter(asker, "/Users", "emails.value", "filter_email", _read(users, _email), found)
    if groups:
        await _groups(asker, found)
    return said


def _read(resources: list[Resource], read: Callable[[Any], str | None]) -> list[tuple[str, str]]:
    return values(resources, read)[:_CONTROLS]


def _email(user: Resource) -> str | None:
    return next((value for email in user.emails if isinstance(value := email.get("value"), str)), None)


# What it says of itself


async def _discovery(client: HttpClient, form: Form, found: Findings) -> discovery.Discovery:
    if not form.discovery:
        return discovery.Discovery()
    said = await discovery.discover(client, form.discovery_path, form.scim)
    if said.reachable:
        found.learn("discovery", True, f"GET {said.config_path or discovery.SCHEMAS}: 200.")
    elif said.warnings and all(": 404" in warning for warning in said.warnings):
        found.learn("discovery", False, said.warnings[0])
    for warning in said.warnings:
        found.hint(warning)
    for sentence in _announced(said):
        found.hint(sentence)
    return said


async def _speaks_1_1(asker: Asker, said: discovery.Discovery, found: Findings) -> bool:
    """Its description says so; users that are shown as in 2.0 say otherwise."""
    first = await asker.get("/Users", first_page(1, asker.paging))
    shown = [str(urn) for user in (first.page.resources if first.page else ()) for urn in user.raw.get("schemas") or ()]
    if any(urn in KNOWN for urn in shown):
        found.hint(first.told("Its users are shown as in SCIM 2.0, though its description is of 1.1."))
        return False
    told = f"GET {said.config_path}: 200, with the schema {CORE_1_1}, and there is no {discovery.CONFIG}."
    found.learn("scim", "1.1", f"{told} {first.told('It shows none of SCIM 2.0.')}")
    return True


def _announced(said: discovery.Discovery) -> list[str]:
    """What is announced and no reading can check."""
    sentences = []
    if said.patch is False:
        sentences.append("It says that PATCH is not supported; the first update shows whether that is so.")
    if said.bulk:
        most = f"{said.bulk_operations or 'any number of'} operations, {said.bulk_bytes or 'any number of'} bytes"
        sentences.append(
            f"It announces Bulk: {most} in a request. It is used once the test that writes has seen it work."
        )
    if said.cursor:
        sentences.append("It announces paging by cursor (RFC 9865).")
    if said.change_password is False:
        sentences.append(
            "It says that it doesn't change passwords; if passwords are pushed, the first one shows whether that is so."
        )
    if said.filter is False:
        sentences.append("It says that filters are not supported.")
    return sentences


# Paging


async def _paging(asker: Asker, form: Form, found: Findings, said: discovery.Discovery) -> Page | None:
    """The first page; on the way, how further ones are to be had."""
    asked = first_page(form.page, form.paging)
    first = await asker.get("/Users", asked)
    if asked and first.page is None and (first.refused or first.status == 500):  # 500: some fail on such words
        return await _without_index(asker, first, found, said)
    page = first.page
    if page is None:
        found.problem = first.told()
    if page is None or not page.resources:
        return page
    if form.paging == "index":
        await _index(asker, first, page, form, found)
    elif page.next_cursor:
        found.learn("paging", "cursor", first.told("nextCursor leads on."))
    if said.max_results and said.max_results < page.received:
        found.hint(f"It says that a page has at most {said.max_results}, and sent {page.received}.")
    return page


async def _without_index(asker: Asker, refused: Said, found: Findings, said: discovery.Discovery) -> Page | None:
    plain = await asker.get("/Users")
    page = plain.page
    if page is None:
        found.problem = plain.told()
        return None
    told = f"{refused.told()} {plain.told()}"
    if page.next_cursor or (said.cursor and not page.resources):  # an empty list shows no cursor
        found.learn("paging", "cursor", told)
    elif page.total is None or page.received >= page.total:
        found.learn("paging", "none", told)
    return page


async def _index(asker: Asker, first: Said, page: Page, form: Form, found: Findings) -> None:
    """Whether startIndex and count work: the second account is asked for alone."""
    total = page.total or 0
    if total < 2:
        return
    second = await asker.get("/Users", {"startIndex": "2", "count": "1"})
    if second.page is None:
        return
    if second.page.received > 1 or await _same_again(asker, second, page):
        await _index_ignored(asker, second, page, found)
        return
    if second.page.received == 1:
        found.learn("paging", "index", second.told("Another account than the first."))
        _cap(first, page, total, form, found)


async def _same_again(asker: Asker, second: Said, page: Page) -> bool:
    """Whether the first account comes for every startIndex. Twice more: some shuffle their lists."""
    if not _is_first(second, page):
        return False
    return all([_is_first(await asker.get("/Users", {"startIndex": "2", "count": "1"}), page) for _ in range(2)])


def _is_first(said: Said, page: Page) -> bool:
    found = said.page
    return bool(found and found.resources and page.resources and found.resources[0].id == page.resources[0].id)


async def _index_ignored(asker: Asker, second: Said, page: Page, found: Findings) -> None:
    if page.next_cursor or (second.page and second.page.next_cursor):
        found.learn("paging", "cursor", second.told("startIndex is ignored, and nextCursor leads on."))
        return
    cursor = await asker.get("/Users", {"cursor": "", "count": "1"})
    if cursor.page and cursor.page.next_cursor:
        found.learn(
            "paging", "cursor", f"{second.told('startIndex is ignored.')} {cursor.told('nextCursor leads on.')}"
        )
    elif page.received >= (page.total or 0):
        found.learn("paging", "none", second.told("startIndex is ignored; all accounts come in one answer."))
    else:
        found.hint(second.told("startIndex is ignored, and there is no other way to the rest of the accounts."))


def _cap(first: Said, page: Page, total: int, form: Form, found: Findings) -> None:
    if page.received < min(form.page, total):
        found.learn("page", page.received, first.told(f"{page.received} of {total} came."))
    elif page.received == form.page < total:
        found.learn("page", form.page, first.told(f"{page.received} came, as asked."))


# Filters


async def _filter(
    asker: Asker, path: str, attribute: str, word: str, controls: list[tuple[str, str]], found: Findings
) -> None:
    """Nobody has a random value: whoever comes was not asked for (F4). And who is there must be found."""
    nobody = await asker.find(path, attribute, f"provisor-probe-{secrets.token_hex(8)}")
    if nobody.passing:
        return
    page = nobody.page
    if page is not None and page.received:
        found.learn(word, False, nobody.told("The filter is ignored: somebody came who was not asked for."))
    elif page is None and nobody.status != 404:  # F3: some say "nobody" with 404
        found.learn(word, False, nobody.told())
    else:
        await _control(asker, path, attribute, word, controls, found)


async def _control(
    asker: Asker, path: str, attribute: str, word: str, controls: list[tuple[str, str]], found: Findings
) -> None:
    missed: Said | None = None
    for id, value in controls:
        somebody = await asker.find(path, attribute, value)
        if somebody.passing:
            return
        if somebody.page and any(resource.id == id for resource in somebody.page.resources):
            found.learn(word, True, somebody.told("Exactly what was asked for came."))
            return
        missed = somebody
    if missed is not None and len(controls) == _CONTROLS:
        found.learn(word, False, missed.told("Nothing came, though what was asked for had just been listed."))


# Groups


async def _groups(asker: Asker, found: Findings) -> None:
    listed = await asker.get("/Groups", first_page(10, asker.paging))
    if listed.passing:
        return
    page = listed.page
    if page is None:
        if listed.status in (404, 405, 501):
            found.learn("groups", False, listed.told())
        return
    found.learn("groups", True, listed.told())
    named = _read(list(page.resources), lambda group: _text(group.raw.get("displayName")))
    await _filter(asker, "/Groups", "displayName", "group_filter", named, found)
    await _members(asker, page, found)


async def _members(asker: Asker, page: Page, found: Findings) -> None:
    """A group that shows members settles it; groups that show none may be empty (G6)."""
    for group in page.resources[:_GROUPS_LOOKED_AT]:
        read = await asker.get(f"/Groups/{segment(group.id)}", asked="GET /Groups/{id}")
        if read.resource and read.resource.raw.get("members"):
            found.learn("members_shown", "yes", read.told("It shows its members."))
            return


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
