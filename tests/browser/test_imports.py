"""Start Manual Import in a browser: watch it, choose, and see what came of it; in both themes, wide and narrow."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.browser.test_accessible import findings
from tests.interop.conftest import TOKEN, Rest, until

SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:User"


@pytest.fixture
def application(api: Rest, scim2_server: Rest, request: pytest.FixtureRequest) -> dict[str, Any]:
    """An application with six accounts: two are ours to the letter, one is half ours, one is for a person, two are new."""
    slug = re.sub(r"\W", "", request.node.name)[-30:].lower()
    users = {
        name: api.post("/users", {"username": f"{slug}{name}", "email": f"{slug}{name}@example.com"})["id"]
        for name in ("ada", "bob", "cleo", "dan", "eve")
    }
    for name, email in (
        ("ada", "ada"), ("bob", "bob"), ("cleo", "elsewhere"), ("dan", "eve"), ("zoë", "zoe"), ("yan", "yan"),
    ):  # fmt: skip
        emails = [{"value": f"{slug}{email}@example.com", "type": "work", "primary": True}]
        person = {"name": {"givenName": name.title(), "familyName": "Yıldız"}, "title": "Engineer"}
        scim2_server.post("/Users", {"schemas": [SCHEMA], "userName": f"{slug}{name}", "emails": emails, **person})
    given = {"name": f"App of {slug}", "base_url": scim2_server.base, "auth": {"type": "bearer", "token": TOKEN}}
    return {"id": api.post("/applications", {**given, "force": True})["id"], "slug": slug, "users": users}


def test_from_the_button_to_the_users(page: Page, api: Rest, application: dict[str, Any]) -> None:
    page.goto(f"/applications/{application['id']}/imports")
    page.get_by_role("button", name="Start Manual Import").click()
    expect(page.get_by_text("Waits for you")).to_be_visible()
    expect(page.get_by_role("link", name="New 2")).to_be_visible()
    page.get_by_role("link", name="New 2").click()
    page.get_by_role("button", name="Create all of them…").click()
    expect(page.get_by_role("heading", name=re.compile("Create 2 users from"))).to_be_visible()
    page.get_by_label(re.compile("Give them access")).check()
    page.get_by_role("button", name="Create 2 users").click()
    expect(page.get_by_text("Created").first).to_be_visible()
    made = api.get(f"/users?search={application['slug']}yan")["items"]
    assert [one["displayname"] or one["firstname"] for one in made] == ["Yan"]


def test_one_by_one_with_a_tick_and_with_a_link(page: Page, api: Rest, application: dict[str, Any]) -> None:
    started = read(api, application)
    page.goto(f"/applications/{application['id']}/imports/{started}")
    page.get_by_label(f"Tick {application['slug']}yan").check()
    page.get_by_role("button", name="Ignore…").click()
    page.get_by_role("button", name="Ignore 1 user").click()
    expect(page.get_by_text("Ignored").first).to_be_visible()
    page.get_by_role("link", name=f"{application['slug']}cleo").first.click()
    expect(page.get_by_role("img", name="differs").first).to_be_visible()
    page.get_by_role("button", name=f"Link to {application['slug']}cleo…").click()
    page.get_by_label(re.compile("Give them access")).check()
    page.get_by_role("button", name="Link 1 user").click()
    linked = f"/imports/{started}/candidates?outcome=linked"
    until(lambda: api.get(linked)["total"] == 1, what="the account is linked")


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_has_a_finding(signed_in: Any, api: Rest, application: dict[str, Any], theme: str, width: int) -> None:
    started = read(api, application)
    page: Page = signed_in(color_scheme=theme, viewport={"width": width, "height": 900})
    base = f"/applications/{application['id']}/imports"
    one = api.get(f"/imports/{started}/candidates?match=partial")["items"][0]["id"]
    several = api.get(f"/imports/{started}/candidates?match=ambiguous")["items"][0]["id"]
    for name, path in {
        "list": base, "import": f"{base}/{started}", "new": f"{base}/{started}?match=new",
        "partial": f"{base}/{started}/candidates/{one}", "several": f"{base}/{started}/candidates/{several}",
    }.items():  # fmt: skip
        page.goto(path)
        look(page, f"import-{name}-{theme}-{width}")
        assert findings(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.goto(f"{base}/{started}?match=new")
    page.get_by_role("button", name="Create all of them…").click()
    look(page, f"import-decide-{theme}-{width}")
    assert findings(page) == []


def read(api: Rest, application: dict[str, Any]) -> str:
    started = str(api.post(f"/applications/{application['id']}/imports", {})["id"])
    until(lambda: api.get(f"/imports/{started}")["status"] == "ready", what="all is read")
    return started


def look(page: Page, name: str) -> None:
    """A picture, where a folder for them is named."""
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
