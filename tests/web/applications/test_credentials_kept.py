"""An agreement in a row: renewed by one at a time, however many processes want it, and never lost on the way."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections
from django.utils import timezone

from provisor.applications.credentials.kept import KeptInRows, first_version
from provisor.applications.credentials.sealing import TOKEN, sealed, unsealed
from provisor.applications.models import Application, OAuthToken
from provisor.scim.answers import NoToken, SignInRefused
from provisor.scim.oauth.answering import Token
from provisor.scim.oauth.kept import Grant
from provisor.scim.oauth.sources import Agreement
from provisor.scim.sign_in import AuthorizationCode

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def agreement():
    """An application that was authorised; its access token has ended."""
    application = Application.objects.create(name="Sample", name_key="sample", updated=timezone.now())
    OAuthToken.objects.create(
        application=application,
        access=sealed(application.id, "access", "access-1", table=TOKEN),
        refresh=sealed(application.id, "refresh", "refresh-1", table=TOKEN),
        access_expires=timezone.now() - timedelta(minutes=1),
        version=7,
        authorised_at=timezone.now(),
        authorised_by={"name": "Ada"},
    )
    return application


class Rotating:
    """A token endpoint that takes each refresh token once, as `scim.oauth.server.Server` is asked. `meanwhile`: what happens
    while it thinks."""

    class link:  # noqa: N801 - as the server has it
        target = "login.example.com"

    def __init__(self, meanwhile=lambda: None):
        self.good, self.asked, self.meanwhile, self.lock = "refresh-1", 0, meanwhile, threading.Lock()

    async def ask(self, asking):
        with self.lock:
            self.asked += 1
            if f"refresh_token={self.good}" not in asking.body:
                raise SignInRefused("login.example.com: invalid_grant")
            self.good = f"refresh-{self.asked + 1}"
            given = Token(f"access-{self.asked + 1}", 3600.0, self.good)
        await asyncio.sleep(0.05)
        await asyncio.to_thread(self.thinking)
        return given

    def thinking(self):
        try:
            self.meanwhile()
        finally:
            connections.close_all()  # of this thread

    async def close(self):
        return


def way(application):
    return AuthorizationCode("https://a.example.com/t", "https://a.example.com/a", "id", "", "client_secret_basic", "",
                             application.id)  # fmt: skip


def token_of(application, server):
    async def ask():
        return await Agreement(way(application), server, KeptInRows(application.id)).token(None)

    return asyncio.run(ask())


def stored(application):
    row = OAuthToken.objects.get(application=application)
    return unsealed(application.id, "access", row.access, table=TOKEN), row


def test_eight_that_renew_at_once_ask_once_and_all_get_the_same(agreement):
    server, together, got = Rotating(), threading.Barrier(8), []

    def work():
        together.wait(10)
        got.append(token_of(agreement, server).access)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (server.asked, set(got)) == (1, {"access-2"})
    access, row = stored(agreement)
    assert (access, row.version, row.leased_until) == ("access-2", 8, None)
    assert unsealed(agreement.id, "refresh", row.refresh, table=TOKEN) == server.good


def test_a_token_that_still_holds_is_given_without_asking(agreement):
    OAuthToken.objects.update(access_expires=timezone.now() + timedelta(hours=1))
    server = Rotating()
    assert (token_of(agreement, server).access, server.asked) == ("access-1", 0)


def test_a_lease_of_a_process_that_died_runs_out(agreement):
    server = Rotating()
    OAuthToken.objects.update(leased_until=timezone.now() + timedelta(seconds=0.4))  # nobody will give it back
    assert token_of(agreement, server).access == "access-2"
    assert server.asked == 1


def test_while_somebody_has_the_lease_nobody_else_gets_it(agreement):
    async def both():
        first, second = KeptInRows(agreement.id), KeptInRows(agreement.id)
        assert await first.lease() is not None
        assert await second.lease() is None
        await second.release()  # it isn't the second's to give back
        assert await second.lease() is None
        await first.release()
        assert await second.lease() is not None

    asyncio.run(both())


def test_a_refusal_is_kept_and_nobody_asks_again(agreement):
    server = Rotating()
    server.good = "another"
    for _ in range(2):
        with pytest.raises(SignInRefused, match="invalid_grant"):
            token_of(agreement, server)
    assert server.asked == 1
    row = OAuthToken.objects.get()
    assert (row.refused, row.leased_until) == ("login.example.com: invalid_grant", None)
    assert row.refresh is not None  # a server may change its mind; an administrator may look


def test_a_renewal_of_a_former_agreement_never_replaces_the_new_one(agreement):
    def authorised_anew():
        OAuthToken.objects.update(
            version=first_version(), leased_until=None, refresh=sealed(agreement.id, "refresh", "newer", table=TOKEN)
        )

    with pytest.raises(NoToken, match="authorised anew"):
        token_of(agreement, Rotating(authorised_anew))
    row = OAuthToken.objects.get()
    assert unsealed(agreement.id, "refresh", row.refresh, table=TOKEN) == "newer"


def test_without_an_agreement_it_says_so(agreement):
    OAuthToken.objects.all().delete()
    with pytest.raises(SignInRefused, match="authorised"):
        token_of(agreement, Rotating())


def test_one_that_does_not_open_says_so_and_no_secret(agreement):
    OAuthToken.objects.update(refresh=sealed(agreement.id, "access", "canary", table=TOKEN))
    with pytest.raises(SignInRefused) as refused:
        token_of(agreement, Rotating())
    assert "canary" not in str(refused.value)


def test_what_is_kept_is_sealed(agreement):
    async def keep():
        kept = KeptInRows(agreement.id)
        leased = await kept.lease()
        await kept.keep(Grant("canary-a", "canary-r", datetime.now(UTC), leased.version + 1))
        return await kept.read()

    found = asyncio.run(keep())
    assert (found.access, found.refresh, found.version) == ("canary-a", "canary-r", 8)
    row = OAuthToken.objects.get()
    assert b"canary" not in bytes(row.access) + bytes(row.refresh)
    assert "canary" not in repr(found)
