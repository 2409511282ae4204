"""Switching the pushing of passwords on in the portal: what is said before, who may, and what is shown afterwards."""

from __future__ import annotations

from typing import Any

import pytest
from tests.portal.conftest import PASSWORD

from provisor.applications.models import AccountPassword, Application
from provisor.core import mapping

ROWS = mapping.rows_as_json(mapping.DEFAULT_ROWS)


@pytest.fixture
def chat(make_application: Any, make_user: Any) -> Application:
    return make_application("Chat", make_user("ada"), provisioning="active", mapping=ROWS)


def on(application: Application) -> bool:
    return bool(Application.objects.get(id=application.id).settings.get("push_passwords"))


def address(application: Application, rest: str = "passwords") -> str:
    return f"/applications/{application.id}/{rest}"


def test_it_says_what_it_means_and_asks_for_the_own_password(owner: Any, chat: Application) -> None:
    page = owner.get(address(chat)).content.decode()
    assert "Whoever runs chat.example can read every password" in page
    assert 'autocomplete="current-password"' in page
    assert owner.post(address(chat), {"password": ""}).status_code == 422
    wrong = owner.post(address(chat), {"password": "not mine"})
    assert wrong.status_code == 422
    assert "not mine" not in wrong.content.decode()
    assert not on(chat)
    assert owner.post(address(chat), {"password": PASSWORD}).status_code == 302
    assert on(chat)


def test_guessing_the_password_is_limited(owner: Any, chat: Application) -> None:
    pages = [owner.post(address(chat), {"password": f"guess {n}"}).content.decode() for n in range(11)]
    assert "Too many tries" in pages[-1]
    assert owner.post(address(chat), {"password": PASSWORD}).status_code == 422
    assert not on(chat)


@pytest.mark.parametrize("role", ["admin", "operator", "auditor"])
def test_others_read_it_and_may_not(signed_in: Any, chat: Application, role: str) -> None:
    browser = signed_in(role)
    page = browser.get(address(chat))
    assert (page.status_code, "Only an owner can switch this on." in page.content.decode()) == (200, True)
    assert browser.post(address(chat), {"password": PASSWORD}).status_code == 403
    assert not on(chat)


def test_while_it_is_on_every_page_of_the_application_says_so(owner: Any, chat: Application) -> None:
    quiet = [owner.get(address(chat, tab)).content.decode() for tab in ("provisioning", "users", "activity")]
    assert not any("Passwords are pushed to Chat." in page for page in quiet)
    Application.objects.filter(id=chat.id).update(settings={"push_passwords": True})
    loud = [owner.get(address(chat, tab)).content.decode() for tab in ("provisioning", "users", "activity")]
    assert all("Passwords are pushed to Chat." in page for page in loud)


def test_it_is_switched_off_with_one_press(signed_in: Any, chat: Application) -> None:
    Application.objects.filter(id=chat.id).update(settings={"push_passwords": True})
    assert signed_in("admin").post(address(chat, "passwords/off")).status_code == 302
    assert not on(chat)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("waiting", "Password waits to be sent"),
        ("pushed", "Password sent"),
        ("temporary", "Temporary password"),
        ("refused", "The password was refused"),
        ("dropped", "The password was not sent"),
    ],
)
def test_what_became_of_a_password_stands_beside_the_account(
    owner: Any, chat: Application, make_link: Any, status: str, words: str
) -> None:
    ada = chat.assignments.get().user
    make_link({"id": chat.id}, ada, status="synced", remote_id="1")
    error = {"code": "x", "message": "The service provider answered 400: <b>no</b>", "hint": "Set another password."}
    AccountPassword.objects.create(
        application=chat,
        user_id=ada.id,
        status=status,
        at=ada.updated,
        error=error if status in ("refused", "dropped") else None,
        **({"sealed": b"x", "expires": ada.updated, "next_try": ada.updated} if status == "waiting" else {}),
    )
    for page in (address(chat, "users"), f"/users/{ada.id}", f"/users/{ada.id}/why?application={chat.id}"):
        shown = owner.get(page).content.decode()
        assert words in shown or page.endswith(str(chat.id))
        assert "<b>no</b>" not in shown
    assert 'id="why-password"' in shown


def test_another_address_switches_it_off_and_says_so(owner: Any, chat: Application, monkeypatch: Any) -> None:
    monkeypatch.setenv("PROVISOR_ALLOW_TARGETS", "127.0.0.1")
    Application.objects.filter(id=chat.id).update(settings={"push_passwords": True})
    given = {"base_url": "http://127.0.0.1:9/scim", "token": "another", "act": "save"}
    page = owner.post(address(chat, "provisioning"), given, follow=True).content.decode()
    assert "Passwords are no longer pushed: the address is another one." in page
    assert not on(chat)
