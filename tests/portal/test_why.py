"""Why an account is as it is, on a page: access, the account, what would be sent, what was sent, what it waits for."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client
from tests.portal.conftest import text_of

from provisor.applications.models import Run
from provisor.core import mapping

ROWS = mapping.rows_as_json(mapping.DEFAULT_ROWS)


def of(client: Client, user, application) -> str:
    answer = client.get(f"/users/{user.id}/why", {"application": str(application.id)})
    assert answer.status_code == 200
    return text_of(answer)


def test_every_path_of_access_is_named(owner: Client, make_user, make_group, make_application):
    ada = make_user("ada")
    staff = make_group("Staff", ada)
    chat = make_application("Chat", staff, ada, mapping=ROWS, provisioning="active")
    said = of(owner, ada, chat)
    assert "Given directly · Staff" in said or "Staff · Given directly" in said
    assert "No account there is known." in said
    assert "Nothing was ever sent for this user." in said


def test_who_has_no_access_reads_that(owner: Client, make_user, make_application):
    said = of(owner, make_user("ada"), make_application("Chat", mapping=ROWS))
    assert "Has no access" in said
    assert "The application is configured: nothing is sent." in said


def test_what_would_be_sent_is_shown_as_difference_and_as_request(
    owner: Client, make_user, make_application, make_link
):
    ada = make_user("ada", displayname="Ada <i>L</i>")
    chat = make_application("Chat", ada, mapping=ROWS, provisioning="active")
    make_link({"id": chat.id}, ada, remote_id="r 1", known={"userName": {"sent": "ada", "echo": "ada"}})
    said = of(owner, ada, chat)
    assert "displayName Ada &lt;i&gt;L&lt;/i&gt;" in said
    assert "PATCH /Users/r%201" in said
    assert "Linked to the account r 1 there, which is active." in said


def test_a_held_account_leads_to_its_plan(owner: Client, make_user, make_application, make_link):
    ada = make_user("ada")
    chat = make_application("Chat", mapping=ROWS, provisioning="active")
    error = {"code": "guard", "message": "Too many would end.", "hint": "Look at the plan that waits."}
    make_link({"id": chat.id}, ada, status="held", error=error)
    run = Run.objects.create(application=chat, kind="guard", status="waiting_approval")
    said = of(owner, ada, chat)
    assert "Too many would end. Next: Look at the plan that waits. Review plan" in said
    page = owner.get(f"/users/{ada.id}/why", {"application": str(chat.id)}).content.decode()
    assert f'href="/runs/{run.id}"' in page


@pytest.mark.parametrize("wanted", ["", "no-id"])
def test_without_an_application_it_asks_for_one(owner: Client, make_user, make_application, wanted: str):
    make_application("Chat")
    ada = make_user("ada")
    assert "Choose an application" in text_of(owner.get(f"/users/{ada.id}/why", {"application": wanted}))
    assert owner.get(f"/users/{ada.id}/why", {"application": str(uuid.uuid4())}).status_code == 404


def test_the_users_page_leads_there(owner: Client, make_user, make_application):
    ada = make_user("ada")
    chat = make_application("Chat", ada)
    assert f'href="/users/{ada.id}/why?application={chat.id}"' in owner.get(f"/users/{ada.id}").content.decode()
