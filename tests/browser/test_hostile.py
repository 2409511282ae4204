"""What a service provider says is text: markup in names, errors and ids executes nothing and breaks no page. The console
is watched by the fixtures: a violation of the content security policy fails a test too."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from tests.interop.conftest import Rest, until

from provisor.testing import FakeServiceProvider, Fault

TOKEN = "the-token-of-the-sp"
SCRIPT = "<script>window.hit=1</script>"
HOSTILE = f'"\'><img src=x onerror="window.hit=1">{SCRIPT}<a href="javascript:window.hit=1">click</a>{{{{ 7*7 }}}}'
ERROR = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "400", "detail": HOSTILE}


@pytest.fixture
def sp() -> Iterator[FakeServiceProvider]:
    with FakeServiceProvider.in_thread(token=TOKEN) as provider:
        yield provider


def connected(api: Rest, sp: FakeServiceProvider, name: str, username: str) -> str:
    """An active application that one new user has access to."""
    given = {"name": name, "base_url": sp.base_url, "auth": {"type": "bearer", "token": TOKEN}, "label": HOSTILE}
    application = str(api.post("/applications", given)["id"])
    user = api.post("/users", {"username": username, "email": f"{username}@example.com", "displayname": HOSTILE})
    api.post(f"/applications/{application}/assignments", {"users": {"add": [user["id"]]}})
    api.post(f"/applications/{application}/activate")
    return application


def held(api: Rest, application: str) -> str:
    """The id of its held account, once it is held."""
    found = until(lambda: api.get(f"/applications/{application}/accounts?status=held")["items"], what="it is held")
    return str(found[0]["id"])


def nothing_ran(page: Page) -> None:
    assert page.evaluate("window.hit") is None
    assert page.locator("main img, main script, main a[href^='javascript']").count() == 0
    expect(page.get_by_role("heading", level=1)).to_be_visible()


@pytest.mark.parametrize("tab", ["users", "activity", "groups", "provisioning", ""])
def test_an_error_with_markup_is_quoted_on_every_tab(page: Page, api: Rest, sp: FakeServiceProvider, tab: str):
    sp.fault(Fault("status", status=400, method="POST", path_contains="/Users", body=ERROR))
    name = f"Hostile <b>{tab}</b>"
    application = connected(api, sp, name, f"refused{tab}")
    held(api, application)
    page.goto(f"/applications/{application}/{tab}".rstrip("/"))
    nothing_ran(page)
    if tab in ("users", "activity"):
        expect(page.get_by_text(SCRIPT).first).to_be_visible()


def test_a_candidate_full_of_markup_can_be_looked_at_and_decided(page: Page, api: Rest, sp: FakeServiceProvider):
    sp.put_user({"userName": "candidate", "emails": [{"value": HOSTILE, "primary": True}], "active": True})
    application = connected(api, sp, "Hostile candidate", "candidate")
    page.goto(f"/held/{held(api, application)}")
    nothing_ran(page)
    expect(page.get_by_role("table")).to_contain_text("onerror")
    page.get_by_role("button", name="Ignore until they change").click()
    expect(page.get_by_text(re.compile("is left alone in"))).to_be_visible()
    nothing_ran(page)


def test_a_failing_test_of_the_connection_quotes_and_runs_nothing(page: Page, api: Rest, sp: FakeServiceProvider):
    application = connected(api, sp, "Hostile test", "tested")
    sp.fault(Fault("status", status=403, method="GET", path_contains="/Users", body=ERROR | {"status": "403"}))
    page.goto(f"/applications/{application}/provisioning")
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_text("Failed · 403")).to_be_visible()
    expect(page.locator("#test q")).to_contain_text(SCRIPT)
    nothing_ran(page)
