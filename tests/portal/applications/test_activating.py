"""What has to be known before an application is activated is read before it is: once, and in the portal alone."""

from __future__ import annotations

import pytest
from django.utils.html import escape
from tests.portal.applications.conftest import TOKEN
from tests.portal.applications.test_provisioning import typed
from tests.portal.conftest import text_of

from provisor.catalogue import entries

WARNED = next(slug for slug, one in sorted(entries.ENTRIES.items()) if one.warnings and one.prerequisites)


def test_its_warnings_stand_before_the_button_that_activates(open_page, sp):
    page, one = open_page("Warned", connector=WARNED), entries.ENTRIES[WARNED]
    page.post("provisioning", typed(page, base_url=sp.base_url, token=TOKEN))
    answer = page.post("provisioning", typed(page, act="activate"))
    assert answer["Location"] == page.path("activate")
    assert page.fresh().provisioning == "configured"
    said = page.says("activate")
    assert all(escape(text) in said for text in (*one.warnings, *one.prerequisites))
    assert said.index(escape(one.warnings[0])) < said.index("Activate now")
    page.post("activate", {"force": "1"})
    assert page.fresh().provisioning in ("active", "failing")


def test_an_account_that_would_be_erased_is_said_first(open_page, sp):
    page = open_page("Erasing", settings={"form": {"deactivation": "erases"}})
    page.post("provisioning", typed(page, base_url=sp.base_url, token=TOKEN))
    assert page.post("provisioning", typed(page, act="activate"))["Location"] == page.path("activate")
    said = page.says("activate")
    assert "erases an account that is deactivated" in said
    assert "Activate now" in said


def test_where_nothing_is_to_be_known_nothing_is_asked(page, sp):
    answer = page.post("provisioning", typed(page, base_url=sp.base_url, token=TOKEN, act="activate"))
    assert answer["Location"] == page.path("provisioning")
    assert page.fresh().provisioning == "active"


@pytest.mark.parametrize("provisioning", ["paused"])
def test_one_that_was_active_before_is_not_asked_about_again(open_page, sp, provisioning):
    page = open_page("Warned", connector=WARNED, provisioning=provisioning)
    page.post("provisioning", typed(page, base_url=sp.base_url, token=TOKEN))
    answer = page.post("provisioning", typed(page, act="activate"))
    assert answer.get("Location") != page.path("activate")
    assert "To know before" not in text_of(answer)
