"""Every route of the portal, also one that is added tomorrow: who gets in, what the headers say, what is in the page."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from tests.portal import gallery
from tests.portal.conftest import HTML

from provisor.administrators.models import Role
from provisor.administrators.roles import may
from provisor.portal.headers import CONTENT_SECURITY_POLICY
from provisor.portal.urls import urlpatterns

OPEN = ("account_login", "account_logout", "theme")
OWN = [pattern for pattern in urlpatterns if hasattr(pattern.callback, "own")]  # tests/portal/own/test_routes.py
GATED = [pattern for pattern in urlpatterns if pattern.name not in OPEN and pattern not in OWN]
INLINE = re.compile(r"<[^>]*\s(?:style|on\w+|hx-on[\w:-]*)=|<script(?![^>]*\ssrc=)|<style|javascript:", re.IGNORECASE)


def address(pattern: Any) -> str:
    """The route's address, with ids of nothing."""
    names = pattern.pattern.converters
    return reverse(pattern.name, kwargs={name: uuid.uuid4() for name in names})


def calls() -> list[Any]:
    return [
        pytest.param(address(pattern), method, permission, id=f"{method} {pattern.name}")
        for pattern in GATED
        for method, permission in pattern.callback.permissions.items()
        if method != "HEAD"
    ]


def test_every_route_is_behind_the_gate_or_known_to_be_open():
    assert [pattern.name for pattern in GATED if not hasattr(pattern.callback, "permissions")] == []
    assert set(OPEN) <= {pattern.name for pattern in urlpatterns}


@pytest.mark.parametrize(("path", "method", "permission"), calls())
def test_who_is_not_signed_in_is_sent_to_the_sign_in(browser: Client, path: str, method: str, permission: str):
    answer = browser.generic(method, path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in?next=")


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize(("path", "method", "permission"), calls())
def test_every_route_asks_for_its_permission(signed_in, path: str, method: str, permission: str, role: str):
    answer = signed_in(role).generic(method, path)
    assert (answer.status_code == 403) is not may(role, permission)
    assert answer.status_code < 500


@pytest.mark.parametrize(("path", "method", "permission"), calls())
def test_a_post_without_its_proof_is_refused(signed_in, path: str, method: str, permission: str):
    client = signed_in("owner", enforce_csrf_checks=True)
    answer = client.generic(method, path, headers={"Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code == 403) is (method == "POST")


@pytest.mark.parametrize(("path", "method", "permission"), [call for call in calls() if "GET" in call.id])
def test_every_page_has_the_policy_and_nothing_inline(owner: Client, path: str, method: str, permission: str):
    answer = owner.get(path)
    assert answer["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]
    assert INLINE.findall(answer.getvalue().decode()) == []


@pytest.mark.parametrize("path", ["/sign-in", "/nowhere", "/static/portal/portal.css", "/api/v1/users", "/healthz"])
def test_everything_else_has_the_policy_too(browser: Client, path: str):
    answer = browser.get(path)
    assert answer["Content-Security-Policy"] == CONTENT_SECURITY_POLICY


def test_no_piece_needs_anything_inline():
    assert INLINE.findall(gallery.rendered()) == []


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_a_wrong_method_is_refused(owner: Client, method: str):
    assert (owner.generic(method, "/events").status_code == 405) is (method != "GET")


def test_a_script_that_asks_for_nothing_gets_json_and_a_person_a_page(db: None):
    assert Client().get("/nowhere").json()["error"]["code"] == "not_found"
    page = Client(headers=HTML).get("/nowhere")
    assert page.status_code == 404
    assert b"This page doesn&#x27;t exist" in page.content


def test_an_error_of_ours_is_a_page_that_shows_nothing_of_it(signed_in, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("provisor.portal.views.home.overview", lambda: 1 / 0)
    client = signed_in("owner", raise_request_exception=False)
    answer = client.get("/")
    assert answer.status_code == 500
    assert b"It is our mistake, not yours." in answer.content
    assert b"ZeroDivision" not in answer.content


def test_a_role_that_may_not_is_told_who_may(signed_in, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(
        __import__("provisor.administrators.roles", fromlist=["x"]).PERMISSIONS, "events.read", {"owner"}
    )
    answer = signed_in("operator").get("/events")
    assert b"Your role is operator. This takes one of: owner." in answer.content
