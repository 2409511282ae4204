"""A connector found by search, an application agreed to at a real authorisation server, and a token exchanged: by clicks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import PASSWORD, Stack
from tests.interop.conftest import Rest
from tests.oauth.authorisation_server import SECRET
from tests.oauth.authorising import Authorising, authorisation_server

from provisor.testing import FakeServiceProvider


@pytest.fixture
def server(tmp_path: Path, stack: Stack) -> Iterator[Authorising]:
    """An authorisation server that knows where this installation wants to be led back to."""
    with authorisation_server(tmp_path, redirect=f"{stack.address}/applications/authorised") as running:
        yield running


def test_a_connector_is_found_by_search(page: Page):
    page.goto("/applications/catalog")
    search = page.get_by_role("searchbox", name="Find a connector by name")
    expect(search).to_be_focused()
    page.keyboard.type("zendesk")
    expect(page.get_by_role("status").filter(has_text="connector")).to_have_text("1 connector · Clear filters")
    expect(page).to_have_url(re.compile("search=zendesk"))
    page.locator(".tile").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Zendesk")
    page.go_back()
    page.get_by_role("link", name="Clear filters").click()
    page.get_by_text("More (", exact=False).click()
    page.get_by_label("HR").check()
    expect(page.get_by_label("HR")).to_be_visible()  # what filters isn't folded away


def test_an_administrator_agrees_at_the_product_and_its_tokens_work(page: Page, server: Authorising):
    with FakeServiceProvider.in_thread(check=server.check()) as provider:
        page.goto("/applications/new")
        page.get_by_role("textbox", name="Name").fill("Agreed")
        page.get_by_role("button", name="Add and connect").click()
        page.get_by_role("radio", name="OAuth 2, agreed to by a person").check()
        page.get_by_label("Address to agree at").fill(server.authorize_url)
        page.get_by_label("Token address").fill(server.token_url)
        page.get_by_role("textbox", name="Client id").fill("provisor-web")
        page.get_by_label("Client secret").fill(SECRET)
        page.get_by_role("textbox", name="Base URL").fill(provider.base_url)
        page.locator("#save").click()
        page.get_by_role("link", name="Authorise at Agreed").click()
        page.get_by_label("Your own password").fill(PASSWORD)
        page.get_by_role("button", name="Go to Agreed").click()
        expect(page.get_by_text("Authorised by ada.lovelace@example.com")).to_be_visible()
        assert "code=" not in page.url
        page.locator("#test-button").click()
        expect(page.locator("#test")).to_contain_text("Everything that Provisor needs works.")
        page.go_back()
        assert "code=" not in page.url  # nor is it in the history


def test_a_token_is_exchanged_without_a_pause(page: Page, api: Rest, complaints: list[str]):
    taken = {"first"}
    with FakeServiceProvider.in_thread(check=taken.__contains__) as provider:
        given = {"name": "Exchanged", "base_url": provider.base_url, "auth": {"type": "bearer", "token": "first"}}
        one = api.post("/applications", given)["id"]
        api.post(f"/applications/{one}/activate", {})
        page.goto(f"/applications/{one}/provisioning")
        page.get_by_role("link", name="Prepare the next one").click()
        page.get_by_label("Token", exact=True).last.fill("second")
        page.get_by_role("button", name="Prepare it").click()
        page.get_by_role("button", name="Switch to it").click()
        expect(page.get_by_text("Not switched: the next credential failed the test.")).to_be_visible()
        complaints.clear()  # the console tells of the 409
        taken.add("second")
        page.get_by_role("button", name="Test it").click()
        expect(page.locator("#prepared")).to_contain_text("Test passed")
        page.get_by_role("button", name="Switch to it").click()
        expect(page.get_by_text("signs in with the next credential now")).to_be_visible()
        taken.remove("first")
        page.locator("#test-button").click()
        expect(page.locator("#test")).to_contain_text("Everything that Provisor needs works.")
        assert api.get(f"/applications/{one}")["provisioning"] == "active"
