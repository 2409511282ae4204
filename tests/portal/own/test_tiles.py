"""One's applications: which, in what order, and where they lead."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from tests.portal.conftest import text_of
from tests.portal.own.conftest import settings

from provisor.applications.models import Application, Assignment
from provisor.directory.models import Membership, User

HTMX = {"HX-Request": "true"}


@pytest.fixture
def give(zoe: User, make_application, make_link):
    """`give("Chat")`: an application that Zoë uses, with her account there."""

    def made(name: str, *, account: bool | None = True, to: object = None, **fields: object) -> Application:
        application = make_application(name, to or zoe, **{"provisioning": "active", **fields})
        if account is not None:
            make_link({"id": application.id}, zoe, remote_id=f"id-of-{name}", active=account, status="synced")
        return application

    return made


def titles(client: Client, path: str = "/my", **headers: str) -> list[str]:
    return re.findall(r"</span>\n<b>([^<]*)</b><small>", client.get(path, headers=headers).content.decode())


def age(application: Application, days: int) -> None:
    Assignment.objects.filter(application=application).update(created=timezone.now() - timedelta(days=days))


def test_those_with_access_that_are_shown_by_their_titles(browser_of_zoe: Client, give, make_application, make_group):
    give("zebra")
    give("Öresund")
    give("Pier", label="Anleger")
    give("Orion", to=make_group("Staff", User.objects.get(username="zoe")))
    give("Hidden", show_in_portal=False)
    give("Never activated", provisioning="configured")
    give("Paused", provisioning="paused")
    give("Failing", provisioning="failing")
    make_application("Not hers", provisioning="active")
    assert titles(browser_of_zoe) == ["Anleger", "Failing", "Öresund", "Orion", "Paused", "zebra"]


def test_a_tile_leads_to_its_application_or_says_where_one_signs_in(browser_of_zoe: Client, give):
    give("Chat", sign_in_url="https://chat.example.com/?a=1&b=2")
    give("Quiet")
    body = browser_of_zoe.get("/my").content.decode()
    link = re.search(r'<a class="card own-tile" href="([^"]*)" target="_blank" rel="([^"]*)"', body)
    assert link
    assert link.groups() == ("https://chat.example.com/?a=1&amp;b=2", "noopener noreferrer")
    assert body.count('<a class="card own-tile"') == 1
    assert "Sign in at the application itself" in body


@pytest.mark.parametrize("account", [None, False])
def test_what_is_being_set_up_can_not_be_clicked(browser_of_zoe: Client, give, account: bool | None):
    give("Chat", account=account, sign_in_url="https://chat.example.com/")
    body = browser_of_zoe.get("/my").content.decode()
    assert "Being set up" in body
    assert "chat.example.com" not in body


def test_new_is_what_came_within_seven_days_unless_everything_did(browser_of_zoe: Client, give, make_group, zoe: User):
    staff = make_group("Staff", zoe)
    age(give("Old"), 30)
    age(give("By a new membership", to=staff), 30)
    age(give("Eight days"), 8)
    give("Fresh")
    text = text_of(browser_of_zoe.get("/my"))
    assert (text.count("New"), "New Fresh" in text, "New By a new membership" in text) == (2, True, True)
    Membership.objects.update(created=timezone.now() - timedelta(days=30))
    assert text_of(browser_of_zoe.get("/my")).count("New") == 1
    Application.objects.exclude(name="Fresh").delete()
    assert "New" not in text_of(browser_of_zoe.get("/my"))


@pytest.mark.parametrize(("count", "there"), [(8, False), (9, True)])
def test_the_search_comes_with_the_ninth(browser_of_zoe: Client, give, count: int, there: bool):
    for number in range(count):
        give(f"Application {number}")
    assert (b'type="search"' in browser_of_zoe.get("/my").content) is there


@pytest.mark.parametrize(
    ("search", "found"), [("KIEL", ["Hafen Kiel"]), ("hafenplan", ["Plan"]), ("  plan ", ["Plan"]), ("nothing", [])]
)
def test_the_search_finds_by_label_and_name(browser_of_zoe: Client, give, search: str, found: list[str]):
    give("Hafen Kiel")
    give("Hafenplan", label="Plan")
    page = browser_of_zoe.get("/my", {"search": search})
    assert titles(browser_of_zoe, f"/my?search={search}") == found
    assert titles(browser_of_zoe, f"/my?search={search}", **HTMX) == found
    assert ("No application is called “nothing”" in text_of(page)) is (not found)


def test_a_part_of_the_page_is_no_page(browser_of_zoe: Client, give):
    give("Chat")
    assert b"<html" not in browser_of_zoe.get("/my", headers=HTMX).content


def test_without_any_it_says_whom_to_ask(browser_of_zoe: Client):
    assert "No applications yet" in text_of(browser_of_zoe.get("/my"))
    assert "Ask your IT." in text_of(browser_of_zoe.get("/my"))
    settings(self_service={"contact": "it-help@nordlicht.example"})
    assert b'href="mailto:it-help@nordlicht.example"' in browser_of_zoe.get("/my").content


def test_hostile_names_stay_text(browser_of_zoe: Client, give):
    give('<script>alert("x")</script>', label="<img src=x onerror=alert(1)>")
    body = browser_of_zoe.get("/my").content.decode()
    assert "<script>alert" not in body
    assert "<img" not in body
    assert "&lt;img src=x onerror=alert(1)&gt;" in body


def test_reading_takes_as_many_statements_for_many_as_for_one(
    browser_of_zoe: Client, give, django_assert_max_num_queries
):
    for number in range(30):
        give(f"Application {number}")
    with django_assert_max_num_queries(10):
        browser_of_zoe.get("/my")


@pytest.mark.parametrize("slash", ["/my/"])
def test_a_slash_too_many_is_forgiven(browser_of_zoe: Client, slash: str):
    assert browser_of_zoe.get(slash)["Location"] == "/my"
