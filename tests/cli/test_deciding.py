"""runs waiting, approve and reject at the command line."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from provisor.administrators.actor import shell
from provisor.applications import commands
from provisor.applications.models import Change, Due, Run

Cli = Callable[..., Any]
HASH = "ab" * 32


@pytest.fixture
def plan(transactional_db: None) -> Run:
    """A plan that would deactivate one account."""
    auth = {"type": "bearer", "token": "hunter2"}
    made = commands.create_application(
        shell(), {"name": "Wiki", "base_url": "https://wiki.example.com/scim", "auth": auth}
    )
    run = Run.objects.create(
        application=made, kind="guard", status="waiting_approval", hash=HASH, total=1, counts={"deactivate": 1}
    )
    Change.objects.create(
        run=run,
        kind="deactivate",
        rank=0,
        link_id=uuid.uuid4(),
        user_id=uuid.uuid4(),
        user_name="ada",
        at=timezone.now(),
    )
    return run


def status(run: Run) -> str:
    return str(Run.objects.get(id=run.id).status)


def decided() -> list[Any]:
    return [mark.decision for mark in Due.objects.filter(decision__isnull=False)]


def test_what_waits_is_listed_with_its_hash(cli: Cli, plan: Run) -> None:
    ended = cli("runs", "waiting", "--json")
    assert [(run["id"], run["hash"]) for run in json.loads(ended.out)] == [(str(plan.id), HASH)]
    assert "1 deactivate" in cli("runs", "waiting").out


def test_the_hash_approves_exactly_that_plan(cli: Cli, plan: Run) -> None:
    assert cli("runs", "approve", str(plan.id), "--hash", HASH).code == 0
    assert (status(plan), decided()) == ("applying", [{"approved": str(plan.id)}])


@pytest.mark.parametrize("hash", ["", "ab", "cd" * 32])
def test_another_hash_approves_nothing(cli: Cli, plan: Run, hash: str) -> None:
    ended = cli("runs", "approve", str(plan.id), "--hash", hash)
    assert (ended.code, "changed since" in ended.err) == (1, True)
    assert (status(plan), decided()) == ("waiting_approval", [])


def test_without_a_hash_nothing_is_approved(cli: Cli, plan: Run) -> None:
    assert cli("runs", "approve", str(plan.id)).code == 2
    assert status(plan) == "waiting_approval"


def test_it_is_rejected(cli: Cli, plan: Run) -> None:
    assert json.loads(cli("runs", "reject", str(plan.id), "--json").out)["status"] == "rejected"
    again = cli("runs", "reject", str(plan.id))
    assert (again.code, "doesn't wait" in again.err) == (1, True)


@pytest.mark.parametrize("id", ["no-id", "4747d482-6725-4c0e-a006-edeb3eb56dbe"])
def test_an_unknown_run_says_so(cli: Cli, id: str) -> None:
    ended = cli("runs", "reject", id)
    assert (ended.code, "no id of a run" in ended.err or "no run with this id" in ended.err) == (1, True)
