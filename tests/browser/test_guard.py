"""What a person does about harm: decides a plan that waits by typing its count, undoes a run, protects an account, pauses
an application, and stops all writes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.browser.test_accessible import findings
from tests.interop.conftest import TOKEN, Rest, until

MEMBERS = 12


@pytest.fixture
def connected(api: Rest, scim2_server: Rest, request: pytest.FixtureRequest) -> dict[str, Any]:
    """An active application on scim2-server with the accounts of a group of twelve."""
    slug = re.sub(r"\W", "", request.node.name)[-40:].lower()
    people = [
        api.post("/users", {"username": f"{slug}{n:02}", "email": f"{slug}{n:02}@example.com"})["id"]
        for n in range(MEMBERS)
    ]
    group = api.post("/groups", {"name": f"Crew of {slug}"})["id"]
    api.post(f"/groups/{group}/members", {"add": people})
    given = {"name": f"App of {slug}", "base_url": scim2_server.base, "auth": {"type": "bearer", "token": TOKEN}}
    application = api.post("/applications", given)["id"]
    api.post(f"/applications/{application}/assignments", {"groups": {"add": [group]}})
    api.post(f"/applications/{application}/activate")
    synced = f"/applications/{application}/accounts?status=synced"
    until(lambda: api.get(synced)["total"] == MEMBERS, what="everybody is there")
    return {"id": application, "name": given["name"], "group": group, "people": people, "slug": slug}


def active(sp: Rest) -> set[str]:
    """The user names of the accounts that are active there."""
    found = sp.get("/Users?count=100").get("Resources", [])
    return {one["userName"] for one in found if one.get("active", True)}


def names(connected: dict[str, Any], *numbers: int) -> set[str]:
    return {f"{connected['slug']}{n:02}" for n in numbers}


def everybody(connected: dict[str, Any]) -> set[str]:
    return names(connected, *range(MEMBERS))


def refused(complaints: list[str], status: int) -> None:
    """A form that was refused is an error to the console."""
    assert len(complaints) == 1
    assert str(status) in complaints.pop()


def empty_the_group(api: Rest, connected: dict[str, Any]) -> str:
    """Everybody leaves the group; the plan that waits then."""
    api.post(f"/groups/{connected['group']}/members", {"remove": connected["people"]})
    return wait_for_plan(api, connected, MEMBERS)


def wait_for_plan(api: Rest, connected: dict[str, Any], total: int) -> str:
    def sealed() -> str | None:
        run = api.get(f"/applications/{connected['id']}")["waiting_run"]
        shown = api.get(f"/runs/{run}") if run else {"hash": None}
        return str(run) if shown["hash"] and shown["total"] == total else None

    return str(until(sealed, what=f"a plan of {total} waits"))


def test_an_emptied_group_waits_and_its_typed_count_sends_exactly_the_rest(
    page: Page, api: Rest, scim2_server: Rest, connected: dict[str, Any], complaints: list[str]
):
    run = empty_the_group(api, connected)
    assert active(scim2_server) == everybody(connected)
    assert [one["id"] for one in api.get(f"/runs?application={connected['id']}&status=waiting_approval")["items"]] == [
        run
    ]
    page.goto("/")
    page.locator(f"#plan-{run}").click()
    expect(page.get_by_text(f"The guard stopped {MEMBERS} deactivations.")).to_be_visible()
    assert findings(page) == []

    field = page.get_by_label("Type the number of changes to approve")
    field.fill("11")
    page.get_by_role("button", name=f"Deactivate {MEMBERS}").click()
    expect(page.get_by_text(f"Nothing was sent. This plan holds {MEMBERS} changes: type that number.")).to_be_visible()
    expect(field).to_have_value("11")
    refused(complaints, 422)
    assert findings(page) == []
    assert active(scim2_server) == everybody(connected)

    api.post(f"/users/{connected['people'][3]}/suspend")
    until(lambda: active(scim2_server) == everybody(connected) - names(connected, 3), what="who is suspended goes out")
    api.post(f"/groups/{connected['group']}/members", {"add": [connected["people"][5]]})
    wait_for_plan(api, connected, MEMBERS - 2)
    expect(page.get_by_text(f"The plan changed: {MEMBERS} is now {MEMBERS - 2}.")).to_be_visible()
    field.fill(str(MEMBERS))
    page.get_by_role("button", name=f"Deactivate {MEMBERS}").click()
    expect(page.get_by_text("Nothing was sent. What you approved isn't what is due by now")).to_be_visible()
    expect(field).to_have_value("")
    refused(complaints, 409)
    assert active(scim2_server) == everybody(connected) - names(connected, 3)

    field.fill(str(MEMBERS - 2))
    page.get_by_role("button", name=f"Deactivate {MEMBERS - 2}").click()
    until(lambda: active(scim2_server) == names(connected, 5), what="exactly the rest is off")
    expect(page.get_by_text("Approved and carried out.")).to_be_visible()
    assert api.get(f"/runs/{run}")["status"] == "done"
    assert findings(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_plan_is_rejected_and_nothing_is_sent(
    signed_in: Any, api: Rest, scim2_server: Rest, connected: dict[str, Any], theme: str
):
    run = empty_the_group(api, connected)
    page: Page = signed_in(color_scheme=theme, viewport={"width": 390, "height": 900})
    page.goto(f"/runs/{run}")
    assert findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_role("link", name="Reject plan…").click()
    assert findings(page) == []
    page.get_by_role("button", name="Reject the plan").click()
    expect(page.get_by_text("Rejected: nothing of it is sent.")).to_be_visible()
    held = f"/applications/{connected['id']}/accounts?status=held"
    until(
        lambda: {one["error"]["code"] for one in api.get(held)["items"]} == {"rejected"},
        what="they are held as rejected",
    )
    assert active(scim2_server) == everybody(connected)


def test_a_run_is_undone_by_a_plan_that_is_approved(
    page: Page, api: Rest, scim2_server: Rest, connected: dict[str, Any]
):
    api.call("PATCH", f"/users/{connected['people'][0]}", {"jobTitle": "Engineer"})
    there = f'/Users?filter=userName eq "{connected["slug"]}00"'.replace(" ", "%20").replace('"', "%22")
    title = lambda: (scim2_server.get(there)["Resources"][0]).get("title")  # noqa: E731
    until(lambda: title() == "Engineer", what="the edit is there")

    def edit() -> Any:
        found = api.get(f"/runs?application={connected['id']}&status=done")["items"]
        return next((one["id"] for one in found if one["counts"]["update"] == 1 and not one["counts"]["create"]), None)

    page.goto(f"/runs/{until(edit, what='its run has ended')}")
    page.get_by_role("button", name="Undo…").click()
    expect(page.get_by_text("This would take a run back: 1 update.")).to_be_visible()
    assert findings(page) == []
    assert title() == "Engineer"
    page.get_by_label("Type the number of changes to approve").fill("1")
    page.get_by_role("button", name="Update 1").click()
    until(lambda: title() is None, what="what was before is there again")


def test_a_protected_account_is_left_alone(page: Page, api: Rest, scim2_server: Rest, connected: dict[str, Any]):
    page.goto(f"/applications/{connected['id']}/users")
    page.get_by_role("link", name=re.compile("^Protected")).click()
    page.get_by_label("Accounts and groups, one a line").fill(f"{connected['slug']}00\nbreak-glass@example.com\n")
    page.get_by_role("button", name="Protect", exact=True).click()
    expect(page.get_by_text("2 entries are protected from now on.")).to_be_visible()
    assert findings(page) == []
    api.post(f"/users/{connected['people'][0]}/suspend")
    api.post(f"/users/{connected['people'][1]}/suspend")
    until(lambda: active(scim2_server) == everybody(connected) - names(connected, 1), what="the other one goes out")
    page.goto(f"/users/{connected['people'][0]}")
    expect(page.get_by_text("It is protected: never touched")).to_be_visible()
    page.get_by_role("link", name=f"Why? {connected['name']}").click()
    expect(page.locator("#why-access")).to_contain_text("Has access")
    expect(page.locator("#why-account")).to_contain_text("Held")
    page.get_by_role("button", name="Ask the application").click()
    expect(page.locator("#why-looked")).to_contain_text(f"{connected['slug']}00")
    assert findings(page) == []
    page.goto(f"/applications/{connected['id']}/protected")
    page.get_by_role("button", name=f"Take off {connected['slug']}00").click()
    expect(page.get_by_text("isn't protected any more")).to_be_visible()
    until(lambda: active(scim2_server) == everybody(connected) - names(connected, 0, 1), what="now it goes out")


def test_an_application_waits_until_a_time_and_is_resumed(
    page: Page, api: Rest, scim2_server: Rest, connected: dict[str, Any], complaints: list[str]
):
    page.goto(f"/applications/{connected['id']}")
    page.get_by_role("link", name="Pause…").click()
    page.get_by_label("Until").fill("2020-01-31T18:00")
    page.get_by_role("button", name="Pause it").click()
    expect(page.get_by_text("This time is past.")).to_be_visible()
    refused(complaints, 422)
    page.get_by_label("Until").fill("2099-01-31T18:00")
    page.get_by_label("Reason").fill("<b>They</b> move house")
    page.get_by_role("button", name="Pause it").click()
    expect(page.get_by_text("Paused until 31 Jan 2099")).to_be_visible()
    expect(page.get_by_text("“<b>They</b> move house”")).to_be_visible()
    assert findings(page) == []
    api.post(f"/users/{connected['people'][0]}/suspend")
    page.goto("/applications")
    expect(page.get_by_role("row").filter(has_text=connected["name"])).to_contain_text("Paused until 31 Jan 2099")
    assert active(scim2_server) == everybody(connected)
    page.goto(f"/applications/{connected['id']}")
    page.locator("#resume").click()
    expect(page.get_by_text("What is due is sent now.")).to_be_visible()
    until(lambda: active(scim2_server) == everybody(connected) - names(connected, 0), what="what was due goes out")


def test_all_writes_are_stopped_and_started(page: Page, api: Rest, scim2_server: Rest, connected: dict[str, Any]):
    page.goto("/")
    page.get_by_role("link", name="Settings").click()
    page.get_by_role("link", name="Stop all writes…").click()
    assert findings(page) == []
    page.get_by_label("Reason").fill("A wrong file")
    page.get_by_role("button", name="Stop all writes").click()
    try:
        expect(page.get_by_text("A wrong file Stopped by ada.lovelace@example.com.")).to_be_visible()
        assert findings(page) == []
        api.post(f"/users/{connected['people'][0]}/suspend")
        due = f"/applications/{connected['id']}/accounts?status=due"
        until(lambda: api.get(due)["total"] == 1, what="it is due")
        for path in ("/", "/users", f"/applications/{connected['id']}", f"/users/{connected['people'][0]}"):
            page.goto(path)
            expect(page.get_by_text("All writes are stopped.")).to_be_visible()
        assert active(scim2_server) == everybody(connected)
        page.get_by_role("link", name="Start them again").click()
        page.get_by_role("button", name="Start writes").click()
        expect(page.get_by_text("Writes go on.")).to_be_visible()
    finally:
        api.post("/organisation/start")
    until(lambda: active(scim2_server) == everybody(connected) - names(connected, 0), what="what was due goes out")


def test_accounts_that_are_not_ours_are_listed_and_left_alone(
    page: Page, api: Rest, scim2_server: Rest, connected: dict[str, Any]
):
    schema = "urn:ietf:params:scim:schemas:core:2.0:User"
    stranger = {"schemas": [schema], "userName": "break-glass", "emails": [{"value": "glass@example.net"}]}
    made = scim2_server.post("/Users", stranger)
    run = api.post(f"/applications/{connected['id']}/reconcile")["id"]
    until(lambda: api.get(f"/runs/{run}")["status"] == "done", what="it was read")
    page.goto(f"/applications/{connected['id']}/users")
    page.get_by_role("link", name="Not ours").click()
    row = page.get_by_role("row").filter(has_text="break-glass")
    expect(row).to_contain_text("Nobody we know")
    expect(page.get_by_role("row")).to_have_count(2)
    assert findings(page) == []
    page.get_by_label("Find an account by user name, e-mail or remote id").fill("glas")
    page.keyboard.press("Enter")
    expect(row).to_contain_text(made["id"])
    assert scim2_server.get(f"/Users/{made['id']}")["meta"]["version"] == made["meta"]["version"]
