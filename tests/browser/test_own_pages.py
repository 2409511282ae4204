"""People on their own pages, in a browser: from the mail to the tiles, a new password, and what ends it all.

The sign-in counts wrong tries by address, and all browsers here share one: these tests try few wrong ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import OF_PERSON as PASSWORD
from tests.browser.conftest import enter
from tests.browser.test_accessible import findings
from tests.interop.conftest import Rest, until

from provisor.testing import FakeServiceProvider

SP_TOKEN = "the-token-of-the-sp"
OTHER = "nine blue lanterns in the fog"
HOSTILE = '"\'><img src=x onerror="window.hit=1"><script>window.hit=1</script>{{ 7*7 }}'

NewPage = Callable[..., Page]


@pytest.fixture
def sp() -> Iterator[FakeServiceProvider]:
    with FakeServiceProvider.in_thread(token=SP_TOKEN) as provider:
        yield provider


@pytest.fixture
def person(api: Rest) -> Callable[..., dict[str, Any]]:
    """`person("nia")`: an active user; with PASSWORD unless `password=False`."""

    def make(username: str, *, password: bool = True, **fields: str) -> dict[str, Any]:
        made: dict[str, Any] = api.post("/users", {"username": username, "email": f"{username}@example.com", **fields})
        if password:
            api.call("PUT", f"/users/{made['id']}/password", {"password": PASSWORD})
        return made

    return make


@pytest.fixture(autouse=True)
def _a_refused_form_is_no_trouble(new_page: NewPage, complaints: list[str]) -> Iterator[None]:
    """Chromium's console tells of every page that comes with such a status."""
    yield
    complaints[:] = [text for text in complaints if not re.search(r"status of (404|410|422)", text)]


def link_in_mail(api: Rest, user: dict[str, Any]) -> str:
    """The path of the link in the newest mail about this user."""
    mails = until(lambda: api.get(f"/mails?user={user['id']}")["items"], what="a mail is in the outbox")
    said = api.post(f"/mails/{mails[0]['id']}/text")["text"]
    return re.search(r"https?://[^/\s]+(/my/link/\S+)", said)[1]


def connected(api: Rest, sp: FakeServiceProvider, user: dict[str, Any], name: str, **more: Any) -> str:
    given = {
        "name": name,
        "base_url": sp.base_url,
        "auth": {"type": "bearer", "token": SP_TOKEN},
        "force": True,
        **more,
    }
    application = str(api.post("/applications", given)["id"])
    api.post(f"/applications/{application}/assignments", {"users": {"add": [user["id"]]}})
    return application


def test_from_the_mail_to_the_tiles(new_page: NewPage, api: Rest, sp: FakeServiceProvider, person):
    nia = person("nia", password=False, firstname="Nia")
    application = connected(api, sp, nia, "Harbour chat", sign_in_url="https://chat.example.com/")
    api.post(f"/applications/{application}/activate")
    link = link_in_mail(api, nia)
    page = new_page()
    page.goto(link)
    expect(page.get_by_text("Welcome, Nia.")).to_be_visible()
    page.get_by_label("New password").press_sequentially("short")
    expect(page.get_by_text("5 so far.")).to_be_visible()
    expect(page.locator(".rules .met")).to_have_count(2)
    page.get_by_label("New password").fill(PASSWORD)
    expect(page.locator(".rules .met")).to_have_count(3)
    page.get_by_label("The same again").fill("seven")
    expect(page.get_by_text("Not the same yet")).to_be_hidden()
    page.get_by_label("The same again").blur()
    expect(page.get_by_text("Not the same yet")).to_be_visible()
    page.get_by_label("The same again").fill(PASSWORD)
    page.get_by_role("button", name="Set password").click()
    expect(page.get_by_role("heading", name="Your password is set")).to_be_visible()
    page.get_by_role("link", name="Go to my applications").click()
    until(
        lambda: api.get(f"/users/{nia['id']}/accounts")["items"][0]["status"] == "synced", what="the account is there"
    )
    page.reload()
    tile = page.get_by_role("link", name="Harbour chat")
    expect(tile).to_have_attribute("href", "https://chat.example.com/")
    page.goto(link)
    expect(page.get_by_role("heading", name="This link was used")).to_be_visible()


def test_without_scripts_the_password_is_set_too(new_page: NewPage, api: Rest, person):
    user = person("noscript", password=False)
    page = new_page(java_script_enabled=False)
    page.goto(link_in_mail(api, user))
    for password, again in (("short", "short"), (OTHER, OTHER)):
        page.get_by_label("New password").fill(password)
        page.get_by_label("The same again").fill(again)
        page.get_by_role("button", name="Set password").click()
        if password == "short":
            expect(page.locator(".error").get_by_text("At least 12 characters.")).to_be_visible()
            expect(page.get_by_label("New password")).to_have_value("")
    expect(page.get_by_role("heading", name="Your password is set")).to_be_visible()


def test_a_link_that_ended_gets_a_new_one_without_showing_where(new_page: NewPage, api: Rest, person):
    user = person("renewed", password=False)
    old = link_in_mail(api, user)
    api.post(f"/users/{user['id']}/send-activation")
    assert link_in_mail(api, user) != old
    page = new_page()
    page.goto(old)
    expect(page.get_by_role("heading", name="There is a newer link")).to_be_visible()
    page.get_by_role("button", name="Send a new link").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    expect(page.get_by_text("renewed@")).to_have_count(0)
    page.goto(link_in_mail(api, user))
    expect(page.get_by_role("heading", name="Set your password")).to_be_visible()


def test_a_changed_password_signs_the_other_browser_out(new_page: NewPage, person):
    person("changer")
    here, there = new_page(), new_page()
    for page in (here, there):
        enter(page, "changer@example.com")
        expect(page.get_by_role("heading", name="My applications")).to_be_visible()
    here.get_by_role("link", name="Security").click()
    here.get_by_label("Present password").fill(PASSWORD)
    here.get_by_label("New password").fill(OTHER)
    here.get_by_label("The same again").fill(OTHER)
    here.get_by_role("button", name="Change password").click()
    expect(here.get_by_role("heading", name="Your password is set")).to_be_visible()
    there.get_by_role("link", name="Profile").click()
    expect(there.get_by_text("You were signed out.")).to_be_visible()


def test_an_expired_password_leads_to_a_new_one_only(new_page: NewPage, api: Rest, person):
    user = person("expired")
    api.post(f"/users/{user['id']}/expire-password")
    page = new_page()
    enter(page, "expired")
    expect(page.get_by_role("heading", name="Set a new password")).to_be_visible()
    expect(page.get_by_role("link", name="Profile")).to_have_count(0)
    page.goto("/my/profile")
    page.get_by_label("New password").fill(OTHER)
    page.get_by_label("The same again").fill(OTHER)
    page.get_by_role("button", name="Set password").click()
    page.get_by_role("link", name="Go to my applications").click()
    expect(
        page.get_by_role("heading", name="No applications yet").or_(page.get_by_text("No applications yet"))
    ).to_be_visible()


def test_who_is_suspended_in_the_middle_is_out_with_the_next_click(new_page: NewPage, api: Rest, person):
    user = person("leaver")
    page = new_page()
    enter(page, "leaver")
    expect(page.get_by_role("heading", name="My applications")).to_be_visible()
    api.post(f"/users/{user['id']}/suspend")
    page.get_by_role("link", name="Profile").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    enter(page, "leaver")
    expect(page.get_by_role("alert")).to_contain_text("don't match, or sign-in is closed to you")


def test_too_many_wrong_tries_lock_and_an_administrator_unlocks(new_page: NewPage, api: Rest, person):
    user = person("locked")
    api.call("PATCH", "/organisation", {"settings": {"password": {"lock_after": 2}}})
    page = new_page()
    for password in ("wrong one", "wrong two", PASSWORD):
        enter(page, "locked", password)
        expect(page.get_by_role("alert")).to_be_visible()
        expect(page.get_by_label("Password", exact=True)).to_have_value("")
    api.call("PATCH", "/organisation", {"settings": {"password": None}})
    assert api.get(f"/users/{user['id']}")["password_status"] == "locked"
    api.post(f"/users/{user['id']}/unlock")
    enter(page, "locked")
    expect(page.get_by_role("heading", name="My applications")).to_be_visible()


def test_a_person_changes_what_is_theirs(new_page: NewPage, api: Rest, person):
    user = person("mover", department="Harbour")
    page = new_page()
    enter(page, "mover")
    page.get_by_role("link", name="Profile").click()
    page.get_by_label("Display name").fill("Mo Ver")
    page.get_by_label("Phone, mobile").fill("+49 431 555 02")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    now = api.get(f"/users/{user['id']}")
    assert (now["displayname"], now["phoneNumbers"]) == ("Mo Ver", [{"type": "mobile", "number": "+49 431 555 02"}])
    assert api.get(f"/events?user={user['id']}&type=user_update")["items"][0]["actor"]["kind"] == "user"


def test_hostile_names_run_nothing(new_page: NewPage, api: Rest, sp: FakeServiceProvider, person):
    user = person("hostile", firstname=HOSTILE, displayname=HOSTILE, department=HOSTILE)
    application = connected(api, sp, user, HOSTILE, label=f"{HOSTILE} label")
    api.post(f"/applications/{application}/activate")
    page = new_page()
    enter(page, "hostile")
    for path in ("/my", "/my/profile", "/my/password"):
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert page.evaluate("window.hit") is None
        assert page.locator("main img, main script").count() == 0


def test_the_search_finds_while_typing(new_page: NewPage, api: Rest, sp: FakeServiceProvider, person):
    user = person("many")
    for number in range(9):
        api.post(f"/applications/{connected(api, sp, user, f'Tool {number}')}/activate")
    page = new_page()
    enter(page, "many")
    expect(page.locator(".own-tile")).to_have_count(9)
    page.get_by_label("Find an application by its name").press_sequentially("tool 7")
    expect(page.locator(".own-tile")).to_have_count(1)
    page.get_by_label("Find an application by its name").fill("nothing")
    expect(page.get_by_text("No application is called “nothing”")).to_be_visible()


@pytest.fixture(scope="module")
def seen(api: Rest) -> dict[str, Any]:
    """Somebody whose pages are looked at, with an application."""
    user: dict[str, Any] = api.post(
        "/users", {"username": "looked", "email": "looked@example.com", "displayname": "Zoë"}
    )
    api.call("PUT", f"/users/{user['id']}/password", {"password": PASSWORD})
    given = {"name": "Looked at", "base_url": "http://127.0.0.1:9/scim", "auth": {"type": "bearer", "token": "nothing"}}
    application = api.post("/applications", {**given, "force": True})["id"]
    api.post(f"/applications/{application}/assignments", {"users": {"add": [user["id"]]}})
    api.post(f"/applications/{application}/activate", {"force": True})
    return user


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_has_a_finding(new_page: NewPage, api: Rest, seen: dict[str, Any], person, theme: str, width: int):
    page = new_page(color_scheme=theme, viewport={"width": width, "height": 900})
    found = {}

    def look(path: str) -> None:
        page.goto(path)
        found[path] = findings(page)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found[path].append("wider than the window")

    newcomer = person(f"new-{theme}-{width}", password=False)
    link = link_in_mail(api, newcomer)
    for path in ("/my/sign-in?ended=1", "/my/forgot", link, "/my/link/unknown", "/my/nowhere"):
        look(path)
    enter(page, "looked")
    expect(page.get_by_role("heading", name="My applications")).to_be_visible()
    for path in ("/my", "/my/profile", "/my/password", "/my/done"):
        look(path)
    assert {path: what for path, what in found.items() if what} == {}
