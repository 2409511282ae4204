"""General, deactivating, deleting, runs: each says its consequence, and does just that."""

from __future__ import annotations

import pytest
from tests.portal.conftest import text_of

from provisor.applications.models import Application, Run

GENERAL = {
    "name": "Chat",
    "label": "",
    "show_in_portal": "on",
    "deprovision": "delete",
    "takeover": "review",
    "drift": "report",
    "reconcile_every": "60",
    "concurrency": "4",
    "guard_percent": "2.5",
    "guard_count": "3",
    "requests": "10",
    "per_seconds": "1",
}


def test_the_general_tab_saves_name_and_settings(page):
    assert page.post("", GENERAL).status_code == 302
    assert page.fresh().settings == {
        "deprovision": "delete",
        "takeover": "review",
        "drift": "report",
        "reconcile_every": 60,
        "concurrency": 4,
        "guard": {"max_percent": 2.5, "max_count": 3},
        "rate_limit": {"requests": 10, "per_seconds": 1},
    }


def test_the_general_tab_saves_where_the_tile_leads(page):
    page.post("", GENERAL | {"sign_in_url": "https://chat.example.com/"})
    assert page.fresh().sign_in_url == "https://chat.example.com/"
    refused = page.post("", GENERAL | {"sign_in_url": "javascript:alert(1)"})
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["sign_in_url"])
    page.post("", GENERAL)
    assert page.fresh().sign_in_url is None


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"concurrency": "1000"}, "from 1 to 256"),
        ({"guard_percent": "101"}, "A number from 0 to 100."),
        ({"guard_count": "many"}, "A whole number."),
        ({"reconcile_every": "soon"}, "A whole number of minutes."),
        ({"requests": "5", "per_seconds": ""}, "Say in how many seconds"),
        ({"name": ""}, "Give the application a name."),
        ({"deprovision": "explode"}, "Select a valid choice"),
    ],
)
def test_a_wrong_setting_is_named_and_nothing_is_saved(page, wrong, said):
    answer = page.post("", GENERAL | wrong)
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert page.fresh().settings == {}


def test_deactivating_says_what_stays_and_stops_at_once(open_page):
    page = open_page(provisioning="active")
    assert "Accounts there stay exactly as they are" in page.says("deactivate")
    page.post("deactivate")
    assert page.fresh().provisioning == "paused"


def test_deleting_says_how_many_accounts_are_forgotten(open_page, make_user, make_link):
    page = open_page()
    make_link({"id": page.application.id}, make_user("ada"))
    assert "the 1 account that it knows there" in page.says("delete")
    page.post("delete")
    assert not Application.objects.exists()


@pytest.mark.parametrize(("kind", "where"), [("plan", "/runs/"), ("sync", "/activity"), ("reconcile", "/activity")])
def test_a_run_is_asked_for_and_one_is_led_to_it(open_page, kind, where):
    page = open_page(provisioning="active")
    answer = page.post("runs", {"kind": kind})
    assert where in answer["Location"]
    assert Run.objects.get().kind == kind


def test_an_inactive_application_cant_be_synced_and_says_why(page):
    answer = page.post("runs", {"kind": "sync"})
    assert answer.status_code == 409
    assert "Activate it first" in text_of(answer)


def test_a_queued_run_is_cancelled_after_asking(open_page):
    page = open_page(provisioning="active")
    page.post("runs", {"kind": "sync"})
    run = Run.objects.get()
    assert "Cancel this run?" in text_of(page.client.get(f"/runs/{run.id}/cancel"))
    page.client.post(f"/runs/{run.id}/cancel")
    assert Run.objects.get().status == "cancelled"


@pytest.mark.parametrize("tab", ["", "provisioning", "groups", "users", "users/direct", "activity"])
@pytest.mark.parametrize("role", ["operator", "auditor"])
def test_every_tab_opens_for_who_may_only_read(open_page, signed_in, tab, role):
    page = open_page(client=signed_in(role))
    assert page.get(tab).status_code == 200


def test_an_application_that_is_gone_is_a_page_that_helps(page):
    page.post("delete")
    assert page.get("activity").status_code == 404
