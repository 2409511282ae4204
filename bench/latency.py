"""From an edit to the service provider: the time between the commit of a directory command and the arrival of its
request in the sink's process. One edit after the other, with an idle worker; then during a first load.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from uuid import UUID

from bench.figures import Figures
from bench.world import Size, World

PEOPLE = 100  # who are edited in turn
LATENCY = 0.02  # seconds that each answer takes during the load: without it the load would be over too soon


@dataclass
class Edits:
    """Durations in seconds, from the commit and from the call of the command."""

    from_commit: list[float]
    from_call: list[float]


def measure(world: World, figures: Figures, size: Size) -> None:
    (desk,) = world.people(PEOPLE, "desk")
    for _ in range(size.rounds):
        _idle(world, figures, size, desk)
        _during_a_load(world, figures, size, desk)


def _idle(world: World, figures: Figures, size: Size, desk: UUID) -> None:
    with world.application() as application:
        world.assign(application, [desk])
        world.settle()
        edits, before = Edits([], []), world.cpu()
        for number, user in _turns(world, size, desk):
            _edit(world, user, number, edits)
            world.settle()
            time.sleep(random.uniform(0.005, 0.025))  # no rhythm that could fall into step with the worker's
        cpu = world.cpu().worker - before.worker
    figures.spread("idle: commit to SP", edits.from_commit)
    figures.spread("idle: call to SP", edits.from_call)
    figures.add("idle: worker CPU for an edit", cpu / size.edits * 1000, "ms")


def _during_a_load(world: World, figures: Figures, size: Size, desk: UUID) -> None:
    with world.application(latency=LATENCY) as application:
        world.assign(application, [desk])
        world.settle()
        world.assign(application, world.staff)
        world.sink.wait("POST", PEOPLE + 1)
        edits = Edits([], [])
        for number, user in _turns(world, size, desk):
            _edit(world, user, number, edits)
            if world.sink.counts()["POST"] == PEOPLE + size.people:
                break
        world.settle()
    figures.spread("during a first load: commit to SP", edits.from_commit)
    figures.add("during a first load: edits", len(edits.from_commit), "")


def _turns(world: World, size: Size, desk: UUID) -> Iterator[tuple[int, UUID]]:
    """Who is edited, one after the other, with the number of the edit."""
    return zip(range(size.edits), cycle(world.members(desk)), strict=False)


def _edit(world: World, user: UUID, number: int, edits: Edits) -> None:
    called = time.monotonic()
    world.edit(user, jobTitle=f"Specialist {number} of {time.time_ns()}")
    committed = time.monotonic()
    arrived = world.sink.wait("PATCH", number + 1)
    edits.from_commit.append(arrived - committed)
    edits.from_call.append(arrived - called)
