"""How fast an SP is asked: its buckets, its Retry-After, leavers first, and what happens to one that keeps failing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.utils import timezone

from provisor.applications import commands as applications
from provisor.applications import connection
from provisor.applications.models import Application
from provisor.applications.queries.pace import pace_of
from provisor.audit.models import Event
from provisor.core import breaker
from provisor.directory import commands as directory
from provisor.testing import Fault


def pace(world):
    """As the API and the portal see it."""
    return pace_of(Application.objects.get(id=world.application.id))


def posts(world):
    return [request for request in world.sp.requests if request.method == "POST"]


def test_a_known_limit_is_kept(world):
    """Of 60 creates at 20 a second none is refused, although the SP lets no more than six go at once."""
    world.sp.profile = replace(world.sp.profile, limits=("requests:20/1/6",))
    world.configure(form={"limits": {"requests": "20/1"}})
    world.people(60)
    world.work()
    assert len(world.sp.users) == 60
    assert [request.status for request in world.sp.requests if request.status == 429] == []


def test_a_person_s_rate_limit_is_kept(world):
    world.sp.profile = replace(world.sp.profile, limits=("requests:20/1/6",))
    world.configure(rate_limit={"requests": 20, "per_seconds": 1})
    world.people(30)
    world.work()
    assert len(world.sp.users) == 30
    assert [request.status for request in world.sp.requests if request.status == 429] == []


def test_a_limit_of_one_class_is_that_class_s_alone(world):
    ada = world.employee("ada")
    world.work()
    world.configure(form={"limits": {"user_create": "1/3600"}})
    world.work()
    world.people(10)
    world.edit(ada, jobTitle="Countess")
    with world.worker():
        world.until(lambda: world.account(ada).get("title") == "Countess")
    assert len(posts(world)) <= 2  # ada's, and one of ten


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_nothing_is_sent_before_retry_after_ended(world, form):
    """Nobody knows this limit beforehand."""
    world.sp.profile = replace(world.sp.profile, limits=("requests:10/1/5",), retry_after=form)
    world.people(20)
    world.work()
    assert len(world.sp.users) == 20
    assert any(request.status == 429 for request in world.sp.requests)
    assert world.sp.early == []


def test_a_limit_that_nobody_said_is_found_out(world):
    world.sp.profile = replace(world.sp.profile, limits=("requests:20/1/20",))
    world.people(120)
    world.work()
    assert len(world.sp.users) == 120
    later = world.sp.requests[-60:]
    assert [request.status for request in later if request.status == 429] == []
    assert world.sp.early == []
    (limit,) = pace(world).limits
    assert limit.found
    assert 600 < limit.requests < 1500


def test_haste_that_is_refused_without_a_word_of_when(world):
    world.sp.profile = replace(world.sp.profile, limits=("requests:20/1/10",), retry_after="none")
    world.people(30)
    world.work()
    assert len(world.sp.users) == 30


def test_leavers_pass_first_where_a_bucket_is_empty(world):
    leaver = world.employee("ada")
    world.work()
    world.configure(rate_limit={"requests": 10, "per_seconds": 1})
    world.work()
    world.people(40)
    with world.worker():
        world.until(lambda: len(posts(world)) > 5)
        directory.suspend_user(world.actor, leaver.id)
        world.until(lambda: world.account(leaver)["active"] is False)
        assert len(posts(world)) < 35
        world.settle()
    assert len(world.sp.users) == 41


def test_deactivating_takes_effect_while_everybody_waits_for_a_token(world):
    world.configure(rate_limit={"requests": 1, "per_seconds": 3600})
    world.people(10)
    with world.worker():
        world.until(lambda: world.sp.requests)
        applications.deactivate_application(world.actor, world.application.id)
        world.until(world.quiet)
        assert len(world.sp.requests) == 1
    Application.objects.update(provisioning="active")
    world.configure(rate_limit=None)
    world.work()
    assert len(world.sp.users) == 10


def test_an_sp_that_fails_at_everything_is_left_alone_until_one_request_succeeds(world, monkeypatch):
    monkeypatch.setattr(breaker, "PROBE_EVERY", 1.5)
    world.sp.fault(Fault("status", 500, method="POST"))
    people = world.people(40)
    with world.worker():
        world.until(lambda: pace(world) and pace(world).state == "open")
        before = len(posts(world))
        assert before < 20 + 8, "the 20 that open it, and what was under way"
        assert "failed there" in pace(world).reason
        world.until(lambda: len(posts(world)) >= before + 2)
        first, second = posts(world)[before : before + 2]
        assert second.at - first.at > 1.4, "one at a time, and a pause between"
        world.sp.clear_faults()
        world.until(lambda: all(world.status(user) == "synced" for user in people), 60)
        world.until(lambda: pace(world).state == "running")
    assert len(world.sp.users) == 40


def test_objects_that_the_sp_refuses_one_by_one_open_nothing(world):
    world.sp.fault(Fault("status", 400, method="POST"))
    world.people(30)
    world.work()
    assert len(posts(world)) == 30
    assert pace(world).state == "running"


def test_a_connection_that_keeps_failing_is_quarantined_and_comes_back(world, monkeypatch):
    monkeypatch.setattr(breaker, "ENOUGH", 1000)
    monkeypatch.setattr(breaker, "MANY", 25)
    world.sp.fault(Fault("status", 500, method="POST"))
    people = world.people(40)
    with world.worker():
        world.until(lambda: Application.objects.get().provisioning == "failing")
        world.until(world.quiet)
        assert Application.objects.get().stopped["code"] == "quarantined"
        assert "25 of the last 25" in Event.objects.get(type="application_failing").message
        assert pace(world).state == "quarantined"
        sent = len(posts(world))
        assert sent < 25 + 8
        world.sp.fault(Fault("status", 500, method="GET", times=1))
        Application.objects.update(probe_at=timezone.now())
        world.until(lambda: Application.objects.get().probe_at > timezone.now())
        assert Application.objects.get().stopped["code"] == "quarantined", "a probe that fails mends nothing"
        assert len(posts(world)) == sent
        world.sp.clear_faults()
        Application.objects.update(probe_at=timezone.now())
        world.until(lambda: all(world.status(user) == "synced" for user in people), 60)
    assert Event.objects.filter(type="application_mended").count() == 1
    assert len(world.sp.users) == 40


def test_who_activates_a_quarantined_application_begins_anew(world, monkeypatch):
    monkeypatch.setattr(breaker, "ENOUGH", 1000)
    monkeypatch.setattr(breaker, "MANY", 5)
    world.sp.fault(Fault("status", 500, method="POST"))
    people = world.people(10)
    with world.worker():
        world.until(lambda: Application.objects.get().provisioning == "failing")
        world.sp.clear_faults()
        applications.deactivate_application(world.actor, world.application.id)
        applications.activate_application(world.actor, world.application.id)
        world.until(lambda: all(world.status(user) == "synced" for user in people))


def test_haste_narrows_the_connection(world):
    world.configure(concurrency=8)
    world.sp.fault(Fault("latency", seconds=0.02))
    world.sp.fault(Fault("status", 429, retry_after=1, method="POST", times=1))
    world.people(3)
    world.work()
    assert pace(world).now < 4
    assert pace(world).throttled == 1


def test_the_pace_shows_limits_and_what_waits(world):
    world.configure(form={"limits": {"writes": "1/3600/1"}})
    world.people(12)
    with world.worker():
        world.until(lambda: posts(world))
        world.until(lambda: pace(world) and pace(world).requests)
        shown = pace(world).as_json()
        assert shown["limits"] == [
            {"class": "writes", "requests": 1, "per_seconds": 3600, "burst": 1.0, "found": False}
        ]
        assert shown["waiting"] in (11, 12)
        assert shown["concurrency"]["most"] == 8


def test_headers_and_content_type_of_the_form_are_used_by_everybody(world):
    world.configure(form={"headers": {"X-Team": "acme"}, "content_type": "application/json"})
    world.sp.profile = replace(world.sp.profile, require_headers=("X-Team:acme",), content_type="application/json")
    world.employee("ada")
    with world.worker():
        world.settle()
        assert len(world.sp.users) == 1
        world.sp.profile = replace(world.sp.profile, require_headers=("X-Team:other",))
        world.configure(form={"headers": {"X-Team": "other"}})
        world.employee("bob")
        world.until(lambda: len(world.sp.users) == 2)
    steps = connection.run_check(Application.objects.get())
    assert all(step.ok for step in steps)
