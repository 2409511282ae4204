"""An SP that takes 20 requests a second, and says so with 429 and Retry-After: how much of that is used, how many answers
are refusals, and whether anything came before a Retry-After had ended.

Once with the limit written in the application's `rate_limit`, once found out by the worker, which then has been refused
before it knows. The SP is the strict one, in a thread of this process.
"""

from __future__ import annotations

from uuid import UUID

from bench.figures import Figures
from bench.world import Size, World
from provisor.testing import FakeServiceProvider, Profile

RATE = 20
SECONDS = 30


WAYS: dict[str, dict[str, int] | None] = {"known": {"requests": RATE, "per_seconds": 1}, "found out": None}


def measure(world: World, figures: Figures, size: Size) -> None:
    people = min(size.people, RATE * SECONDS)
    team = world.people(people, "paced")
    for label, limit in WAYS.items():
        _round(world, figures, people, team, label, limit)


def _round(
    world: World, figures: Figures, people: int, team: list[UUID], label: str, limit: dict[str, int] | None
) -> None:
    with FakeServiceProvider.in_thread(profile=Profile(limits=(f"requests:{RATE}/1/{RATE}",))) as sp:
        with world.application(base_url=sp.base_url, rate_limit=limit) as application:
            sp.clear_requests()
            world.assign(application, team)
            world.settle()
            assert world.accounts(application) == people
        _add(figures, label, sp)


def _add(figures: Figures, label: str, sp: FakeServiceProvider) -> None:
    asked = [request.at for request in sp.requests if request.status != 429]
    seconds = max(asked[-1] - asked[0], 1 / RATE)
    figures.add(f"{label}: requests taken, a second", (len(asked) - 1) / seconds, "1/s")
    figures.add(f"{label}: of its bucket", 100 * (len(asked) - 1) / seconds / RATE, "%")
    figures.add(f"{label}: answers 429", 100 * sp.throttled, "%")
    figures.add(f"{label}: requests before Retry-After ended", len(sp.early), "")
    figures.add(f"{label}: requests", len(sp.requests), "")
