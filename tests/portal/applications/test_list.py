"""SSO Applications: what is connected, and how well."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.portal.conftest import text_of

from provisor.applications.models import Application


def test_an_empty_installation_says_what_to_do(owner):
    answer = owner.get("/applications")
    assert "No application yet" in text_of(answer)
    assert "/applications/catalog" in answer.content.decode()


def test_each_row_tells_status_accounts_and_what_is_supported(open_page, make_user, make_link):
    page = open_page("Chat", provisioning="active", label="Talking")
    for name, status in (("ada", "synced"), ("ben", "inactive"), ("cem", "retrying"), ("dana", "held")):
        make_link({"id": page.application.id}, make_user(name), status=status)
    said = text_of(page.client.get("/applications"))
    assert "Chat Talking Active 2 right 1 due 1 held Provisioning Shown" in said


@pytest.mark.parametrize(
    ("provisioning", "kind"),
    [("active", "right"), ("failing", "right"), ("configured", "grey"), ("paused", "grey")],
)
def test_the_badge_is_green_only_while_it_is_switched_on(open_page, provisioning, kind):
    page = open_page(provisioning=provisioning, secret=b"sealed")
    table = page.client.get("/applications").content.decode().partition("<tbody>")[2]
    assert re.findall(r"badge badge-(\w+)", table) == [kind]


@pytest.mark.parametrize(
    ("provisioning", "tab"),
    [("active", ""), ("configured", "/provisioning"), ("failing", "/activity"), ("paused", "")],
)
def test_a_row_opens_the_tab_that_matters(open_page, provisioning, tab):
    page = open_page(provisioning=provisioning)
    assert f'href="{page.base}{tab}"' in page.client.get("/applications").content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [("search=cha", "Chat"), ("search=desk", "Helpdesk"), ("status=paused", "Helpdesk"), ("search=nothing", "")],
)
def test_search_looks_into_name_and_label_and_the_chip_filters(open_page, query, found):
    open_page("Chat", provisioning="active")
    page = open_page("Helpdesk", provisioning="paused", label="The desk")
    said = text_of(page.client.get(f"/applications?{query}"))
    assert [name for name in ("Chat", "Helpdesk") if f"{name} " in said] == ([found] if found else [])


def test_a_hundred_applications_cost_no_more_statements_than_one(open_page):
    page = open_page("First")
    counted = []
    for name in ("Second", "Third"):
        with CaptureQueriesContext(
            connection,
        ) as seen:
            page.client.get("/applications")
        counted.append(len(seen))
        open_page(name)
    assert counted[0] == counted[1]


def test_a_new_application_needs_only_a_name_and_opens_its_provisioning_tab(owner):
    answer = owner.post("/applications/new", {"name": "Chat", "label": "Talking", "show_in_portal": "on"})
    made = Application.objects.get()
    assert answer["Location"] == f"/applications/{made.id}/provisioning"
    assert (made.name, made.label, made.base_url, made.provisioning) == ("Chat", "Talking", "", "configured")


def test_a_name_that_is_taken_is_said_beside_the_field_and_the_rest_is_kept(page):
    answer = page.client.post("/applications/new", {"name": "chat", "label": "Kept"})
    assert answer.status_code == 422
    assert "Another application has this name." in text_of(answer)
    assert 'value="Kept"' in answer.content.decode()


def test_an_auditor_reads_and_is_offered_nothing(open_page, signed_in):
    page = open_page(client=signed_in("auditor"))
    assert "Add New Application" not in page.client.get("/applications").content.decode()
    assert page.client.get("/applications/new").status_code == 403
