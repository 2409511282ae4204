"""Whatever happens in whatever order: at most one account per user, no destructive write without a reason, other
people's accounts untouched, equality in the end, and silence after it.

MODEL_EXAMPLES=1000 tries so many sequences. A failure prints the steps, and how to repeat them."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from tests.engine.model_machine import DirectoryMachine
from tests.engine.model_waiting import converge, sloppy_ends

from provisor.applications import commands as applications
from provisor.directory import commands as directory
from provisor.testing import Fault

EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "30"))
STEPS = 20


def test_any_sequence_of_events_converges(dsn, monkeypatch):
    monkeypatch.setenv("PROVISOR_ALLOW_TARGETS", "127.0.0.1")
    monkeypatch.setattr(DirectoryMachine, "dsn", dsn)
    profile = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        print_blob=True,
        database=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],  # no shrinking: chance of time takes part, so a shorter sequence says little
    )
    with sloppy_ends():
        run_state_machine_as_test(DirectoryMachine, settings=profile)


def test_a_leaver_is_off_even_if_the_new_name_is_taken_there(world):
    ada = world.employee("ada")
    world.work()
    world.sp.put_user({"userName": "countess", "active": True})
    world.edit(ada, username="countess")
    directory.suspend_user(world.actor, ada.id)
    world.work()
    assert world.account(ada)["active"] is False
    assert world.link(ada).error["code"] == "exists"


@pytest.mark.parametrize("drift", [{"title": "By hand"}, {"active": False}], ids=["title", "active"])
def test_what_somebody_changed_there_is_repaired_although_an_edits_echo_showed_it_first(world, drift):
    ada = world.employee("ada", job_title="Clerk")
    world.work()
    world.sp.edit_user(world.account(ada)["id"], **drift)
    world.edit(ada, lastname="Lovelace")
    world.work()
    world.run("reconcile")
    assert (world.account(ada)["title"], world.account(ada)["active"]) == ("Clerk", True)


def test_a_leaver_whom_somebody_lets_in_again_is_put_off_although_the_account_is_held(world):
    ada = world.employee("ada")
    world.work()
    world.sp.put_user({"userName": "countess", "active": True})
    world.edit(ada, username="countess")
    directory.suspend_user(world.actor, ada.id)
    world.work()
    world.sp.edit_user(world.account(ada)["id"], active=True)
    world.run("reconcile")
    assert world.account(ada)["active"] is False
    assert world.status(ada) == "held"


def test_what_a_look_showed_is_kept_although_the_write_after_it_was_refused(world):
    ada = world.employee("ada")
    world.work()
    world.sp.put_user({"userName": "countess", "active": True})
    world.sp.fault(Fault("lost_answer", method="PATCH", times=1))
    world.sp.fault(Fault("status", 503, method="GET", times=1))
    world.edit(ada, username="countess")
    directory.suspend_user(world.actor, ada.id)
    converge(world)
    applications.retry_account(world.actor, world.link(ada).id)
    converge(world)
    assert world.status(ada) == "held"
    assert world.sp.findings == []
