"""Users and groups in a browser, against a real stack: add, find, edit, group, import, suspend."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.interop.conftest import TOKEN, Rest, until

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def connected(api: Rest, scim2_server: Rest, stack: Any) -> dict[str, Any]:
    """An application on scim2-server, active, given to nobody."""
    name = f"Chat {scim2_server.base.split(':')[2].split('/')[0]}"
    body = {"name": name, "base_url": scim2_server.base, "auth": {"type": "bearer", "token": TOKEN}}
    made: dict[str, Any] = api.post("/applications", body)
    api.post(f"/applications/{made['id']}/activate")
    return made


def person(api: Rest, name: str, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = api.post("/users", {"username": name, "email": f"{name}@example.com", **more})
    return made


def test_somebody_is_added_found_and_changed(page: Page, complaints: list[str]):
    page.goto("/users")
    page.get_by_role("link", name="Add user").first.click()
    page.get_by_label("Username", exact=True).fill("zoe")
    page.get_by_role("button", name="Add user").click()
    expect(page.get_by_text("This may not be empty.").first).to_be_visible()
    assert "422" in complaints.pop()
    page.get_by_label("E-mail", exact=True).fill("zoe@example.com")
    page.get_by_label("Display name").fill("Zoë Öztürk")
    page.get_by_role("button", name="Add user").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Zoë Öztürk")
    page.get_by_role("link", name="Edit").first.click()
    page.get_by_label("Department").fill("Netzbetrieb")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Netzbetrieb").first).to_be_visible()
    page.goto("/users")
    page.get_by_label("Find a user by name, username or e-mail").last.fill("ÖZTÜRK")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Zoë Öztürk")).to_be_visible()
    expect(page).to_have_url(re.compile("search="))


def test_a_group_gives_an_account_and_suspending_takes_it(page: Page, api: Rest, connected: dict[str, Any]):
    made = person(api, "lukasz", displayname="Łukasz Wiśniewski")
    page.goto("/groups/new")
    page.get_by_label("Name", exact=True).fill("Leitsysteme")
    page.get_by_role("button", name="Add group").click()
    page.get_by_role("link", name="Applications").last.click()
    page.get_by_label(connected["name"]).check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Members").click()
    page.get_by_role("link", name="Add members").click()
    page.get_by_label("Find users to add").fill("lukasz")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Add the ticked").click()
    expect(page.get_by_text(f"1 account is created in {connected['name']}.")).to_be_visible()
    page.get_by_role("button", name="Add, create 1").click()
    page.goto(f"/users/{made['id']}")
    expect(page.get_by_text("Synced")).to_be_visible()
    page.get_by_role("link", name="Suspend…").click()
    page.get_by_role("button", name="Suspend, deactivate 1").click()
    expect(page.locator("#accounts").get_by_text("Synced")).to_be_visible()
    path = f"/users/{made['id']}/accounts"
    until(lambda: api.get(path)["items"][0]["active"] is False, what="the account is off")


def test_many_are_ticked_and_the_bar_counts(page: Page, api: Rest):
    for name in ("tick-one", "tick-two"):
        person(api, name)
    page.goto("/users?search=tick-")
    boxes = page.locator("tbody input[type=checkbox]")
    expect(page.get_by_role("button", name="Suspend…")).to_be_hidden()
    for box in boxes.all():
        box.check()
    expect(page.get_by_text("2 ticked.")).to_be_visible()
    page.get_by_role("button", name="Suspend…", exact=True).click()
    page.get_by_role("button", name="Suspend", exact=True).click()
    until(lambda: api.get("/users?search=tick-&state=suspended")["total"] == 2, what="both are suspended")


def test_a_file_is_imported_with_its_columns_named(page: Page, api: Rest):
    text = "username;E-Mail;Kennung\ncsv.one;csv.one@example.com;7\ncsv.two;nothing;8\n"
    page.goto("/users/import")
    page.get_by_label("File").set_input_files({"name": "p.csv", "mimeType": "text/csv", "buffer": text.encode()})
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Kennung").select_option("attribute.Kennung")
    page.get_by_role("button", name="Look at the rows").click()
    expect(page.locator("#count-create")).to_have_text("1")
    expect(page.get_by_text("1 row can't be taken.")).to_be_visible()
    with page.expect_download() as report:
        page.get_by_role("link", name="Download all").click()
    assert report.value.suggested_filename == "bad-rows.csv"
    page.get_by_role("button", name="Leave 1 out, create 1 and change 0").click()
    expect(page.get_by_text("1 users created")).to_be_visible()
    assert api.get("/users?search=csv.one")["items"][0]["attributes"] == {"Kennung": "7"}


def test_hostile_text_stays_text(page: Page, api: Rest):
    person(api, "eve", displayname=HOSTILE, department=HOSTILE, attributes={"x": HOSTILE})
    api.post("/groups", {"name": HOSTILE, "description": HOSTILE})
    for path in ("/users?search=eve", "/groups"):
        page.goto(path)
        page.get_by_role("table").get_by_role("link", name=HOSTILE).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(HOSTILE)
    assert page.locator("img").count() == 0


@pytest.mark.parametrize("path", ["/users", "/users/new", "/groups", "/users/import"])
def test_pages_fit_a_narrow_screen(signed_in: Any, path: str):
    narrow = signed_in(viewport={"width": 320, "height": 700})
    narrow.goto(path)
    assert narrow.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
