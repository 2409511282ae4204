"""Where an application is: parameters that make its base URL live, a certificate from a file, and SCIM 1.1 when the test
finds it."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect
from tests.interop.conftest import Rest
from tests.web.applications import certificates

from provisor.testing import FakeServiceProvider, Profile

SLUG = "github-enterprise-managed-users"


def test_parameters_files_and_the_version_are_on_the_provisioning_tab(page: Page, api: Rest):
    given = {"name": "Placed", "connector": SLUG, "parameters": {"enterprise": "acme"}}
    one = api.post("/applications", given | {"auth": {"type": "bearer", "token": "known"}})["id"]
    page.goto(f"/applications/{one}/provisioning")
    page.get_by_label("Enterprise", exact=True).fill("other")
    built = page.locator("#base-url-hint")
    expect(built).to_contain_text("https://api.github.com/scim/v2/enterprises/other")
    expect(built).to_contain_text("the stored token isn't handed to it")
    page.get_by_text("Certificates and proxy", exact=True).click()
    authority = certificates.pem(certificates.certificate("Our authority", certificates.key(), ca=True))
    with FakeServiceProvider.in_thread(token="known", profile=Profile(scim="1.1")) as provider:
        page.get_by_text("Edit by hand").click()
        page.get_by_label("Base URL, by hand").fill(provider.base_url)
        page.get_by_label("Token", exact=True).fill("known")
        file = {"name": "authority.pem", "mimeType": "application/x-pem-file", "buffer": authority.encode()}
        page.get_by_label("Or a file of the authority").set_input_files(file)
        page.locator("#test-button").click()
        page.get_by_role("button", name="Test in SCIM 1.1").click()
        expect(page.locator("#test")).to_contain_text("Everything that Provisor needs works.")
        expect(page.get_by_label("SCIM version")).to_have_value("1.1")
        page.locator("#save").click()
        expect(page.get_by_text("Placed saved.")).to_be_visible()
    kept = api.get(f"/applications/{one}")
    assert (kept["base_url"], kept["settings"]["form"]) == (provider.base_url, {"scim": "1.1"})
    assert "Our authority" in kept["tls"]["ca_names"][0]


def test_what_was_folded_open_in_the_catalogue_stays_open(page: Page):
    page.goto("/applications/catalog")
    page.get_by_text("More (", exact=False).click()
    page.get_by_label("User Groups").check()
    expect(page).to_have_url(re.compile(r"/applications/catalog\?supports=groups$"))
    expect(page.locator(".facets details")).to_have_attribute("open", "")
