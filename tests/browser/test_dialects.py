"""What a person does about a service provider's dialect: choose a connector, switch groups on, resolve a held group,
change a word of the SP form, let it be probed."""

from __future__ import annotations

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from tests.browser.test_walk import open_tab
from tests.interop.conftest import TOKEN, Rest, until

GROUP_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Group"


@pytest.fixture
def connected(api: Rest, scim2_server: Rest, request: pytest.FixtureRequest) -> dict[str, Any]:
    """An active application on scim2-server that a group of three is assigned to, and that asks about every match."""
    slug = re.sub(r"\W", "", request.node.name)[:40].lower()
    people = [api.post("/users", {"username": f"{slug}{n}", "email": f"{slug}{n}@example.com"})["id"] for n in range(3)]
    group = api.post("/groups", {"name": f"Crew of {slug}"})
    api.post(f"/groups/{group['id']}/members", {"add": people})
    auth = {"type": "bearer", "token": TOKEN}
    given = {"name": f"App of {slug}", "base_url": scim2_server.base, "auth": auth, "settings": {"takeover": "review"}}
    application = api.post("/applications", given)["id"]
    api.post(f"/applications/{application}/assignments", {"groups": {"add": [group["id"]]}})
    api.post(f"/applications/{application}/activate")
    until(lambda: len(scim2_server.get("/Users").get("Resources", [])) == len(people), what="everybody is there")
    return {"id": application, "name": given["name"], "group": group["name"]}


def groups_of(sp: Rest, name: str) -> list[dict[str, Any]]:
    return [one for one in sp.get("/Groups").get("Resources", []) if one["displayName"] == name]


def no_finding(page: Page) -> None:
    assert [
        (one["id"], [node["target"] for node in one["nodes"]]) for one in Axe().run(page).response["violations"]
    ] == []


def refused(complaints: list[str]) -> None:
    """A form that was refused is a 422, which the console mentions."""
    assert len(complaints) == 1
    assert "422" in complaints.pop()


def switch_groups_on(page: Page, name: str) -> None:
    page.goto("/applications")
    page.get_by_label("Find an application by name or label").fill(name)
    page.keyboard.press("Enter")
    page.get_by_role("link", name=name).click()
    open_tab(page, "User Groups")
    page.get_by_role("link", name="As groups there").click()
    page.get_by_role("switch", name="Manage groups in this application").set_checked(True)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text(f"Groups are kept in {name} from now on.")).to_be_visible()


def test_a_connector_is_chosen_and_becomes_an_application(page: Page, api: Rest):
    page.goto("/applications")
    page.get_by_role("link", name="Add New Application").first.click()
    page.get_by_label("Find a connector by name").fill("managed users")
    expect(page.get_by_role("status").filter(has_text=re.compile(r"^1 connector\b"))).to_be_visible()
    expect(page).to_have_url(re.compile("search=managed"))
    page.get_by_role("link", name="GitHub Enterprise Cloud (Enterprise Managed Users)").click()
    page.get_by_label("Name", exact=True).fill("Code")
    page.get_by_label("Which one").select_option("Enterprise with data residency (ghe.com)")
    page.get_by_label("Subdomain").fill("acme")
    expect(page.locator("#built")).to_have_text("https://api.acme.ghe.com/scim/v2/enterprises/acme")
    page.get_by_label("Token", exact=True).fill("a-token")
    page.get_by_role("button", name="Add and connect").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Code")
    made = api.get("/applications?search=Code")["items"][0]
    assert made["base_url"] == "https://api.acme.ghe.com/scim/v2/enterprises/acme"
    assert (made["connector"], made["auth"]["token_set"]) == ("github-enterprise-managed-users", True)


def test_a_connector_is_chosen_without_scripts(signed_in: Any, complaints: list[str]):
    page = signed_in(java_script_enabled=False)
    page.goto("/applications/catalog?search=aws")
    page.get_by_role("link", name="AWS IAM Identity Center").click()
    page.get_by_label("Region").fill("nowhere at all")
    page.get_by_label("Tenant id").fill("abc123")
    page.get_by_role("button", name="Add and connect").click()
    expect(page.get_by_text("This doesn't look right. An example: eu-west-1")).to_be_visible()
    expect(page.get_by_label("Tenant id")).to_have_value("abc123")
    page.get_by_label("Region").fill("eu-central-1")
    page.get_by_role("button", name="Add and connect").click()
    refused(complaints)
    made = page.get_by_role("group", name="Base URL")
    expect(made).to_contain_text("https://scim.eu-central-1.amazonaws.com/abc123/scim/v2")


def test_groups_are_switched_on_and_one_is_synced(page: Page, scim2_server: Rest, connected: dict[str, Any]):
    switch_groups_on(page, connected["name"])
    made = until(lambda: groups_of(scim2_server, connected["group"]), what="the group is there")
    until(lambda: len(scim2_server.get(f"/Groups/{made[0]['id']}").get("members", [])) == 3, what="it has its members")
    row = page.get_by_role("row").filter(has_text=connected["group"])
    until(lambda: page.reload() and row.filter(has_text="Synced").count(), what="the page says so")
    expect(row).to_contain_text("3")
    no_finding(page)


def test_a_held_group_is_resolved(page: Page, scim2_server: Rest, connected: dict[str, Any]):
    scim2_server.post("/Groups", {"schemas": [GROUP_SCHEMA], "displayName": connected["group"]})
    switch_groups_on(page, connected["name"])
    decide = page.get_by_role("link", name="Decide")
    until(lambda: page.reload() and decide.count(), what="it is held")
    decide.click()
    expect(page.get_by_text("There is a group of this name").first).to_be_visible()
    no_finding(page)
    page.get_by_role("button", name="Adopt candidate 1").click()
    expect(page.get_by_text("takes over the group in")).to_be_visible()
    there = groups_of(scim2_server, connected["group"])
    until(lambda: len(scim2_server.get(f"/Groups/{there[0]['id']}").get("members", [])) == 3, what="its members follow")
    assert len(groups_of(scim2_server, connected["group"])) == 1


def test_a_word_of_the_form_is_changed_probed_and_taken_back(
    page: Page, api: Rest, connected: dict[str, Any], complaints: list[str]
):
    page.goto(f"/applications/{connected['id']}/form")
    row = page.locator("#word-members_per_request")
    row.get_by_text("Set by hand").click()
    row.get_by_role("textbox").fill("many")
    row.get_by_role("button", name="Set").click()
    expect(row.get_by_text("a whole number from 1 to 10000 expected.")).to_be_visible()
    refused(complaints)
    no_finding(page)
    row.get_by_role("textbox").fill("25")
    row.get_by_role("button", name="Set").click()
    expect(row.get_by_text("Set by a person")).to_be_visible()
    assert api.get(f"/applications/{connected['id']}")["settings"]["form"] == {"members_per_request": 25}
    page.get_by_role("button", name="Probe").click()
    expect(page.get_by_text("Filter user name: yes")).to_be_visible()
    no_finding(page)
    row.get_by_role("button", name="Take back").click()
    expect(row.get_by_text("Default", exact=True)).to_be_visible()
    assert api.get(f"/applications/{connected['id']}")["settings"]["form"] == {}


def test_the_deep_test_writes_only_when_it_is_told_to(page: Page, scim2_server: Rest, connected: dict[str, Any]):
    page.goto(f"/applications/{connected['id']}/form")
    page.get_by_role("link", name="Deep test…").click()
    before = len(scim2_server.get("/Users")["Resources"])
    page.get_by_label("E-mail of the test user").fill("provisor-test@example.com")
    page.get_by_role("button", name="Write and remove a test user").click()
    expect(page.get_by_text("Create a test user")).to_be_visible()
    no_finding(page)
    assert len(scim2_server.get("/Users")["Resources"]) == before
