"""Every route of people's own pages, also one that is added tomorrow: who gets in, the headers, what is in the page."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from tests.portal.conftest import HTML
from tests.portal.test_routes import INLINE, OWN

from provisor.directory.models import User
from provisor.portal.headers import CONTENT_SECURITY_POLICY

ANYONES = {
    *("own_sign_in", "own_sign_out", "own_forgot", "own_link", "own_link_check", "own_link_again"),
}


def calls(*, own: str | None = None) -> list[Any]:
    return [
        pytest.param(
            reverse(route.name, kwargs=dict.fromkeys(route.pattern.converters, "t0ken")),
            method,
            id=f"{method} {route.name}",
        )
        for route in OWN
        for method in route.callback.methods
        if own in (None, route.callback.own)
    ]


def test_it_is_known_which_need_nobody():
    assert {route.name for route in OWN if route.callback.own == "anyone"} == ANYONES
    assert {route.name for route in OWN if str(route.pattern).split("/")[0] != "my"} == set()


@pytest.mark.parametrize(("path", "method"), calls(own="person"))
def test_who_is_not_signed_in_is_sent_to_the_sign_in(browser: Client, path: str, method: str):
    answer = browser.generic(method, path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/my/sign-in?next=")


@pytest.mark.parametrize(("path", "method"), calls(own="person"))
def test_an_owner_among_the_administrators_is_nobody_here(owner: Client, path: str, method: str):
    assert owner.generic(method, path)["Location"].startswith("/my/sign-in?next=")


@pytest.mark.parametrize(("path", "method"), calls())
def test_no_route_fails(browser_of_zoe: Client, path: str, method: str):
    assert browser_of_zoe.generic(method, path).status_code < 500


@pytest.mark.parametrize(("path", "method"), calls())
def test_a_post_without_its_proof_is_refused(zoe: User, entered, path: str, method: str):
    client = entered(zoe, enforce_csrf_checks=True)
    answer = client.generic(method, path, headers={"Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code == 403) is (method == "POST")


@pytest.mark.parametrize(("path", "method"), [call for call in calls() if "GET" in call.id])
def test_every_page_has_the_policy_and_nothing_inline(browser_of_zoe: Client, path: str, method: str):
    answer = browser_of_zoe.get(path)
    assert answer["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert answer["X-Frame-Options"] == "DENY"
    assert "no-store" in answer["Cache-Control"]
    assert INLINE.findall(answer.content.decode()) == []


@pytest.mark.parametrize(("path", "method"), calls())
def test_a_wrong_method_is_refused(browser_of_zoe: Client, path: str, method: str):
    assert browser_of_zoe.generic("DELETE", path).status_code == 405


@pytest.mark.parametrize("path", ["/my", "/my/profile"])
def test_a_part_that_lost_its_session_leads_through_the_sign_in_and_back(db: None, path: str):
    here = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{path}"}
    answer = Client(headers={**HTML, **here}).get("/my")
    assert answer["HX-Redirect"] == f"/my/sign-in?next={path.replace('/', '%2F')}"
