"""The automatic check has no finding on any page, in either theme (language.md, section 7)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Page
from tests.browser.test_layout import gallery_page
from tests.interop.conftest import Rest

from provisor.portal.urls import urlpatterns

OPEN = ("account_login", "account_logout", "theme")
NOT_ALONE = (
    "users_export",
    "held_alike",
    "settings_passwords_example",
)  # a file; one that needs more; a part of a page
KNOWN = {"user_id", "group_id", "application_id", "slug", "mail_id", "trash_id", "name"}
PAGES = [
    pattern
    for pattern in urlpatterns
    if pattern.name not in OPEN + NOT_ALONE
    and not hasattr(pattern.callback, "own")  # test_own_pages.py
    and "GET" in pattern.callback.permissions
    and set(pattern.pattern.converters) <= KNOWN
]


@pytest.fixture(scope="module")
def ids(api: Rest) -> dict[str, str]:
    """Something of each kind for the pages that show one: a member of a group with an application."""
    user = api.post("/users", {"username": "seen", "email": "seen@example.com", "firstname": "Zoë"})["id"]
    group = api.post("/groups", {"name": "Seen"})["id"]
    api.post(f"/groups/{group}/members", {"add": [user]})
    api.call("PUT", f"/groups/{group}/rule", {"expression": 'user.username == "seen"'})
    soon = (datetime.now(UTC) + timedelta(days=20)).date().isoformat()
    auth = {"type": "bearer", "token": "nothing", "expires": soon}
    application = api.post("/applications", {"name": "Seen", "base_url": "http://127.0.0.1:9/scim", "auth": auth})["id"]
    api.call("PUT", f"/applications/{application}/auth/next", auth)
    api.post(f"/applications/{application}/assignments", {"groups": {"add": [group]}})
    api.post(f"/users/{user}/suspend")  # so that there is an offboarding report
    api.post(f"/users/{user}/unsuspend")
    gone = api.post("/users", {"username": "gone", "email": "gone@example.com"})["id"]
    api.call("DELETE", f"/users/{gone}")
    return {
        "trash_id": api.get("/trash?search=gone")["items"][0]["id"],
        "user_id": user,
        "group_id": group,
        "application_id": application,
        "name": api.post("/attributes", {"name": "seen", "label": "Seen"})["name"],
        "slug": "github-enterprise-managed-users",
        "mail_id": api.post("/mails:test", {"to": "seen@example.com"})["id"],
    }


def findings(page: Page) -> list[str]:
    return [
        f"{found['id']}: {[node['target'] for node in found['nodes']]}"
        for found in Axe().run(page).response["violations"]
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_piece_has_a_finding(new_page, theme: str):
    assert findings(gallery_page(new_page, 1440, theme)) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_sign_in_has_none(new_page, theme: str):
    page: Page = new_page(color_scheme=theme)
    page.goto("/sign-in")
    assert findings(page) == []


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_has_a_finding(signed_in, ids: dict[str, str], theme: str, width: int):
    page: Page = signed_in(color_scheme=theme, viewport={"width": width, "height": 900})
    found = {}
    for pattern in PAGES:
        page.goto(reverse(pattern.name, kwargs={name: ids[name] for name in pattern.pattern.converters}))
        found[pattern.name] = findings(page)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found[pattern.name].append("wider than the window")
    assert {name: what for name, what in found.items() if what} == {}
