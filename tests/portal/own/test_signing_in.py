"""In, out, and when a session of one's own pages ends."""

from __future__ import annotations

import time

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.test import Client
from tests.portal.conftest import HTML, text_of
from tests.portal.own.conftest import OTHER, PASSWORD, hash_of

from provisor.audit.models import Event
from provisor.directory.models import User
from provisor.portal.own import sessions

REFUSED = "That name and password don't match, or sign-in is closed to you at the moment."


def sign_in(client: Client, login: str, password: str = PASSWORD, **more: str):
    return client.post("/my/sign-in", {"login": login, "password": password, **more})


def is_in(client: Client) -> bool:
    return client.get("/my").status_code == 200


@pytest.mark.parametrize("login", ["zoe", "ZOE", " zoe ", "z\N{WORD JOINER}oe", "zoe@example.com", "Zoe@Example.COM"])
def test_username_or_e_mail_sign_in(browser: Client, zoe: User, login: str):
    answer = sign_in(browser, login)
    assert (answer.status_code, answer["Location"]) == (302, "/my")
    assert is_in(browser)


@pytest.mark.parametrize("login", ["zoe", "nobody", "leo", "new"])
def test_whatever_is_wrong_the_answer_is_the_same(browser: Client, zoe: User, make_person, login: str):
    make_person("leo", state="suspended")
    make_person("new", password=None, password_status="pending")
    answer = sign_in(browser, login, PASSWORD if login == "leo" else "not this one")
    assert (answer.status_code, REFUSED in text_of(answer).replace("&#x27;", "'")) == (422, True)
    body = answer.content.decode()
    assert f'value="{login}"' in body
    assert "not this one" not in body
    assert PASSWORD not in body
    assert not is_in(browser)


def test_a_locked_password_is_refused_and_the_history_tells(browser: Client, zoe: User):
    for _ in range(10):
        sign_in(browser, "zoe", "not this one")
    assert sign_in(browser, "zoe").status_code == 422
    assert Event.objects.filter(type="user_password_locked", user_id=zoe.id).count() == 1


def test_the_session_has_a_key_that_nobody_knew(browser: Client, zoe: User):
    browser.cookies[sessions.COOKIE] = "chosenbysomebodyelse0000000000000"
    sign_in(browser, "zoe")
    assert browser.cookies[sessions.COOKIE].value != "chosenbysomebodyelse0000000000000"
    assert browser.cookies[sessions.COOKIE]["httponly"]
    assert browser.cookies[sessions.COOKIE]["samesite"] == "Lax"


def test_signing_in_again_ends_the_session_before(browser: Client, zoe: User):
    sign_in(browser, "zoe")
    first = browser.cookies[sessions.COOKIE].value
    sign_in(browser, "zoe")
    assert not Session.objects.filter(session_key=first).exists()
    assert is_in(browser)


@pytest.mark.parametrize(
    ("target", "lands", "reason"),
    [
        ("/my/profile", "/my/profile", "one of these pages"),
        ("/settings", "/my", "a page of the administrators"),
        ("/mystery", "/my", "only begins like one"),
        ("https://evil.example/my/profile", "/my", "another site"),
        ("//evil.example/my/", "/my", "another site, without a scheme"),
        ("javascript:alert(1)", "/my", "no address at all"),
    ],
)
def test_one_returns_to_these_pages_only(browser: Client, zoe: User, target: str, lands: str, reason: str):
    assert sign_in(browser, "zoe", next=target)["Location"] == lands, reason


def test_who_is_not_signed_in_comes_back_to_where_they_were(browser: Client, zoe: User):
    answer = browser.get("/my/profile")
    assert answer["Location"] == "/my/sign-in?next=%2Fmy%2Fprofile"
    assert 'value="/my/profile"' in browser.get(answer["Location"]).content.decode()


def test_signing_out_ends_the_session(browser_of_zoe: Client):
    key = browser_of_zoe.cookies[sessions.COOKIE].value
    answer = browser_of_zoe.post("/my/sign-out")
    assert (answer["Location"], answer["Clear-Site-Data"]) == ("/my/sign-in", '"cache"')
    assert not Session.objects.filter(session_key=key).exists()
    assert not is_in(browser_of_zoe)


def aged(client: Client, *, seen: int = 0, signed_in: int = 0) -> Client:
    """The same browser, so many seconds later."""
    session = SessionStore(client.cookies[sessions.COOKIE].value)
    session[sessions.SEEN] -= seen
    session[sessions.SIGNED_IN] -= signed_in
    session.save()
    return client


@pytest.mark.parametrize(
    ("seen", "signed_in_ago", "stays", "reason"),
    [
        (29 * 60, 29 * 60, True, "a person was there"),
        (31 * 60, 31 * 60, False, "nobody for half an hour"),
        (0, 12 * 3600 + 60, False, "twelve hours, however busy"),
    ],
)
def test_a_session_ends(browser_of_zoe: Client, seen: int, signed_in_ago: int, stays: bool, reason: str):
    assert is_in(aged(browser_of_zoe, seen=seen, signed_in=signed_in_ago)) is stays, reason
    assert Session.objects.count() == int(stays)


def test_the_sign_in_says_that_a_session_ended(browser_of_zoe: Client):
    answer = aged(browser_of_zoe, seen=3600).get("/my/profile")
    assert "You were signed out." in text_of(browser_of_zoe.get(answer["Location"]))


def test_a_click_prolongs_and_a_page_that_refreshes_itself_does_not(browser_of_zoe: Client):
    def seen() -> int:
        return SessionStore(browser_of_zoe.cookies[sessions.COOKIE].value)[sessions.SEEN]

    aged(browser_of_zoe, seen=600)
    browser_of_zoe.get("/my", headers={"Provisor-Live": "1"})
    assert time.time() - seen() > 500
    browser_of_zoe.get("/my")
    assert time.time() - seen() < 100


@pytest.mark.parametrize(
    "change",
    [{"state": "suspended"}, {"state": "deleting"}, {"password": "another"}, {"password": None}],
    ids=["suspended", "deleting", "another password", "no password"],
)
def test_a_session_ends_at_once_when_something_changes(browser_of_zoe: Client, zoe: User, change: dict[str, str]):
    if change.get("password"):
        change = {"password": hash_of(OTHER)}
    assert is_in(browser_of_zoe)
    User.objects.filter(pk=zoe.pk).update(**change)
    assert not is_in(browser_of_zoe)
    assert not Session.objects.exists()


def test_a_session_ends_when_the_user_is_gone(browser_of_zoe: Client, zoe: User):
    User.objects.filter(pk=zoe.pk).delete()
    assert not is_in(browser_of_zoe)


def test_a_person_is_no_administrator(browser_of_zoe: Client):
    for path in ("/", "/users", "/settings", "/events"):
        assert browser_of_zoe.get(path)["Location"].startswith("/sign-in?next="), path
    assert browser_of_zoe.get("/api/v1/users").status_code == 401


def test_an_administrator_is_no_person(owner: Client):
    assert owner.get("/my")["Location"].startswith("/my/sign-in")


def test_both_are_signed_in_in_one_browser_and_one_leaves(owner: Client, zoe: User):
    sign_in(owner, "zoe")
    assert (owner.get("/my").status_code, owner.get("/").status_code) == (200, 200)
    owner.post("/sign-out")
    assert (owner.get("/my").status_code, owner.get("/").status_code) == (200, 302)


@pytest.mark.parametrize("swapped", ["the administrator's key in the person's cookie", "the other way round"])
def test_the_key_of_one_opens_nothing_of_the_other(owner: Client, browser_of_zoe: Client, swapped: str):
    client = Client(headers=HTML)
    if swapped.startswith("the administrator"):
        client.cookies[sessions.COOKIE] = owner.session.session_key
    else:
        client.cookies["provisor"] = browser_of_zoe.cookies[sessions.COOKIE].value
    assert (client.get("/my").status_code, client.get("/").status_code) == (302, 302)


def test_who_never_signed_in_has_no_session(browser: Client):
    browser.get("/my")
    browser.get("/my/sign-in")
    sign_in(browser, "nobody")
    assert not Session.objects.exists()


def test_the_two_sign_ins_lead_to_each_other(browser: Client):
    assert b'href="/my/sign-in"' in browser.get("/sign-in").content
    assert b'href="/sign-in"' in browser.get("/my/sign-in").content


def test_a_form_without_its_proof_is_refused_on_a_page_of_ones_own(zoe: User, owner: Client, entered):
    client = entered(zoe, enforce_csrf_checks=True)
    client.cookies["provisor"] = (
        owner.session.session_key
    )  # an administrator's too: what they typed isn't kept for these
    answer = client.post("/my/profile", {"displayname": "Z"}, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 403
    assert "Go to my applications" in text_of(answer)
    assert User.objects.get(pk=zoe.pk).displayname == "Zoë Öztürk"


def test_nothing_is_below_my_that_is_not_there(browser: Client):
    answer = browser.get("/my/nowhere")
    assert answer.status_code == 404
    assert "Go to my applications" in text_of(answer)
