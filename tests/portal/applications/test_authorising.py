"""An administrator agrees at a real authorisation server: the way there, the page that leads back, and who can't use it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.oauth.authorisation_server import SECRET
from tests.oauth.authorising import Authorising, authorisation_server
from tests.portal.applications.test_provisioning import typed
from tests.portal.conftest import PASSWORD, text_of

from provisor.applications.models import OAuthToken
from provisor.portal.views.applications import authorising

BACK = "/applications/authorised"
REDIRECT = f"http://testserver{BACK}"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authorising]:
    with authorisation_server(tmp_path_factory.mktemp("authorisation"), redirect=REDIRECT) as running:
        yield running


def agreeable(page, server):
    """An application that is set to this way, at this server."""
    given = {
        "way": "oauth2_authorization_code",
        "authorize_url": server.authorize_url,
        "token_url": server.token_url,
        "client_id": "provisor-web",
        "client_secret": SECRET,
    }
    answer = page.post("provisioning", typed(page, **given))
    assert answer.status_code == 302, text_of(answer)
    return page


@pytest.fixture
def asked(page, server, monkeypatch):
    monkeypatch.setenv("PROVISOR_ALLOW_TARGETS", "127.0.0.1")
    return agreeable(page, server)


def leave(page) -> str:
    """The address that the browser is sent to."""
    answer = page.post("authorise", {"password": PASSWORD})
    assert answer.status_code == 200
    link = re.search(r'id="on" href="([^"]+)"', answer.content.decode())
    assert link
    url = unescape(link[1])
    assert answer["Refresh"] == f"0; url={url}"
    return url


def come_back(page, carried):
    return page.client.get(BACK, carried)


def test_an_agreement_gives_tokens_that_are_kept_and_shown_nowhere(asked, server):
    before = asked.says("authorise")
    assert "Not authorised yet" in before
    assert f'value="{REDIRECT}"' in asked.get("authorise").content.decode()
    url = leave(asked)
    query = parse_qs(urlsplit(url).query)
    assert query["redirect_uri"] == [REDIRECT]
    assert query["code_challenge_method"] == ["S256"]
    carried = server.agree(url)
    answer = come_back(asked, carried)
    assert answer["Location"] == asked.path("provisioning")
    assert answer["Referrer-Policy"] == "no-referrer"
    kept = OAuthToken.objects.get()
    assert kept.authorised_by["name"] == "owner@example.com"
    shown = asked.get("provisioning")
    assert "Authorised by owner@example.com" in text_of(shown)
    body = shown.content.decode() + asked.get("authorise").content.decode()
    assert all(carried[name] not in body for name in ("code", "state"))
    assert authorising.KEY not in asked.client.session


def test_a_state_is_good_once_and_for_its_own_session_alone(asked, server, signed_in):
    carried = server.agree(leave(asked))
    other = signed_in("admin").get(BACK, carried)
    assert (other.status_code, OAuthToken.objects.count()) == (400, 0)
    assert come_back(asked, carried | {"state": "guessed"}).status_code == 400
    assert come_back(asked, carried).status_code == 302, "a wrong guess took nothing away"
    assert OAuthToken.objects.count() == 1
    assert come_back(asked, carried).status_code == 400


def test_another_server_that_answers_is_not_believed(asked, server):
    carried = server.agree(leave(asked))
    answer = come_back(asked, carried | {"iss": "https://login.evil.example"})
    assert answer["Location"] == asked.path("authorise")
    assert "Another authorization server answered" in asked.says("authorise")
    assert not OAuthToken.objects.exists()
    again = server.agree(leave(asked))
    assert come_back(asked, again | {"iss": server.token_url})["Location"] == asked.path("provisioning")
    assert OAuthToken.objects.count() == 1


def test_a_code_is_not_handed_to_a_server_that_was_set_meanwhile(asked, server):
    carried = server.agree(leave(asked))
    elsewhere = server.token_url.replace("/token", "/other")
    answer = asked.post("provisioning", typed(asked, token_url=elsewhere, client_secret="another"))
    assert answer.status_code == 302
    assert come_back(asked, carried)["Location"] == asked.path("authorise")
    assert "credentials changed meanwhile" in asked.says("authorise")
    assert not OAuthToken.objects.exists()


def test_one_that_was_begun_too_long_ago_is_over(asked, server, monkeypatch):
    carried = server.agree(leave(asked))
    later = time.time() + authorising.LONGEST_WAIT + 1
    monkeypatch.setattr(authorising.time, "time", lambda: later)
    answer = come_back(asked, carried)
    assert answer.status_code == 400
    assert "Nothing to finish here" in text_of(answer)
    assert not OAuthToken.objects.exists()


def test_the_own_password_is_asked_for_first(asked):
    answer = asked.post("authorise", {"password": "not mine"})
    assert answer.status_code == 422
    assert "Refresh" not in answer
    assert authorising.KEY not in asked.client.session


def test_a_refusal_is_quoted_once_where_it_began(asked, server):
    state = parse_qs(urlsplit(leave(asked)).query)["state"][0]
    said = {"error": "access_denied", "error_description": "<b>No</b>\x07 way"}
    answer = come_back(asked, {"state": state, **said})
    assert answer["Location"] == asked.path("authorise")
    body = asked.get("authorise").content.decode()
    assert "access_denied &lt;b&gt;No&lt;/b&gt; way" in body
    assert "<b>No</b>" not in body
    assert "access_denied" not in asked.get("authorise").content.decode()
    assert not OAuthToken.objects.exists()


def test_a_code_that_the_server_refuses_is_told_in_its_words(asked, server):
    state = parse_qs(urlsplit(leave(asked)).query)["state"][0]
    assert come_back(asked, {"state": state, "code": "made-up"})["Location"] == asked.path("authorise")
    said = asked.says("authorise")
    assert "invalid_grant" in said
    assert "made-up" not in said
    assert not OAuthToken.objects.exists()


def test_who_was_signed_out_meanwhile_signs_in_without_the_code_in_the_address(browser):
    answer = browser.get(BACK, {"code": "c0de-of-the-server", "state": "st4te"})
    assert answer["Location"] == "/sign-in?next=%2Fapplications%2Fauthorised"


@pytest.mark.parametrize("role", ["auditor", "operator"])
def test_others_read_about_it_and_may_not(open_page, signed_in, role, asked):
    client = signed_in(role)
    assert "takes the role owner or admin" in text_of(client.get(asked.path("authorise")))
    assert client.post(asked.path("authorise"), {"password": PASSWORD}).status_code == 403
    assert client.get(BACK, {"code": "x", "state": "y"}).status_code == 403


def test_one_that_signs_in_otherwise_says_so(page):
    assert "doesn't sign in by an agreement" in page.says("authorise").replace("&#x27;", "'")
    assert page.post("authorise", {"password": PASSWORD}).status_code in (409, 422)
