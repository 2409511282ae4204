"""Tokens end in the middle of a run: nothing is lost, nothing is doubled, and the authorisation server is hardly asked."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.db import connection as database
from tests.engine.conftest import World
from tests.oauth.authorisation_server import SECRET
from tests.oauth.authorising import REDIRECT, Authorising, own_credentials
from tests.oauth.conftest import LIFE

from provisor.applications import commands as applications
from provisor.applications.commands import credentials
from provisor.applications.models import Application, Link, OAuthToken
from provisor.testing import Fault

PEOPLE = 240
PER_SECOND = 40  # so that the run lasts three lives of a token, however fast the machine is


def _sign_in(world: World, auth: dict[str, Any]) -> None:
    applications.update_application(world.actor, world.application.id, {"auth": auth})
    limit = {"requests": PER_SECOND, "per_seconds": 1}
    world.configure(concurrency=32, rate_limit=limit, takeover="exact")
    Application.objects.filter(id=world.application.id).update(provisioning="active")


def _authorised(world: World, brief: Authorising) -> None:
    _sign_in(
        world,
        {
            "type": "oauth2_authorization_code",
            "authorize_url": brief.authorize_url,
            "token_url": brief.token_url,
            "client_id": "provisor-web",
            "client_secret": SECRET,
            "scope": "scim",
        },
    )
    begun = credentials.begin_authorization(world.actor, world.application.id, REDIRECT)
    came = brief.agree(begun.url)
    assert came["state"] == begun.state
    credentials.finish_authorization(world.actor, world.application.id, came["code"], begun.verifier, REDIRECT)


def _nothing_lost_or_doubled(world: World) -> None:
    there = Counter(user["userName"] for user in world.sp.users)
    assert set(there.values()) == {1}
    assert len(there) == PEOPLE
    created = Counter(request.body["userName"] for request in world.sp.writes if request.status == 201)
    assert set(created.values()) == {1}
    assert Link.objects.filter(status="synced", active=True, error__isnull=True, attempts=0).count() == PEOPLE
    assert not world.sp.findings


def _spoken(world: World) -> float:
    """Seconds from the first request to the last."""
    return world.sp.requests[-1].at - world.sp.requests[0].at


def _reason(world: World) -> str:
    """Why the application's requests wait, as people are told."""
    with database.cursor() as cursor:
        cursor.execute("SELECT state ->> 'reason' FROM applications_pace")
        row = cursor.fetchone()
    return str(row[0]) if row else ""


def test_client_credentials_outlive_their_tokens(signing_world: World, brief: Authorising) -> None:
    world = signing_world
    _sign_in(world, own_credentials(brief))
    world.people(PEOPLE)
    before = brief.asked("client_credentials 200")
    world.work()
    _nothing_lost_or_doubled(world)
    renewed = brief.asked("client_credentials 200") - before
    assert _spoken(world) > 2 * LIFE
    assert 3 <= renewed <= 2 * _spoken(world) / LIFE + 3
    used = {request.headers["Authorization"] for request in world.sp.requests}
    assert 3 <= len(used) <= renewed


def test_revoked_in_the_middle_is_renewed_once(signing_world: World, brief: Authorising) -> None:
    """All that was given out ends at once, with many requests in flight: 401, one renewal, and those requests again."""
    world = signing_world
    _sign_in(world, own_credentials(brief))
    world.configure(rate_limit=None)
    world.sp.fault(Fault("latency", seconds=0.2))
    world.people(PEOPLE)
    before = brief.asked("client_credentials 200")
    with world.worker():
        world.until(lambda: len(world.sp.users) > PEOPLE / 4)
        brief.revoke()
        world.settle()
    refused = [request for request in world.sp.requests if request.status == 401]
    assert len(refused) >= 8
    _nothing_lost_or_doubled(world)
    assert brief.asked("client_credentials 200") - before <= 2 * _spoken(world) / LIFE + 4
    assert Application.objects.get().provisioning == "active"


def test_rotating_refresh_tokens_are_each_used_once(signing_world: World, brief: Authorising) -> None:
    """The server revokes the whole family when a refresh token comes twice; so all of this works only if none does."""
    world = signing_world
    _authorised(world, brief)
    world.people(PEOPLE)
    before = brief.asked("refresh_token 200")
    world.work()
    _nothing_lost_or_doubled(world)
    assert brief.asked("refresh_token 400") == 0
    assert 2 <= brief.asked("refresh_token 200") - before <= 2 * _spoken(world) / LIFE + 3
    kept = OAuthToken.objects.get()
    assert kept.refused is None
    assert kept.leased_until is None
    assert kept.access_expires is not None


def test_a_revoked_agreement_stops_and_goes_on_when_authorised_again(signing_world: World, brief: Authorising) -> None:
    world = signing_world
    _authorised(world, brief)
    brief.revoke()
    ada = world.employee("ada")
    with world.worker():
        world.until(lambda: Application.objects.get().provisioning == "failing")
    stopped = Application.objects.get().stopped
    assert stopped["code"] == "credentials_invalid"
    assert "invalid_grant" in stopped["message"]
    assert "uthorise" in stopped["hint"]
    assert world.account(ada) is None
    assert Link.objects.filter(attempts__gt=0).count() == 0
    _authorised(world, brief)
    world.work()
    assert world.account(ada)


def test_an_authorisation_server_that_is_away_costs_no_account_anything(
    signing_world: World, brief: Authorising, unused_tcp_port: int
) -> None:
    world = signing_world
    _sign_in(world, {**own_credentials(brief), "token_url": f"http://127.0.0.1:{unused_tcp_port}/o/token/"})
    people = world.people(20)
    with world.worker():
        world.until(lambda: _reason(world).startswith("The authorisation server"))
    assert Application.objects.get().provisioning == "active"
    assert not world.sp.requests
    assert Link.objects.filter(attempts__gt=0).count() == 0
    _sign_in(world, own_credentials(brief))
    world.make_ready()
    world.work()
    assert len(world.sp.users) == len(people)
