"""An administrator agrees at a real authorisation server: begun, finished, used, renewed and taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from tests.oauth.authorisation_server import SECRET
from tests.oauth.authorising import REDIRECT

from provisor.administrators.actor import Actor, shell
from provisor.administrators.roles import Forbidden
from provisor.applications import commands as applications
from provisor.applications.commands import credentials
from provisor.applications.models import Application, OAuthToken
from provisor.applications.queries.credentials import shown
from provisor.audit.models import Event
from provisor.errors import Conflict, WrongState
from provisor.scim.check import passes
from provisor.testing import FakeServiceProvider

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def application(lasting, monkeypatch):
    """One that signs in by agreement, on an SP that asks the authorisation server about every token."""
    monkeypatch.setenv("PROVISOR_ALLOW_TARGETS", "127.0.0.1")
    auth = {
        "type": "oauth2_authorization_code",
        "authorize_url": lasting.authorize_url,
        "token_url": lasting.token_url,
        "client_id": "provisor-web",
        "client_secret": SECRET,
    }
    with FakeServiceProvider.in_thread(check=lasting.check()) as sp:
        yield applications.create_application(shell(), {"name": "Sample", "base_url": sp.base_url, "auth": auth})


def authorise(lasting, application):
    begun = credentials.begin_authorization(shell(), application.id, REDIRECT)
    back = lasting.agree(begun.url)
    assert back["state"] == begun.state
    credentials.finish_authorization(shell(), application.id, back["code"], begun.verifier, REDIRECT)


def works(application):
    return passes(applications.check_application(shell(), application.id))


def test_until_somebody_agrees_nothing_can_be_asked(application):
    assert not works(application)


def test_who_agreed_is_known_and_it_works(lasting, application):
    Application.objects.update(provisioning="failing", stopped={"code": "credentials_invalid"})
    authorise(lasting, application)
    assert works(application)
    row = Application.objects.get()
    told = shown(row)["authorised"]
    assert (row.provisioning, told["by"], told["refused"]) == ("active", "command line", None)
    assert Event.objects.filter(type="application_authorised").count() == 1
    kept = OAuthToken.objects.get()
    assert kept.access[:1] == kept.refresh[:1] == b"\x01"  # sealed


def test_it_is_renewed_when_it_has_ended(lasting, application):
    authorise(lasting, application)
    before = OAuthToken.objects.get()
    OAuthToken.objects.update(access_expires=timezone.now() - timedelta(seconds=1))
    assert works(application)
    after = OAuthToken.objects.get()
    assert after.version == before.version + 1
    assert bytes(after.refresh) != bytes(before.refresh)
    assert after.access_expires > timezone.now()


def test_taken_back_it_says_to_authorise_again_and_that_helps(lasting, application):
    authorise(lasting, application)
    lasting.revoke()
    OAuthToken.objects.update(access_expires=timezone.now() - timedelta(seconds=1))
    assert not works(application)
    assert "invalid_grant" in shown(Application.objects.get())["authorised"]["refused"]
    authorise(lasting, application)
    assert shown(Application.objects.get())["authorised"]["refused"] is None
    assert works(application)


def test_a_code_that_is_wrong_or_used_is_told_in_the_servers_words(lasting, application):
    begun = credentials.begin_authorization(shell(), application.id, REDIRECT)
    code = lasting.agree(begun.url)["code"]
    for verifier, given in (("x" * 64, code), (begun.verifier, "nothing")):
        with pytest.raises(Conflict, match="invalid_grant") as problem:
            credentials.finish_authorization(shell(), application.id, given, verifier, REDIRECT)
        assert problem.value.code == "connection_failed"
        assert SECRET not in str(problem.value)
    assert not OAuthToken.objects.exists()


def test_another_way_to_sign_in_has_nothing_to_agree_to(application):
    applications.update_application(shell(), application.id, {"auth": {"token": "x"}})
    with pytest.raises(WrongState):
        credentials.begin_authorization(shell(), application.id, REDIRECT)


def test_it_takes_the_permission(application):
    operator = Actor("administrator", "1", "Olga", "operator")
    with pytest.raises(Forbidden):
        credentials.begin_authorization(operator, application.id, REDIRECT)
    with pytest.raises(Forbidden):
        credentials.finish_authorization(operator, application.id, "code", "verifier", REDIRECT)
