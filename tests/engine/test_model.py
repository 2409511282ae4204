"""Whatever happens in whatever order: at most one account per user, no destructive write without a reason, other
people's accounts untouched, equality in the end, and silence after it.

MODEL_EXAMPLES=1000 tries so many sequences. A failure prints the steps, and how to repeat them."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from tests.engine.model_machine import DirectoryMachine
from tests.engine.model_waiting import sloppy_ends

from provisor.directory import commands as directory

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
        phases=[Phase.generate],
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
