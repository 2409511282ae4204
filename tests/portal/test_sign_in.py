"""In, out, and back to where one was."""

from __future__ import annotations

import re
import time

import pytest
from django.contrib.sessions.models import Session
from django.http import QueryDict
from django.test import Client, RequestFactory
from tests.portal.conftest import HTML, PASSWORD, text_of

from provisor.portal import sessions, typed

MISMATCH = "That e-mail and password don&#x27;t match."


def sign_in(client: Client, email: str, password: str = PASSWORD, **more: str):
    return client.post("/sign-in", {"login": email, "password": password, **more})


@pytest.mark.parametrize(
    ("typed_email", "reason"),
    [
        ("ada@example.com", "as it was given"),
        ("ADA@Example.COM", "case is folded"),
        ("  ada@example.com ", "white space around it is dropped"),
        ("ａｄａ@example.com", "full-width letters are the same letters"),
    ],
)
def test_an_address_signs_in_however_it_is_written(browser, make_administrator, typed_email: str, reason: str):
    make_administrator("Ada@example.com")
    answer = sign_in(browser, typed_email)
    assert (answer.status_code, answer["Location"]) == (302, "/"), reason


def test_the_address_need_not_have_a_dot(browser, make_administrator):
    make_administrator("root@localhost")
    assert sign_in(browser, "root@localhost").status_code == 302


@pytest.mark.parametrize("email", ["ada@example.com", "nobody@example.com", "off@example.com", "x" * 256])
def test_wrong_is_the_same_for_known_and_unknown(browser, make_administrator, email: str):
    make_administrator("ada@example.com")
    make_administrator("off@example.com", is_active=False)
    answer = sign_in(browser, email, PASSWORD if email.startswith("off") else "not this one")
    body = answer.content.decode()
    assert (answer.status_code, MISMATCH in body) == (200, True)
    assert f'value="{email}"' in body
    assert "not this one" not in body


def test_tries_are_limited_and_the_page_says_what_to_do(browser, make_administrator):
    make_administrator("ada@example.com")
    for _ in range(5):
        sign_in(browser, "ada@example.com", "not this one")
    answer = sign_in(browser, "ada@example.com")
    assert "Too many tries. Wait five minutes, or ask an owner" in text_of(answer)
    assert "_auth_user_id" not in browser.session


def test_too_many_requests_are_a_page(browser, make_administrator):
    answers = [sign_in(browser, f"nobody{number}@example.com", "x") for number in range(31)]
    assert answers[-1].status_code in (200, 429)
    assert "Too many tries" in text_of(answers[-1])


def test_the_session_gets_a_new_id(browser, make_administrator):
    make_administrator("ada@example.com")
    session = browser.session
    session["was"] = "somebody"
    session.save()
    before = browser.cookies["provisor"].value
    sign_in(browser, "ada@example.com")
    assert browser.cookies["provisor"].value != before
    assert not Session.objects.filter(session_key=before).exists()


@pytest.mark.parametrize(
    ("target", "lands", "reason"),
    [
        ("/events?type=user_create", "/events?type=user_create", "our own page"),
        ("https://evil.example/", "/", "another site"),
        ("//evil.example/", "/", "another site, without a scheme"),
        ("javascript:alert(1)", "/", "no address at all"),
    ],
)
def test_one_returns_to_our_own_pages_only(browser, make_administrator, target: str, lands: str, reason: str):
    make_administrator("ada@example.com")
    assert sign_in(browser, "ada@example.com", next=target)["Location"] == lands, reason


def test_signing_out_ends_the_session(owner: Client):
    key = owner.session.session_key
    answer = owner.post("/sign-out")
    assert (answer["Location"], answer["Clear-Site-Data"]) == ("/sign-in", '"cache"')
    assert not Session.objects.filter(session_key=key).exists()
    assert owner.get("/").status_code == 302


def test_the_history_tells_who_signed_in_and_who_was_refused(browser, make_administrator, happened):
    make_administrator("ada@example.com")
    sign_in(browser, "a password in the wrong field")
    sign_in(browser, "ada@example.com", "wrong")
    sign_in(browser, "ada@example.com")
    told = [(event.outcome, event.message) for event in happened("admin_login")]
    assert told == [
        ("failure", "An address that no administrator has."),
        ("failure", "ada@example.com"),
        ("success", "ada@example.com"),
    ]


def aged(client: Client, *, seen: int = 0, signed_in: int = 0) -> Client:
    """The same browser, so many seconds later."""
    session = client.session
    session[sessions.SEEN] -= seen
    session[sessions.SIGNED_IN] -= signed_in
    session.save()
    return client


@pytest.mark.parametrize(
    ("seen", "signed_in_ago", "status", "reason"),
    [
        (29 * 60, 29 * 60, 200, "a person was there"),
        (31 * 60, 31 * 60, 302, "nobody for half an hour"),
        (0, 12 * 3600 + 60, 302, "twelve hours, however busy"),
    ],
)
def test_a_session_ends(owner: Client, seen: int, signed_in_ago: int, status: int, reason: str):
    assert aged(owner, seen=seen, signed_in=signed_in_ago).get("/").status_code == status, reason


def test_a_page_that_refreshes_itself_keeps_nobody_signed_in(owner: Client):
    aged(owner, seen=600)
    owner.get("/", headers={"HX-Request": "true", "Provisor-Live": "1"})
    assert time.time() - owner.session[sessions.SEEN] > 500
    owner.get("/")
    assert time.time() - owner.session[sessions.SEEN] < 100


def test_a_page_that_refreshes_itself_is_not_replaced_by_the_sign_in(owner: Client):
    answer = aged(owner, seen=3600).get("/", headers={"HX-Request": "true", "Provisor-Live": "1"})
    assert (answer.status_code, answer.content) == (401, b"")


def test_a_click_in_a_page_that_is_signed_out_leads_through_the_sign_in_back_to_it(owner: Client):
    here = {"HX-Request": "true", "HX-Current-URL": "http://testserver/events?type=a"}
    answer = aged(owner, seen=3600).get("/", headers=here)
    assert answer["HX-Redirect"] == "/sign-in?next=%2Fevents%3Ftype%3Da"


def lost_form(client: Client) -> None:
    """A form of /events is sent after the session ended."""
    aged(client, seen=3600)
    client.post("/events", {"name": "Chat", "token": "s3cret", "new_password": "s3cret"})


def given_again(client: Client, path: str = "/events") -> QueryDict | None:
    request = RequestFactory().get(path)
    request.session = client.session
    request.user = client.get("/").wsgi_request.user
    return typed.given(request)


def test_what_was_typed_comes_back_without_secrets(owner: Client):
    lost_form(owner)
    sign_in(owner, "owner@example.com", next="/events")
    assert given_again(owner) == QueryDict("name=Chat")
    assert given_again(owner, "/") is None


def test_what_was_typed_is_nobody_elses(owner: Client, make_administrator):
    make_administrator("ben@example.com")
    lost_form(owner)
    sign_in(owner, "ben@example.com")
    assert given_again(owner) is None


def test_a_stranger_fills_no_sessions(browser: Client):
    browser.post("/events", {"name": "Chat"})
    assert typed.KEY not in browser.session


def test_the_sign_in_says_that_the_form_is_kept(owner: Client):
    lost_form(owner)
    assert "what you typed comes back" in text_of(owner.get("/sign-in?next=/events"))


def test_a_form_from_before_the_sign_in_is_given_back_and_not_refused(signed_in):
    client = signed_in("owner", enforce_csrf_checks=True)
    answer = client.post("/theme", {"theme": "dark"}, headers={"Referer": "http://testserver/events"})
    assert answer["Location"] == "/events"
    assert client.session[typed.KEY]["data"] == "theme=dark"


def test_the_theme_is_rendered_by_the_server(browser: Client):
    browser.post("/theme", {"theme": "dark"})
    assert b'data-theme="dark"' in browser.get("/sign-in").content
    browser.post("/theme", {"theme": "system"})
    assert b"data-theme" not in browser.get("/sign-in").content


@pytest.mark.parametrize("theme", ['dark"><script>alert(1)</script>', ""])
def test_a_theme_that_is_none_is_not_rendered(db: None, theme: str):
    client = Client(headers=HTML)
    client.cookies["provisor-theme"] = theme
    assert not re.search(rb"data-theme|<script>", client.get("/sign-in").content)
