"""A full read of a large application: every account read and compared, nothing to repair. Beside a bare client that pages
through the same accounts; and how much memory the worker takes while it reads.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import psutil

from bench import bare_pages
from bench.figures import Figures
from bench.world import Cpu, Size, World

LATENCIES = (0.0, 0.02)  # seconds that each page of the service provider takes
TEAM = "everybody"
SAMPLE_EVERY = 0.05  # seconds
PATIENCE = 200.0
MIB = 2**20


def measure(world: World, figures: Figures, size: Size) -> None:
    groups = world.people(size.accounts, TEAM)
    with world.application() as application:
        world.assign_quietly(application, groups)
        world.link_everybody(application, TEAM, size.accounts)
        for _ in range(size.rounds):
            for latency in LATENCIES:
                _round(world, figures, application, size.accounts, latency)


def _round(world: World, figures: Figures, application: UUID, accounts: int, latency: float) -> None:
    label = f"{latency * 1000:.0f} ms"
    world.sink.reset(latency=latency)
    world.sink.people(accounts, TEAM)
    plain = bare_pages.run(world.sink.base_url)
    assert plain.accounts == accounts
    before, begun = world.cpu(), time.monotonic()
    with _memory(world.worker) as memory:
        world.run(application, "reconcile", patience=PATIENCE)
    seconds, after = time.monotonic() - begun, world.cpu()
    counts = world.sink.counts()
    assert counts.total() == counts["GET"], "a world in which nothing changed was written to"
    figures.add(f"{label}: bare client, pages/s", plain.pages / plain.seconds, "")
    figures.add(f"{label}: Provisor, pages/s", plain.pages / seconds, "")
    figures.add(f"{label}: times the bare client's time", seconds / plain.seconds, "")
    _costs(figures, label, before, after, memory)


def _costs(figures: Figures, label: str, before: Cpu, after: Cpu, memory: list[int]) -> None:
    figures.add(f"{label}: worker CPU", after.worker - before.worker, "s")
    figures.add(f"{label}: PostgreSQL CPU", after.database - before.database, "s")
    figures.add(f"{label}: worker's memory before", memory[0] / MIB, "MiB")
    figures.add(f"{label}: its peak", max(memory) / MIB, "MiB")


@contextmanager
def _memory(process: psutil.Process) -> Iterator[list[int]]:
    """Resident bytes of a process, looked at again and again."""
    seen, done = [process.memory_info().rss], threading.Event()

    def watch() -> None:
        while not done.wait(SAMPLE_EVERY):
            seen.append(process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        done.set()
        watcher.join()
