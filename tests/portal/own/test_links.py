"""The page behind a one-time link."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from tests.portal.conftest import text_of
from tests.portal.own.conftest import OTHER, PASSWORD, settings

from provisor.directory.commands import one_time
from provisor.directory.models import OneTimeLink, Purpose, User
from provisor.mail.models import Mail
from provisor.portal.own import sessions


@pytest.fixture
def newcomer(make_person) -> User:
    return make_person("nia", firstname="Nia", password=None, password_status="pending")


@pytest.fixture
def token(newcomer: User) -> str:
    return one_time.make(newcomer.id, Purpose.ACTIVATION)


def set_with(client: Client, token: str, password: str = OTHER, again: str | None = None):
    return client.post(f"/my/link/{token}", {"password": password, "password_again": again or password})


def is_open(token: str) -> bool:
    row = OneTimeLink.objects.get(digest=hashlib.sha256(token.encode()).hexdigest())
    return (row.used, row.replaced, row.ended) == (None, None, None)


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_uses_nothing_up_and_tells_no_other_page(browser: Client, token: str, method: str):
    for _ in range(3):
        answer = getattr(browser, method)(f"/my/link/{token}")
    assert (answer.status_code, answer["Referrer-Policy"]) == (200, "strict-origin")
    assert "no-store" in answer["Cache-Control"]
    assert is_open(token)


def test_it_says_whom_it_is_for_and_what_the_password_needs(browser: Client, token: str):
    text = text_of(browser.get(f"/my/link/{token}"))
    assert "Welcome, Nia." in text
    assert "At least 12 characters." in text
    assert "Checked on saving." in text


def test_the_password_is_set_and_the_person_is_in(browser: Client, newcomer: User, token: str):
    answer = set_with(browser, token)
    assert (answer.status_code, answer["Location"]) == (302, "/my/done")
    assert "You are signed in, here and in no other browser." in text_of(browser.get("/my/done"))
    newcomer.refresh_from_db()
    assert newcomer.password_status == "active"
    assert browser.post("/my/sign-out").status_code == 302
    assert browser.post("/my/sign-in", {"login": "nia", "password": OTHER})["Location"] == "/my"


@pytest.mark.parametrize(
    ("password", "again", "said"),
    [
        ("short", None, "At least 12 characters."),
        (OTHER, "nine blue lanterns in the mist", "The two are not the same."),
        ("nia@example.com", None, "Nothing close to the username"),
        ("a" * 1025, None, "At most 1024 characters."),
        ("line\x00break of a long one", None, "Null characters are not allowed."),
    ],
)
def test_a_refused_password_is_in_no_page_and_the_link_stays(
    browser: Client, token: str, password: str, again: str | None, said: str
):
    answer = set_with(browser, token, password, again)
    assert answer.status_code == 422
    assert said in text_of(answer)
    body = answer.content.decode().replace(
        "nia@example.com", "" if password != "nia@example.com" else "nia@example.com"
    )
    assert password not in body
    assert is_open(token)
    assert sessions.COOKIE not in browser.cookies


def test_of_two_tabs_one_wins(browser: Client, token: str):
    assert set_with(browser, token).status_code == 302
    late = set_with(browser, token, PASSWORD)
    assert late.status_code == 410
    assert "This link was used" in text_of(late)


def _used(token: str, user: User) -> None:
    one_time.redeem(token, OTHER)


def _too_old(token: str, user: User) -> None:
    OneTimeLink.objects.update(expires=timezone.now() - timedelta(seconds=1))


def _replaced(token: str, user: User) -> None:
    one_time.make(user.id, Purpose.ACTIVATION)


def _suspended(token: str, user: User) -> None:
    User.objects.filter(pk=user.pk).update(state="suspended")


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (_used, "This link was used"),
        (_too_old, "This link is too old"),
        (_replaced, "There is a newer link"),
        (_suspended, "This link ended"),
    ],
)
def test_a_link_that_ended_says_how_and_nothing_of_the_person(
    browser: Client, newcomer: User, token: str, end, said: str
):
    end(token, newcomer)
    for answer in (browser.get(f"/my/link/{token}"), set_with(browser, token, PASSWORD)):
        assert answer.status_code == 410
        assert said in text_of(answer)
        assert "Nia" not in text_of(answer)
        assert "nia" not in text_of(answer)
        assert answer["Referrer-Policy"] == "strict-origin"
    assert browser.post(f"/my/link/{token}/check", {"password": "x"}).status_code == 410


@pytest.mark.parametrize("unknown", ["nothing", "x" * 300, "%00", "..%2F..", "ü"])
def test_a_link_that_nobody_was_sent_is_unknown(browser: Client, unknown: str):
    answer = browser.get(f"/my/link/{unknown}")
    assert answer.status_code == 404


def sent() -> list[tuple[str, str]]:
    return list(Mail.objects.order_by("created").values_list("to", "template"))


def test_a_new_link_goes_to_the_address_on_file_which_is_not_shown(browser: Client, newcomer: User, token: str):
    _too_old(token, newcomer)
    answer = browser.post(f"/my/link/{token}/again")
    assert "a new link is on its way to the address that is on file" in text_of(answer)
    assert "nia@" not in answer.content.decode()
    assert sent() == [("nia@example.com", "activation")]


@pytest.mark.parametrize("case", ["unknown", "suspended"])
def test_asking_again_tells_nothing(browser: Client, newcomer: User, token: str, case: str):
    usual = text_of(browser.post(f"/my/link/{token}/again"))
    Mail.objects.all().delete()
    if case == "suspended":
        _suspended(token, newcomer)
    answer = browser.post(f"/my/link/{'nothing' if case == 'unknown' else token}/again")
    assert (answer.status_code, text_of(answer), sent()) == (200, usual, [])


@pytest.mark.parametrize("reset", [True, False])
def test_a_used_link_is_a_way_to_a_new_password_only_where_resets_are_allowed(
    browser: Client, newcomer: User, token: str, reset: bool
):
    settings(self_service={"reset": reset})
    _used(token, newcomer)
    browser.post(f"/my/link/{token}/again")
    assert sent() == ([("nia@example.com", "password_reset")] if reset else [])


def test_nobody_is_flooded_with_links(browser: Client, newcomer: User, token: str):
    for _ in range(6):
        browser.post(f"/my/link/{token}/again")
    assert len(sent()) == 3


def test_the_rules_turn_while_typing_and_nothing_typed_comes_back(browser: Client, token: str):
    short, long = (
        browser.post(f"/my/link/{token}/check", {"password": typed}, headers={"HX-Request": "true"})
        for typed in ("Möwen", "Möwen über Kiel")
    )
    assert "At least 12 characters. 5 so far. Not met yet." in text_of(short)
    assert "At least 12 characters. 15 so far. Met." in text_of(long)
    assert "Möwen" not in short.content.decode() + long.content.decode()
    assert is_open(token)


def test_the_rules_are_those_of_the_organisation(browser: Client, token: str):
    settings(password={"min_length": 20, "min_classes": 3, "history": 0})
    text = text_of(browser.get(f"/my/link/{token}"))
    assert "At least 20 characters." in text
    assert "At least 3 of: small letters" in text
    assert "Checked on saving." not in text


@pytest.mark.parametrize("login", ["zoe", "zoe@example.com", "nobody", "leo"])
def test_forgot_has_one_answer_and_mails_only_active_users(browser: Client, zoe: User, make_person, login: str):
    make_person("leo", state="suspended")
    answer = browser.post("/my/forgot", {"login": login})
    assert "If this is a user who may set a password" in text_of(answer)
    assert "example.com" not in text_of(answer)
    assert sent() == ([("zoe@example.com", "password_reset")] if login.startswith("zoe") else [])


def test_where_resets_are_off_nothing_is_mailed(browser: Client, zoe: User):
    settings(self_service={"reset": False})
    assert "Forgot your password?" not in text_of(browser.get("/my/sign-in"))
    answer = browser.post("/my/forgot", {"login": "zoe"})
    assert "only an administrator sets a new one" in text_of(answer)
    assert sent() == []


def test_a_session_of_somebody_else_ends_with_a_new_password(entered, zoe: User, newcomer: User, token: str):
    client = entered(zoe)
    before = client.cookies[sessions.COOKIE].value
    set_with(client, token)
    assert "nia@example.com" in text_of(client.get("/my"))
    assert client.cookies[sessions.COOKIE].value != before


def test_no_table_holds_what_was_typed(browser: Client, newcomer: User, token: str):
    canary = "kanarienvogel 7 in the mine"
    browser.post(f"/my/link/{token}/check", {"password": canary})
    set_with(browser, token, canary, "not the same at all")
    set_with(browser, token, canary)
    browser.post("/my/password", {"current": canary, "password": f"{canary} 2", "password_again": f"{canary} 2"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT count(*) FROM "{table}" t WHERE t::text LIKE %s', ["%kanarienvogel%"])
            assert cursor.fetchone() == (0,), table
