"""Undo: what a run did goes back as an approved plan; what has changed since is left alone, and said."""

from __future__ import annotations

import pytest

from provisor.applications import commands as applications
from provisor.applications.models import Change, Run
from provisor.directory import commands as directory
from provisor.errors import Conflict, WrongState


def last_run(world):
    """The last pass that changed something."""
    changed = Change.objects.filter(outcome__result="success").exclude(run__kind__in=["undo", "guard"])
    return changed.order_by("-id").first().run


def approve(world, run):
    applications.approve_run(world.actor, run.id, hash=run.hash)
    world.work()
    run.refresh_from_db()
    return run


def undo(world, run):
    planned = applications.undo_run(world.actor, run.id)
    planned.refresh_from_db()
    return approve(world, planned) if planned.status == "waiting_approval" else planned


def outcomes(run):
    return sorted(Change.objects.filter(run=run).values_list("kind", "outcome__result"))


def without_version(account):
    return {name: value for name, value in account.items() if name != "meta"}


def test_attributes_go_back_and_stay_back(world):
    ada = world.employee("ada", jobTitle="Engineer", department="Labs")
    world.work()
    before = world.account(ada)
    world.edit(ada, jobTitle="Director", department=None)
    world.work()
    world.sp.clear_requests()
    planned = applications.undo_run(world.actor, last_run(world).id)
    assert (planned.kind, planned.status, planned.counts) == ("undo", "waiting_approval", {"update": 1})
    with pytest.raises(Conflict):
        applications.approve_run(world.actor, planned.id, hash="0" * 64)
    assert world.sp.writes == []
    run = approve(world, planned)
    assert (run.status, run.done, run.total) == ("done", 1, 1)
    assert without_version(world.account(ada)) == without_version(before)
    assert (world.link(ada).status, world.link(ada).error["code"]) == ("held", "undone")
    world.run("sync")
    world.run("reconcile")
    assert without_version(world.account(ada)) == without_version(before)
    assert Change.objects.filter(run=run).get().outcome == {"result": "success", "error": None}
