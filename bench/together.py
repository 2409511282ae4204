"""What a new account costs in requests: with look-ups spared by one listing, and with creates that share Bulk requests."""

from __future__ import annotations

import time

from bench.figures import Figures
from bench.world import Size, World

LATENCY = 0.02  # seconds that each answer takes, a Bulk request's too
OTHERS = 1000
WAYS: dict[str, tuple[int, dict[str, int]]] = {
    "nobody there": (0, {}),
    "1,000 others": (OTHERS, {}),
    "1,000 others, 50 a page": (OTHERS, {"page": 50}),
    "Bulk of 100, nobody there": (0, {"bulk": 100}),
    "Bulk of 100, 1,000 others": (OTHERS, {"bulk": 100}),
    "Bulk of 20, nobody there": (0, {"bulk": 20}),
}


def measure(world: World, figures: Figures, size: Size) -> None:
    for _ in range(size.rounds):
        for label, (others, form) in WAYS.items():
            _round(world, figures, size.people, label, others, form)


def _round(world: World, figures: Figures, people: int, label: str, others: int, form: dict[str, int]) -> None:
    with world.application(latency=LATENCY, form=form) as application:
        world.sink.fill(others)
        begun = time.monotonic()
        world.assign(application, world.staff)
        world.sink.wait("POST", 1)
        world.settle()
        seconds = time.monotonic() - begun
        requests = world.sink.counts().total()
        assert world.accounts(application) == people
    figures.add(f"{label}: requests for a user", requests / people, "")
    figures.add(f"{label}: users", people / seconds, "users/s")
