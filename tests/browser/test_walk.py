"""The seed's steps, from + Add New Application to provisioned accounts, against scim2-server as a real process; once with
scripts, once without."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.interop.conftest import TOKEN, Rest, until

PEOPLE = 12
TABS = "nav[aria-label='Parts of this page']"


@pytest.fixture
def group(api: Rest, request: pytest.FixtureRequest) -> str:
    """The name of a new group with some people in it."""
    slug = re.sub(r"\W", "", request.node.name)[:40].lower()
    people = [
        api.post("/users", {"username": f"{slug}{n}", "email": f"{slug}{n}@example.com", "department": "Research"})
        for n in range(PEOPLE)
    ]
    made = api.post("/groups", {"name": f"Group of {slug}"})
    api.post(f"/groups/{made['id']}/members", {"add": [one["id"] for one in people]})
    return str(made["name"])


def add_application(page: Page, name: str) -> None:
    page.goto("/applications")
    page.get_by_role("link", name="Add New Application").first.click()
    page.get_by_role("link", name="Add custom application").first.click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Add and connect").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def connect(page: Page, sp: Rest) -> None:
    page.get_by_label("Base URL", exact=True).fill(sp.base)
    page.get_by_label("Token", exact=True).fill(TOKEN)


def open_tab(page: Page, name: str) -> None:
    page.locator(TABS).get_by_role("link", name=name).click()


def accounts(sp: Rest) -> list[dict[str, Any]]:
    return list(sp.get("/Users?count=100").get("Resources", []))


def test_from_nothing_to_provisioned_accounts(page: Page, scim2_server: Rest, group: str):
    add_application(page, "Walked")
    connect(page, scim2_server)
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_text("6 of 6 passed")).to_be_visible()
    page.locator("#line-title").get_by_role("switch").set_checked(False)
    page.get_by_role("button", name="Activate", exact=True).click()
    expect(page.get_by_text("Walked is active.")).to_be_visible()
    slow_down(page)
    open_tab(page, "User Groups")
    page.get_by_label("Filter groups").fill(group)
    page.get_by_label(group, exact=True).check()
    expect(page.locator("#count-create")).to_have_text(str(PEOPLE))
    page.get_by_role("button", name=f"Save, create {PEOPLE}").click()
    watch(page)
    until(lambda: len(accounts(scim2_server)) == PEOPLE, what="everybody has an account there")
    assert all("title" not in account for account in accounts(scim2_server))


def slow_down(page: Page) -> None:
    """Four requests a second, so that there is something to watch."""
    open_tab(page, "General")
    page.get_by_label("Requests at most").fill("4")
    page.get_by_label("In how many seconds").fill("1")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Walked saved.")).to_be_visible()


def watch(page: Page) -> None:
    """The bar moves and ends, on a page that is never loaded again."""
    page.wait_for_url("**/activity")
    page.evaluate("window.notLoadedAgain = true")
    settled = page.locator("#settled")
    expect(settled).to_have_text(re.compile(r"^[1-9]$"))
    expect(page.locator("#progress")).to_contain_text("a second")
    expect(page.locator("#progress")).to_contain_text("to go")
    expect(page.locator("#progress")).to_contain_text(f"{PEOPLE} created", timeout=30_000)
    assert page.evaluate("window.notLoadedAgain") is True


def test_the_same_walk_without_scripts(signed_in, scim2_server: Rest, group: str):
    page = signed_in(java_script_enabled=False)
    add_application(page, "Walked plainly")
    connect(page, scim2_server)
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_text("6 of 6 passed")).to_be_visible()
    page.get_by_label("Token", exact=True).fill(TOKEN)
    page.get_by_role("button", name="Activate", exact=True).click()
    expect(page.get_by_text("Walked plainly is active.")).to_be_visible()
    open_tab(page, "User Groups")
    page.get_by_label(group, exact=True).check()
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#count-create")).to_have_text(str(PEOPLE))
    page.get_by_role("button", name=f"Save, create {PEOPLE}").click()
    until(lambda: len(accounts(scim2_server)) == PEOPLE, what="everybody has an account there")
    page.reload()
    expect(page.get_by_text(f"{PEOPLE} created").first).to_be_visible()


def test_taking_access_away_names_who_loses_it_and_deactivates(page: Page, api: Rest, scim2_server: Rest, group: str):
    auth, unguarded = {"type": "bearer", "token": TOKEN}, {"guard": {"max_percent": 100}}
    given = {"name": "Left", "base_url": scim2_server.base, "auth": auth, "settings": unguarded}
    application = api.post("/applications", given)["id"]
    groups = {one["name"]: one["id"] for one in api.every("/groups")}
    api.post(f"/applications/{application}/assignments", {"groups": {"add": [groups[group]]}})
    api.post(f"/applications/{application}/activate")
    until(lambda: len(accounts(scim2_server)) == PEOPLE, what="everybody has an account there")
    until(lambda: api.get(f"/applications/{application}/accounts?status=synced")["total"] == PEOPLE)
    page.goto(f"/applications/{application}/groups")
    page.get_by_label(group, exact=True).uncheck()
    expect(page.locator("#count-deactivate")).to_have_text(str(PEOPLE))
    expect(page.locator("#preview")).to_contain_text("and 2 more")
    page.get_by_role("button", name=f"Save, deactivate {PEOPLE}").click()
    until(lambda: not any(account["active"] for account in accounts(scim2_server)), what="all are inactive there")
