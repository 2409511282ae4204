"""Changing one's password, and setting a new one after it expired."""

from __future__ import annotations

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from tests.portal.conftest import text_of
from tests.portal.own.conftest import OTHER, PASSWORD, hash_of

from provisor.audit.models import Event
from provisor.directory.models import User
from provisor.directory.passwords import hashing
from provisor.portal.own import sessions


def change(client: Client, current: str = PASSWORD, password: str = OTHER, again: str | None = None):
    return client.post("/my/password", {"current": current, "password": password, "password_again": again or password})


def test_a_new_one_is_set_and_every_other_browser_is_out(zoe: User, entered):
    here, there = entered(zoe), entered(zoe)
    answer = change(here)
    assert answer["Location"] == "/my/done"
    assert "Your password is set" in text_of(here.get("/my/done"))
    assert there.get("/my").status_code == 302
    zoe.refresh_from_db()
    assert hashing.matches(OTHER, zoe.password)
    event = Event.objects.get(type="user_password_change")
    assert (event.actor["kind"], event.actor["id"]) == ("user", str(zoe.id))


@pytest.mark.parametrize(
    ("current", "password", "again", "said"),
    [
        ("not this one", OTHER, None, "This isn't your password."),
        ("", OTHER, None, "Type the password that you have now."),
        (PASSWORD, OTHER, "another long sentence", "The two are not the same."),
        (PASSWORD, "zoe@example.com", None, "Nothing close to the username"),
        (PASSWORD, PASSWORD, None, "Not one of the last 5 passwords."),
        (PASSWORD, "password123456", None, "None that many people use"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_changes(
    browser_of_zoe: Client, zoe: User, current: str, password: str, again: str | None, said: str
):
    answer = change(browser_of_zoe, current, password, again)
    assert answer.status_code == 422
    errors = [str(text) for texts in answer.context["form"].errors.values() for text in texts]
    assert any(said in text for text in errors), errors
    body = answer.content.decode()
    for typed in {current, password} - {"zoe@example.com", ""}:
        assert typed not in body
    zoe.refresh_from_db()
    assert hashing.matches(PASSWORD, zoe.password)
    assert browser_of_zoe.get("/my").status_code == 200


def test_wrong_tries_at_the_present_one_lock_it(browser_of_zoe: Client, zoe: User):
    for _ in range(10):
        change(browser_of_zoe, "not this one")
    assert change(browser_of_zoe).status_code == 422
    zoe.refresh_from_db()
    assert (zoe.password_status, hashing.matches(PASSWORD, zoe.password)) == ("locked", True)


@pytest.fixture
def expired(make_person) -> User:
    return make_person("eva", password_status="expired")


@pytest.mark.parametrize("path", ["/my", "/my/profile", "/my/done"])
def test_an_expired_password_opens_one_page_only(expired: User, entered, path: str):
    assert entered(expired).get(path)["Location"] == "/my/password"


def test_an_expired_password_signs_in_to_set_a_new_one(browser: Client, expired: User):
    assert browser.post("/my/sign-in", {"login": "eva", "password": PASSWORD})["Location"] == "/my/password"
    page = browser.get("/my/password")
    assert "Yours has expired." in text_of(page)
    assert b'name="current"' not in page.content
    answer = browser.post("/my/password", {"password": OTHER, "password_again": OTHER})
    assert answer["Location"] == "/my/done"
    expired.refresh_from_db()
    assert expired.password_status == "active"
    assert browser.get("/my").status_code == 200


def test_who_signed_in_a_while_ago_types_the_expired_one_again(expired: User, entered):
    client = entered(expired)
    session = SessionStore(client.cookies[sessions.COOKIE].value)
    session[sessions.SIGNED_IN] -= sessions.JUST_NOW + 1
    session.save()
    assert b'name="current"' in client.get("/my/password").content
    client.post("/my/password", {"password": OTHER, "password_again": OTHER})
    expired.refresh_from_db()
    assert expired.password == hash_of()
    assert change(client)["Location"] == "/my/done"


def test_a_password_that_isnt_expired_needs_the_present_one(browser_of_zoe: Client, zoe: User):
    answer = browser_of_zoe.post("/my/password", {"password": OTHER, "password_again": OTHER})
    assert answer.status_code == 422
    zoe.refresh_from_db()
    assert zoe.password == hash_of()


def test_the_rules_turn_while_typing(browser_of_zoe: Client):
    answer = browser_of_zoe.post("/my/password/check", {"password": "Zoë Öztürk Öztürk"})
    assert "Nothing close to the username, the e-mail address or the name. Not met yet." in text_of(answer)
    assert "Öztürk" not in answer.content.decode()


def test_where_it_is_set_too_is_said(zoe: User, entered, make_application):
    takes = {"settings": {"push_passwords": True, "form": {"password": "both"}}, "provisioning": "active"}
    make_application("Quay", zoe, **takes)
    make_application("Away", **takes)
    make_application("Plain", zoe, provisioning="active")
    client = entered(zoe)
    assert "It is also set, within seconds, in Quay ." in text_of(client.get("/my/password"))
    change(client)
    assert "It is also being set in Quay ." in text_of(client.get("/my/done"))
