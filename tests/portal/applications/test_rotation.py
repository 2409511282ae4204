"""The next credential, prepared, tested and switched to on its page; and what pages say of an end that is near."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from tests.portal.applications.conftest import TOKEN
from tests.portal.applications.test_provisioning import typed
from tests.portal.conftest import text_of

from provisor.applications.credentials.sealing import unsealed
from provisor.applications.models import Application, NextCredential
from provisor.testing import FakeServiceProvider

NEXT = "the-next-token"


@pytest.fixture
def taken() -> set[str]:
    """The tokens that the service provider takes at the moment."""
    return {TOKEN}


@pytest.fixture
def connected(page, taken, monkeypatch):
    """An application that is signed in to with TOKEN."""
    monkeypatch.setenv("PROVISOR_ALLOW_TARGETS", "127.0.0.1")
    with FakeServiceProvider.in_thread(check=taken.__contains__) as provider:
        page.post("provisioning", typed(page, base_url=provider.base_url, token=TOKEN))
        yield page


def secret_of(page) -> str:
    one = page.fresh()
    return unsealed(one.id, "secret", one.secret)


def ends_in(page, days: float, **fields) -> None:
    end = timezone.now() + timedelta(days=days, minutes=5)
    Application.objects.filter(id=page.application.id).update(
        secret=b"sealed", secret_expires=end, secret_expires_from="given", **fields
    )


def test_a_token_is_prepared_tested_and_switched_to(connected, taken):
    taken.add(NEXT)  # it was made there
    answer = connected.post("next", {"act": "put", "token": NEXT, "expires": "2099-01-01"})
    assert answer["Location"] == connected.path("next")
    page = connected.get("next").content.decode()
    assert NEXT not in page
    assert secret_of(connected) == TOKEN
    assert "The next credential is prepared." in connected.says("provisioning")
    tested = text_of(connected.post("next", {"act": "test"}))
    assert "Test passed" in tested
    assert "List users" in tested
    assert secret_of(connected) == TOKEN
    assert connected.post("next", {"act": "switch"})["Location"] == connected.path("provisioning")
    assert secret_of(connected) == NEXT
    assert connected.fresh().secret_expires.year in (2098, 2099)
    assert not NextCredential.objects.exists()


def test_one_that_fails_the_test_is_not_switched_to_unless_a_person_insists(connected):
    connected.post("next", {"act": "put", "token": "wrong"})
    refused = connected.post("next", {"act": "switch"})
    said = text_of(refused)
    assert refused.status_code == 409
    assert "Not switched: the next credential failed the test." in said
    assert "401" in said
    assert "Switch although the test failed" in said
    assert secret_of(connected) == TOKEN
    connected.post("next", {"act": "switch", "force": "1"})
    assert secret_of(connected) == "wrong"


def test_it_is_dropped_and_the_current_one_goes_on(connected):
    connected.post("next", {"act": "put", "token": NEXT})
    assert connected.post("next", {"act": "drop"}).status_code == 302
    assert not NextCredential.objects.exists()
    assert secret_of(connected) == TOKEN


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"token": ""}, "Type the next one."),
        ({"token": "two words"}, "white space"),
        ({"token": NEXT, "expires": "2020-01-01"}, "This is over already."),
        ({"way": "client_certificate"}, "client certificate"),
    ],
)
def test_what_is_wrong_with_the_next_one_is_said_and_nothing_is_kept(connected, given, said):
    answer = connected.post("next", {"act": "put", **given})
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert NEXT not in answer.content.decode()
    assert not NextCredential.objects.exists()


def test_the_next_one_may_sign_in_in_another_way_but_not_by_an_agreement(connected):
    body = connected.get("next").content.decode()
    assert 'value="basic"' in body
    assert 'value="oauth2_authorization_code"' not in body
    shown = connected.client.post(f"{connected.path('sign-in')}?next=1", {"way": "basic"}).content.decode()
    assert 'name="username"' in shown
    assert f"{connected.path('sign-in')}?next=1" in shown
    connected.post("next", {"act": "put", "way": "basic", "username": "api", "password": "pw"})
    assert NextCredential.objects.get().auth["username"] == "api"


def test_nothing_prepared_is_a_page_that_says_so(connected):
    assert connected.post("next", {"act": "switch"}).status_code == 404


@pytest.mark.parametrize(
    ("days", "turn", "said"),
    [
        (40, "", ""),
        (29, "person", "Token ends in 29 days"),
        (6, "person", "Token ends in 6 days"),
        (1, "broken", "Token ends in 1 day"),
        (0, "broken", "Token ends today"),
        (-2, "broken", "Token has ended"),
    ],
)
def test_an_end_that_is_near_stands_in_the_list_on_the_page_and_on_home(open_page, make_user, days, turn, said):
    page = open_page("Chat", make_user("ada"))
    ends_in(page, days, provisioning="active")
    table = page.client.get("/applications").content.decode().partition("<tbody>")[2]
    home, tab = page.client.get("/").content.decode(), page.get().content.decode()
    if not said:
        assert "Token ends" not in table + home + tab
        return
    assert said in table
    assert f"turn-{turn}" in table.partition('class="beneath"')[2]
    need = home.partition("Needs a person")[2]
    assert said[:1].lower() + said[1:] in need
    assert f"turn-{turn}" in need
    assert f"banner-{turn}" in tab
    assert ("The token ended on" if days < 0 else "The token ends") in text_of(page.get())


def test_what_is_most_urgent_comes_first_on_home(open_page, make_user):
    for name, days in (("Later", 20), ("Today", 0), ("Week", 5)):
        ends_in(open_page(name), days, provisioning="active")
    calm = open_page("Calm", make_user("ada"), provisioning="active")
    said = text_of(calm.client.get("/")).partition("Needs a person")[2]
    assert said.index("Today: token") < said.index("Week: token") < said.index("Later: token")


def test_what_was_never_active_waits_for_nobody(open_page, make_user):
    page = open_page("Chat", make_user("ada"))
    ends_in(page, 1)
    assert "Needs a person" not in text_of(page.client.get("/"))


def test_ends_cost_no_statement_for_each_application(open_page, make_user):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counted = []
    page = open_page("First", make_user("ada"), provisioning="active")
    for name in ("Second", "Third"):
        with CaptureQueriesContext(connection) as seen:
            page.client.get("/")
        counted.append(len(seen))
        ends_in(open_page(name), 3, provisioning="active")
    assert counted[0] == counted[1]


def test_the_connectors_word_on_one_token_at_a_time_is_said_before(open_page, monkeypatch):
    from provisor.catalogue import entries

    one = entries.ENTRIES["slack"]
    auth = one.auth.model_copy(update={"one_at_a_time": True, "type": "bearer"})
    known = {**entries.ENTRIES, "slack": one.model_copy(update={"auth": auth})}
    monkeypatch.setattr(entries, "ENTRIES", known)
    page = open_page("Slack", connector="slack", secret=b"sealed")
    assert "knows one token at a time" in page.says("next")
    assert "knows one token at a time" in page.says("provisioning")
