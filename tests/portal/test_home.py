"""Home says what needs a person, and that all is well only when it is."""

from __future__ import annotations

from django.test import Client
from django.utils import timezone
from tests.portal.conftest import text_of

from provisor.applications.models import Run

STOPPED = {
    "code": "credentials_invalid",
    "message": "The service provider answered 401: <b>token expired</b>",
    "hint": "Set a new token.",
    "since": "2026-11-03T12:00:00+00:00",
}


def account(make_link, application, user, **fields):
    return make_link({"id": application.id}, user, **fields)


def test_a_new_installation_shows_three_steps(owner: Client, make_user, make_application):
    assert "Three steps, and the first accounts are right." in text_of(owner.get("/"))
    make_user("ada")
    page = text_of(owner.get("/"))
    assert "Add an application" in page
    assert page.index("Add users") < page.index("Add New Application")
    make_application("Chat")
    assert "Choose an application" in text_of(owner.get("/"))


def test_all_well_is_said_in_one_sentence(owner: Client, make_user, make_application, make_link):
    ada = make_user("ada")
    account(make_link, make_application("Chat", ada), ada, last_synced=timezone.now())
    page = text_of(owner.get("/"))
    assert "Nothing needs you. 1 account is right." in page
    assert "Needs a person" not in page


def test_what_needs_a_person_stands_most_urgent_first(owner: Client, make_user, make_application, make_link):
    ada, ben = make_user("ada"), make_user("ben")
    wiki = make_application("Wiki", ada, provisioning="active")
    account(make_link, wiki, ada, status="held")
    mail = make_application("Mail", ben, provisioning="failing", stopped=STOPPED)
    account(make_link, mail, ben, status="retrying")
    Run.objects.create(
        application=wiki, kind="guard", status="waiting_approval", counts={"deactivate": 214, "update": 3}
    )
    page = text_of(owner.get("/"))
    said = [
        "Mail: the token is refused",
        "1 account waits. Nothing is lost. Set a new token.",
        "Plan for Wiki waits for approval",
    ]
    said += ["The guard stopped 214 deactivations and 3 updates.", "1 account is held in Wiki"]
    assert sorted(said, key=page.index) == said
    assert "3 things need a person." in page


def test_applications_stand_worst_first_with_their_numbers(owner: Client, make_user, make_application, make_link):
    ada, ben, cid = make_user("ada"), make_user("ben"), make_user("cid")
    account(make_link, make_application("Agenda", ada, provisioning="active"), ada)
    wiki = make_application("Wiki", ada, ben, cid, provisioning="active")
    account(make_link, wiki, ada)
    account(make_link, wiki, ben, status="inactive")
    account(make_link, wiki, cid, status="held")
    page = text_of(owner.get("/"))
    table = page[page.index("Last success") :]
    assert table.index("Wiki") < table.index("Agenda")
    assert "2 right 1 held" in table


def test_words_of_a_service_provider_stay_words(owner: Client, make_user, make_application):
    make_application("<i>Chat</i>", make_user("ada"), provisioning="failing", stopped=STOPPED)
    body = owner.get("/").content.decode()
    assert "401 · &lt;b&gt;token expired&lt;/b&gt;" in body
    assert "<i>Chat" not in body


def test_the_live_part_comes_alone(owner: Client, make_user, make_application):
    make_application("Chat", make_user("ada"))
    part = owner.get("/", headers={"HX-Request": "true"}).content
    assert b"<html" not in part
    assert b"Chat" in part
