"""Bad answers, lost answers and bad moments: nothing doubled, nothing lost, and the others go on."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.utils import timezone

from provisor.applications import commands as applications
from provisor.applications.models import Application, Link
from provisor.audit.models import Operation
from provisor.testing import Fault


def test_a_lost_answer_makes_no_second_account(world):
    world.sp.fault(Fault("lost_answer", method="POST", times=1))
    ada = world.employee("ada")
    world.work()
    assert len(world.sp.users) == 1
    assert world.link(ada).remote_id == world.sp.users[0]["id"]
    assert [request.method for request in world.sp.writes] == ["POST"]


def test_a_create_that_never_arrived_is_sent_again_after_three_looks(world):
    world.sp.fault(Fault("reset", method="POST", times=1))
    ada = world.employee("ada")
    with world.worker():
        for looked in (1, 2):
            world.until(lambda looked=looked: looks(ada) == looked)
            assert world.sp.users == []
            world.make_ready()
        world.until(lambda: world.status(ada) == "synced")
    assert len(world.sp.users) == 1
    assert len(world.sp.writes) == 2


def looks(user):
    """How often a lost create was looked up."""
    intents = Link.objects.filter(user_id=user.id, status="retrying").values_list("intent", flat=True)
    return next((intent["looked"] for intent in intents if intent), 0)


def test_a_cut_answer_is_looked_up(world):
    world.sp.fault(Fault("cut_json", method="POST", times=1))
    ada = world.employee("ada")
    world.work()
    assert len(world.sp.users) == 1
    assert world.status(ada) == "synced"


@pytest.mark.parametrize("kind", ["lost_answer", "cut_json", "reset"])
def test_a_lost_update_is_read_before_it_is_sent_again(world, kind):
    ada = world.employee("ada")
    world.work()
    world.sp.fault(Fault(kind, method="PATCH", times=1))
    world.edit(ada, jobTitle="Countess")
    world.work()
    assert world.account(ada)["title"] == "Countess"
    patches = [request for request in world.sp.writes if request.method == "PATCH"]
    assert len(patches) == (2 if kind == "reset" else 1)


def test_one_bad_object_stops_no_other(world):
    people = world.people(30)
    world.sp.fault(Fault("status", 400, method="POST", times=1))
    world.work()
    assert len(world.sp.users) == 29
    held = [user for user in people if world.status(user) == "held"]
    assert len(held) == 1
    assert world.link(held[0]).error["code"] == "refused"


def test_a_refused_object_is_tried_again_when_it_changes(world):
    world.sp.fault(Fault("status", 400, method="POST", times=1))
    ada = world.employee("ada")
    world.work()
    world.edit(ada, jobTitle="Countess")
    world.work()
    assert world.account(ada)["title"] == "Countess"


def test_server_errors_are_retried(world):
    world.sp.fault(Fault("status", 500, method="POST", times=2))
    ada = world.employee("ada")
    world.work()
    assert world.status(ada) == "synced"
    assert Operation.objects.filter(type="user_create_provision", status=500).count() == 2


def test_retry_after_pauses_the_whole_connection(world):
    world.people(5)
    world.sp.fault(Fault("status", 429, retry_after=1, method="POST", times=1))
    world.work()
    answered = next(request for request in world.sp.requests if request.status == 429)
    early = [r for r in world.sp.requests if answered.at + 0.2 < r.at < answered.at + 0.95]
    assert early == []
    assert len(world.sp.users) == 5


def test_an_invalid_token_stops_the_application_and_says_so(world):
    ada = world.employee("ada")
    world.sp.fault(Fault("status", 401))
    with world.worker():
        world.until(lambda: Application.objects.get().provisioning == "failing")
    application = Application.objects.get()
    assert application.stopped["code"] == "credentials_invalid"
    assert world.status(ada) in ("due", "retrying")
    assert "secret" not in str(application.stopped)


def test_a_web_page_is_no_scim(world):
    world.employee("ada")
    world.sp.fault(Fault("html", 200))
    with world.worker():
        world.until(lambda: Application.objects.get().provisioning == "failing")
    assert Application.objects.get().stopped["code"] == "not_scim"


def test_a_provider_that_is_down_loses_nothing(world, free_port):
    Application.objects.update(base_url=f"http://127.0.0.1:{free_port}/scim/v2")
    ada = world.employee("ada")
    with world.worker():
        world.until(lambda: world.status(ada) == "retrying")
        assert world.link(ada).error["code"] == "unreachable"
    Application.objects.update(base_url=world.sp.base_url)
    world.work()
    assert world.status(ada) == "synced"


def test_an_account_removed_there_comes_back(world):
    ada = world.employee("ada")
    world.work()
    world.sp.remove_user(world.account(ada)["id"])
    world.edit(ada, jobTitle="Countess")
    world.work()
    assert world.account(ada)["title"] == "Countess"
    assert len(world.sp.users) == 1


def test_a_leaver_whose_account_is_gone_is_done(world):
    ada = world.employee("ada")
    world.work()
    world.sp.remove_user(world.account(ada)["id"])
    world.leave(ada)
    world.work()
    assert world.status(ada) == "inactive"


def test_without_patch_it_is_put(world):
    world.sp.profile = replace(world.sp.profile, patch=False)
    ada = world.employee("ada")
    world.work()
    world.edit(ada, jobTitle="Countess")
    world.work()
    assert world.account(ada)["title"] == "Countess"
    assert Application.objects.get().learned["update"] == "put"
    world.leave(ada)
    world.work()
    assert world.account(ada)["active"] is False


def test_a_deactivation_without_effect_is_held_after_three_tries(world):
    ada = world.employee("ada")
    world.work()
    world.sp.profile = replace(world.sp.profile, ignore_active=True)
    world.leave(ada)
    world.work()
    assert (world.link(ada).status, world.link(ada).error["code"]) == ("held", "not_confirmed")


def test_an_answer_without_a_body_is_confirmed_by_reading(world):
    ada = world.employee("ada")
    world.work()
    world.sp.profile = replace(world.sp.profile, answer_patch="no_content")
    world.sp.clear_requests()
    world.leave(ada)
    world.work()
    assert [request.method for request in world.sp.requests] == ["PATCH", "GET"]
    assert world.status(ada) == "inactive"


def test_a_provider_that_keeps_no_external_id(world):
    world.sp.profile = replace(world.sp.profile, keep_external_id=False)
    ada = world.employee("ada")
    world.sp.fault(Fault("lost_answer", method="POST", times=1))
    world.work()
    assert len(world.sp.users) == 1
    assert world.status(ada) == "synced"


def test_a_conflict_on_create_is_looked_up(world):
    """The look-up found nothing, and then somebody else was faster."""
    world.sp.profile = replace(world.sp.profile, filter_emails=False)
    world.sp.fault(Fault("status", 400, path_contains="filter", times=0))
    world.people(25)
    ada = world.employee("ada")
    other = {"userName": "ada", "externalId": "someone", "emails": [{"value": "ada@example.com"}]}
    world.sp.fault(Fault("latency", method="POST", seconds=0.3, times=1))
    world.sp.listen(lambda request: world.sp.put_user(other) if not world.sp.user("ada") else None)
    world.work()
    assert world.link(ada).error["code"] == "owned_elsewhere"


def test_a_token_that_may_not_read_stops_the_application(world):
    world.employee("ada")
    world.sp.fault(Fault("status", 403, method="GET"))
    with world.worker():
        world.until(lambda: Application.objects.get().provisioning == "failing")
    assert Application.objects.get().stopped["code"] == "forbidden"


def test_deactivating_the_application_stops_before_the_next_request(world):
    world.people(60)
    world.sp.fault(Fault("latency", seconds=0.05))
    with world.worker():
        world.until(lambda: len(world.sp.writes) > 5)
        applications.deactivate_application(world.actor, world.application.id)
        world.until(lambda: not Link.objects.filter(intent__isnull=False, status="synced").exists())
        world.until(world.quiet)
    assert len(world.sp.users) < 60
    assert Link.objects.filter(status="retrying").count() == 0
    Application.objects.update(provisioning="active")
    world.sp.clear_faults()
    world.work()
    assert len(world.sp.users) == 60


def test_a_failing_application_comes_back_when_it_answers_again(world):
    ada = world.employee("ada")
    world.sp.fault(Fault("status", 401, times=3))
    with world.worker():
        world.until(lambda: Application.objects.get().provisioning == "failing")
        world.sp.clear_faults()
        Application.objects.update(probe_at=timezone.now())
        world.until(lambda: world.status(ada) == "synced")
    assert Application.objects.get().stopped is None
