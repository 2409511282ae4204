"""500 people through a service provider that goes wrong in one of five requests: 500 accounts, none of them twice."""

from __future__ import annotations

import threading

from provisor.testing import Fault

FAULTS = (
    Fault("lost_answer", method="POST", probability=0.06),
    Fault("reset", method="POST", probability=0.02),
    Fault("cut_json", probability=0.04),
    Fault("status", 500, probability=0.03),
    Fault("status", 503, probability=0.02),
    Fault("status", 429, retry_after=0, probability=0.02),
    Fault("reset", method="GET", probability=0.02),
)


LOOK = threading.Event()  # never set: a look at the world every so often


def _settled(world):
    """Nothing is due. What waits minutes for its next try, after many failures, is tried now."""
    world.make_ready()
    LOOK.wait(1.0)
    return world.settled() and not world.running()


def test_500_accounts_through_20_percent_faults(world):
    users = world.people(500)
    for fault in FAULTS:
        world.sp.fault(fault)
    with world.worker():
        world.until(lambda: _settled(world), patience=240)
    external_ids = [account["externalId"] for account in world.sp.users]
    assert sorted(external_ids) == sorted(str(user.id) for user in users)
    world.sp.clear_faults()
    world.sp.clear_requests()
    run = world.run("reconcile")
    assert (run.status, run.counts) == ("done", {})
    assert world.sp.writes == []
