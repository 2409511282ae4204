"""A rule moves people in, a filter leaves some out, and a leaver goes: in a browser, to a real provider."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.interop.conftest import TOKEN, Rest, until


@pytest.fixture
def world(api: Rest, scim2_server: Rest, request: pytest.FixtureRequest) -> dict[str, Any]:
    """Three people of one department, an empty group, and an active application that the group is assigned to."""
    tag = re.sub(r"\W", "", request.node.name)[:12].lower()
    users = {
        name: api.post(
            "/users",
            {"username": f"{tag}{name}", "email": f"{tag}{name}@example.com", "department": tag, "location": place},
        )["id"]
        for name, place in (("ada", "Bonn"), ("bob", "Bonn"), ("cleo", "Oslo"))
    }
    group = api.post("/groups", {"name": f"People of {tag}"})["id"]
    given = {"name": f"App of {tag}", "base_url": scim2_server.base, "auth": {"type": "bearer", "token": TOKEN}}
    application = api.post("/applications", {**given, "force": True})["id"]
    api.post(f"/applications/{application}/activate")
    api.post(f"/applications/{application}/assignments", {"groups": {"add": [group]}})
    return {"tag": tag, "users": users, "group": group, "application": application}


def active(scim2_server: Rest, tag: str) -> set[str]:
    found = scim2_server.get("/Users?count=1000")["Resources"]
    return {one["userName"].removeprefix(tag) for one in found if one["userName"].startswith(tag) and one["active"]}


def ruled(page: Page, world: dict[str, Any]) -> None:
    page.goto(f"/groups/{world['group']}/rule")
    page.get_by_label("Who is in this group").fill(f'user.department == "{world["tag"]}"')
    page.get_by_role("button", name="Show what it does").click()
    page.get_by_role("button", name="Save, create 3").click()
    expect(page.get_by_role("link", name="Take the rule away…")).to_be_visible()


def test_a_rule_brings_people_in_and_a_filter_leaves_one_out(
    page: Page, api: Rest, scim2_server: Rest, world: dict[str, Any]
):
    ruled(page, world)
    until(lambda: active(scim2_server, world["tag"]) == {"ada", "bob", "cleo"})

    page.goto(f"/applications/{world['application']}/scope")
    page.get_by_label("Who of the assigned is sent").fill('user.location == "Bonn"')
    page.get_by_role("button", name="Show what it does").click()
    page.get_by_role("button", name=re.compile("Save.*deactivate 1")).click()
    until(lambda: active(scim2_server, world["tag"]) == {"ada", "bob"})


def test_a_leaver_goes_is_reported_deleted_and_restored(
    page: Page, api: Rest, scim2_server: Rest, world: dict[str, Any]
):
    ruled(page, world)
    until(lambda: active(scim2_server, world["tag"]) == {"ada", "bob", "cleo"})
    ada = world["users"]["ada"]

    page.goto(f"/users/{ada}/suspend")
    page.get_by_role("button", name="Suspend, deactivate 1").click()
    until(lambda: active(scim2_server, world["tag"]) == {"bob", "cleo"})
    page.goto(f"/users/{ada}/offboarding")
    expect(page.get_by_text(f"App of {world['tag']}").first).to_be_visible()

    page.goto(f"/users/{ada}/delete")
    page.get_by_role("button", name=re.compile("^Delete")).click()
    gone = f"/trash?search={world['tag']}ada"
    until(lambda: [one["going"] for one in api.get(gone)["items"]] == [False])
    page.goto(gone)
    page.get_by_role("link", name=f"{world['tag']}ada").first.click()
    page.get_by_role("button", name=re.compile("^Restore")).click()
    until(lambda: api.get(f"/users/{ada}")["state"] == "suspended")
    assert active(scim2_server, world["tag"]) == {"bob", "cleo"}
