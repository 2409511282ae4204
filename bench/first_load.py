"""A first load: 5,000 people in 20 groups get an account each, from the assignment until the last one is recorded;
beside a bare loop that sends as many bodies over as many connections, in the same minute.
"""

from __future__ import annotations

import time
from uuid import UUID

from bench import bare
from bench.figures import Figures
from bench.world import CONCURRENCY, World

PEOPLE = 5000
LATENCIES = (0.0, 0.02)


def measure(world: World, figures: Figures, rounds: int) -> None:
    groups = world.people(PEOPLE, "loaded", groups=20)
    for _ in range(rounds):
        for latency in LATENCIES:
            _round(world, figures, groups, latency)


def _round(world: World, figures: Figures, groups: list[UUID], latency: float) -> None:
    label = f"{latency * 1000:.0f} ms"
    world.sink.reset(latency=latency)
    plain = bare.run(world.sink.base_url, users=PEOPLE, concurrency=CONCURRENCY)
    with world.application(latency=latency) as application:
        before, begun = world.cpu(), time.monotonic()
        world.assign(application, groups)
        world.settle()
        seconds, after = time.monotonic() - begun, world.cpu()
        requests = world.sink.requests()
        assert world.accounts(application) == PEOPLE
    figures.add(f"{label}: bare loop", PEOPLE / plain.seconds, "users/s")
    figures.add(f"{label}: Provisor", PEOPLE / seconds, "users/s")
    figures.add(f"{label}: ratio to the bare loop", plain.seconds / seconds, "")
    figures.add(f"{label}: requests for a user", requests / PEOPLE, "")
    figures.add(f"{label}: bare loop CPU for 1,000", plain.cpu / PEOPLE * 1000, "s")
    figures.add(f"{label}: worker CPU for 1,000", (after.worker - before.worker) / PEOPLE * 1000, "s")
    figures.add(f"{label}: PostgreSQL CPU for 1,000", (after.database - before.database) / PEOPLE * 1000, "s")
