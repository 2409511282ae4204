"""Passwords on the administrators' pages: a user's card, links, locks, rules, start dates."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from tests.portal.conftest import text_of

from provisor.directory.models import Organisation, User
from provisor.mail.models import Mail

RULES = {
    "min_length": "14", "min_classes": "2", "history": "3", "expires_after_days": "90", "warn_before_days": "7",
    "lock_after": "5", "lock_minutes": "30", "mail": "on", "link_hours": "24",
}  # fmt: skip


def sent() -> list[tuple[str, str]]:
    return [(row.template, row.to) for row in Mail.objects.order_by("created")]


def test_the_card_says_how_the_password_stands(owner: Client, make_user: Any) -> None:
    ada = make_user("ada")
    page = text_of(owner.get(f"/users/{ada.id}"))
    assert "Send activation link…" in page
    assert "They can't sign in before they set one" in page
    soon = timezone.now() + timedelta(minutes=10)
    User.objects.update(password_status="locked", locked_until=soon, password_changed=timezone.now())
    page = text_of(owner.get(f"/users/{ada.id}"))
    assert all(word in page for word in ("Locked until", "Unlock", "Send link…"))


def test_a_link_is_sent_after_asking(owner: Client, make_user: Any) -> None:
    ada = make_user("ada")
    page = text_of(owner.get(f"/users/{ada.id}/send-link"))
    assert "Send ada an activation link?" in page
    assert "ada@example.com" in page
    assert "72 hours" in page
    assert sent() == []
    owner.post(f"/users/{ada.id}/send-link")
    User.objects.update(password_status="active")
    assert "Send ada a link for a new password?" in text_of(owner.get(f"/users/{ada.id}/send-link"))
    owner.post(f"/users/{ada.id}/send-link")
    assert sent() == [("activation", "ada@example.com"), ("password_reset", "ada@example.com")]


def test_who_is_not_active_gets_no_link(owner: Client, make_user: Any) -> None:
    ada = make_user("ada", state="suspended")
    assert "link…" not in text_of(owner.get(f"/users/{ada.id}"))
    assert owner.post(f"/users/{ada.id}/send-link").status_code == 409
    assert sent() == []


def test_unlocking_is_one_button(signed_in: Any, make_user: Any) -> None:
    soon = timezone.now() + timedelta(minutes=10)
    ada = make_user("ada", password_status="locked", locked_until=soon, failed_tries=10)
    assert signed_in("auditor").post(f"/users/{ada.id}/unlock").status_code == 403
    signed_in("operator").post(f"/users/{ada.id}/unlock")
    assert User.objects.get().password_status == "active"


def test_setting_a_password_names_the_rules_in_force(owner: Client, make_user: Any) -> None:
    Organisation.objects.update(settings={"password": {"min_length": 20}})
    ada = make_user("ada")
    assert "At least 20 characters." in text_of(owner.get(f"/users/{ada.id}/password"))
    answer = owner.post(f"/users/{ada.id}/password", {"password": "correct horse", "again": "correct horse"})
    assert (answer.status_code, b"correct horse" in answer.content) == (422, False)


def test_rules_are_saved_and_read_as_people_read_them(owner: Client) -> None:
    owner.post("/settings/passwords", RULES)
    found = Organisation.objects.get()
    assert found.settings["password"] == {
        "min_length": 14, "min_classes": 2, "history": 3, "expires_after_days": 90, "warn_before_days": 7,
        "lock_after": 5, "lock_minutes": 30,
    }  # fmt: skip
    assert (found.settings["activation"], found.expiry_since is None) == ({"mail": True, "link_hours": 24}, False)
    page = text_of(owner.get("/settings/passwords"))
    assert "At least 14 characters." in page
    assert "A password holds 90 days." in page


@pytest.mark.parametrize(
    ("field", "value"),
    [("min_length", "7"), ("min_length", "many"), ("min_classes", "5"), ("link_hours", "0"), ("lock_minutes", "")],
)
def test_a_rule_that_cant_be_is_said_beside_its_field(owner: Client, field: str, value: str) -> None:
    answer = owner.post("/settings/passwords", RULES | {field: value})
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert Organisation.objects.get().settings == {}


def test_the_example_follows_what_is_typed(owner: Client) -> None:
    page = text_of(owner.get("/settings/passwords/example", {"min_length": "30", "expires_after_days": "10"}))
    assert "At least 30 characters." in page
    assert "None ends before" in page
    assert owner.get("/settings/passwords/example", {"min_length": "x", "history": "-3"}).status_code == 200
    assert Organisation.objects.get().settings == {}


@pytest.mark.parametrize("role", ["operator", "auditor"])
def test_who_may_not_change_the_rules_reads_them(signed_in: Any, role: str) -> None:
    client = signed_in(role)
    assert b"Save" not in client.get("/settings/passwords").content
    assert client.post("/settings/passwords", RULES).status_code == 403


# Joiners ----------------------------------------------------------------------------------------------------------------

NEW = {"username": "ada", "email": "ada@example.com"}


def test_adding_somebody_mails_them_unless_it_is_off(owner: Client) -> None:
    assert "is mailed a link" in text_of(owner.get("/users/new"))
    owner.post("/users/new", NEW)
    assert sent() == [("activation", "ada@example.com")]
    Organisation.objects.update(settings={"activation": {"mail": False}})
    assert "No mail is sent." in text_of(owner.get("/users/new"))
    owner.post("/users/new", {"username": "ben", "email": "ben@example.com"})
    assert len(sent()) == 1


def test_a_start_date_makes_a_new_user_wait(owner: Client) -> None:
    owner.post("/users/new", NEW | {"start_date": "2031-02-28"})
    ada = User.objects.get()
    assert (ada.state, ada.start_date, sent()) == ("staged", date(2031, 2, 28), [])
    page = owner.get(f"/users/{ada.id}/edit").content.decode()
    assert 'type="date"' in page
    assert 'value="2031-02-28"' in page
    owner.post(f"/users/{ada.id}/edit", NEW | {"start_date": "", "seen": ada.updated.isoformat()})
    assert User.objects.get().start_date is None


def test_a_day_that_is_none_is_said_beside_the_field(owner: Client) -> None:
    answer = owner.post("/users/new", NEW | {"start_date": "2031-02-30"})
    assert (answer.status_code, User.objects.count()) == (422, 0)
    assert 'id="id_start_date_error"' in answer.content.decode()


def test_who_has_begun_has_no_such_field_but_shows_the_day(owner: Client, make_user: Any) -> None:
    ada = make_user("ada", start_date=date(2026, 1, 31))
    assert "2026-01-31" in text_of(owner.get(f"/users/{ada.id}"))
    assert "start_date" not in owner.get(f"/users/{ada.id}/edit").content.decode()


def test_activating_by_hand_sends_the_link(owner: Client, make_user: Any) -> None:
    ada = make_user("ada", state="staged")
    owner.post(f"/users/{ada.id}/activate")
    assert sent() == [("activation", "ada@example.com")]
