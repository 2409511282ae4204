"""From an edit to the service provider: the time between the commit of a directory command and the arrival of its
request in the sink's process. One edit after the other, with an idle worker; then during a first load.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from itertools import cycle
from uuid import UUID

from bench.figures import Figures
from bench.world import World

EDITS = 300
PEOPLE = 100
LOADED = 5000
LATENCY = 0.02  # seconds that each answer takes during the load: without it the load would be over too soon


@dataclass
class Edits:
    """Durations in seconds, from the commit and from the call of the command."""

    from_commit: list[float]
    from_call: list[float]


def measure(world: World, figures: Figures, rounds: int) -> None:
    (desk,) = world.people(PEOPLE, "desk")
    newcomers = world.people(LOADED, "newcomer", groups=20)
    users = world.members(desk)
    for _ in range(rounds):
        _idle(world, figures, desk, users)
        _under_load(world, figures, desk, users, newcomers)


def _idle(world: World, figures: Figures, desk: UUID, users: list[UUID]) -> None:
    with world.application() as application:
        world.assign(application, [desk])
        world.settle()
        edits, before = Edits([], []), world.cpu()
        for number, user in zip(range(EDITS), cycle(users), strict=False):
            _edit(world, user, number, edits)
            world.settle()
            time.sleep(random.uniform(0.005, 0.025))  # no rhythm that could fall into step with the worker's
        cpu = world.cpu().worker - before.worker
    figures.spread("idle: commit to SP", edits.from_commit)
    figures.spread("idle: call to SP", edits.from_call)
    figures.add("idle: worker CPU for an edit", cpu / EDITS * 1000, "ms")


def _under_load(world: World, figures: Figures, desk: UUID, users: list[UUID], newcomers: list[UUID]) -> None:
    with world.application(latency=LATENCY) as application:
        world.assign(application, [desk])
        world.settle()
        world.assign(application, newcomers)
        world.sink.wait("POST", PEOPLE + 1)
        edits = Edits([], [])
        for number, user in zip(range(EDITS), cycle(users), strict=False):
            if len(world.sink.arrivals()["POST"]) >= PEOPLE + LOADED:
                break
            _edit(world, user, number, edits)
        world.settle()
    figures.spread("during a first load: commit to SP", edits.from_commit)
    figures.add("during a first load: edits", len(edits.from_commit), "")


def _edit(world: World, user: UUID, number: int, edits: Edits) -> None:
    called = time.monotonic()
    world.edit(user, jobTitle=f"Specialist {number} of {time.time_ns()}")
    committed = time.monotonic()
    arrived = world.sink.wait("PATCH", number + 1)
    edits.from_commit.append(arrived - committed)
    edits.from_call.append(arrived - called)
