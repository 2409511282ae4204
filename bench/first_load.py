"""A first load: people in 20 groups get an account each, from the assignment until the last one is recorded; beside a
bare loop that sends as many bodies over as many connections, in the same minute.
"""

from __future__ import annotations

import time

from bench import bare
from bench.figures import Figures
from bench.world import CONCURRENCY, Size, World

LATENCIES = (0.0, 0.02)  # seconds that each answer of the service provider takes


def measure(world: World, figures: Figures, size: Size) -> None:
    for _ in range(size.rounds):
        for latency in LATENCIES:
            _round(world, figures, size.people, latency)


def _round(world: World, figures: Figures, people: int, latency: float) -> None:
    label = f"{latency * 1000:.0f} ms"
    world.sink.reset(latency=latency)
    plain = bare.run(world.sink.base_url, users=people, concurrency=CONCURRENCY)
    with world.application(latency=latency) as application:
        before, begun = world.cpu(), time.monotonic()
        world.assign(application, world.staff)
        world.sink.wait("POST", people)
        world.settle()
        seconds, after = time.monotonic() - begun, world.cpu()
        requests = world.sink.counts().total()
        assert world.accounts(application) == people
    figures.add(f"{label}: bare loop", people / plain.seconds, "users/s")
    figures.add(f"{label}: Provisor", people / seconds, "users/s")
    figures.add(f"{label}: ratio to the bare loop", plain.seconds / seconds, "")
    figures.add(f"{label}: requests for a user", requests / people, "")
    figures.add(f"{label}: bare loop CPU for 1,000", plain.cpu / people * 1000, "s")
    figures.add(f"{label}: worker CPU for 1,000", (after.worker - before.worker) / people * 1000, "s")
    figures.add(f"{label}: PostgreSQL CPU for 1,000", (after.database - before.database) / people * 1000, "s")
