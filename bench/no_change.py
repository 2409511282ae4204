"""Nothing to do, for thousands of accounts: looking at each without a request, and reading them all from the service
provider. Both have to end without a single write.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from uuid import UUID

from bench.figures import Figures
from bench.world import Size, World


def measure(world: World, figures: Figures, size: Size) -> None:
    with world.application() as application:
        world.assign(application, world.staff)
        world.settle()
        for _ in range(size.rounds):
            _timed(world, figures, "sync, everybody marked", lambda: _sync(world, application))
            _timed(world, figures, "sync, nothing marked", lambda: world.run(application, "sync"))
            _timed(world, figures, "reconcile", lambda: world.run(application, "reconcile"))


def _sync(world: World, application: UUID) -> None:
    """As after a change of the mapping that changes nobody: everybody is looked at."""
    world.mark_all(application)
    world.run(application, "sync")


def _timed(world: World, figures: Figures, name: str, act: Callable[[], None]) -> None:
    writes, requests = _counts(world)
    begun, before = time.monotonic(), world.cpu()
    act()
    seconds, after = time.monotonic() - begun, world.cpu()
    writes_after, requests_after = _counts(world)
    assert writes_after == writes, "a world in which nothing changed was written to"
    figures.add(f"{name}", seconds, "s")
    figures.add(f"{name}: requests", requests_after - requests, "")
    figures.add(f"{name}: worker CPU", after.worker - before.worker, "s")
    figures.add(f"{name}: PostgreSQL CPU", after.database - before.database, "s")


def _counts(world: World) -> tuple[int, int]:
    """Writes and all requests so far."""
    counts = world.sink.counts()
    return counts.total() - counts["GET"], counts.total()
