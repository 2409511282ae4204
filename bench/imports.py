"""An import of a large application: every account read, kept and matched, and everybody new made a user. How fast, and
whether the worker's memory grows with it.
"""

from __future__ import annotations

import time
from uuid import UUID

from bench.figures import Figures
from bench.world import LOOK_EVERY, Size, World

TEAM = "imported"
KNOWN = 10  # one of so many is in the directory already
MARKS = (0.1, 0.5, 1.0)  # of the accounts: where memory is looked at
PATIENCE = 1200.0
MIB = 2**20


def measure(world: World, figures: Figures, size: Size) -> None:
    world.people(size.imported // KNOWN, TEAM)
    with world.application() as application:
        world.sink.people(size.imported, TEAM)
        _read(world, figures, application, size.imported)
        _confirm(world, figures, application)


def _read(world: World, figures: Figures, application: UUID, accounts: int) -> None:
    from provisor.applications.importing import commands, queries

    before, begun = world.cpu(), time.monotonic()
    resting = world.worker.memory_info().rss
    started = commands.start_import(world.actor, application)
    marks, peak = [round(accounts * mark) for mark in MARKS], resting
    while True:
        found = queries.get_import(started.id)
        peak = max(peak, now := world.worker.memory_info().rss)
        while marks and found.read >= marks[0]:
            figures.add(f"worker's memory at {marks.pop(0)} accounts, above rest", (now - resting) / MIB, "MiB")
        if found.status != "reading":
            break
        assert time.monotonic() - begun < PATIENCE, f"not read in {PATIENCE} s"
        time.sleep(LOOK_EVERY)
    seconds, after = time.monotonic() - begun, world.cpu()
    assert (found.status, found.read, found.complete) == ("ready", accounts, True), queries.as_import(found)
    figures.add("read and matched", seconds, "s")
    figures.add("accounts read and matched in a second", accounts / seconds, "")
    figures.add("worker CPU for 1,000 accounts", (after.worker - before.worker) / accounts * 1000, "s")
    figures.add("PostgreSQL CPU for 1,000 accounts", (after.database - before.database) / accounts * 1000, "s")
    figures.add("worker's memory at rest", resting / MIB, "MiB")
    figures.add("its peak while reading, above rest", (peak - resting) / MIB, "MiB")


def _confirm(world: World, figures: Figures, application: UUID) -> None:
    from provisor.applications.importing import queries
    from provisor.directory.importing.confirming import Confirmed, confirm_import
    from provisor.directory.importing.decisions import All

    resting, begun = world.worker.memory_info().rss, time.monotonic()
    found = queries.imports(application_id=application).get()
    new = found.counts["new"]
    confirm_import(world.actor, found.id, Confirmed(create=All()))
    peak = resting
    while (found := queries.get_import(found.id)).status == "confirming":
        peak = max(peak, world.worker.memory_info().rss)
        assert time.monotonic() - begun < PATIENCE, f"not carried out in {PATIENCE} s"
        time.sleep(LOOK_EVERY)
    seconds = time.monotonic() - begun
    assert found.results == {"created": new}, found.results
    figures.add("users made in a second", new / seconds, "")
    figures.add("the worker's peak meanwhile, above what it had", (peak - resting) / MIB, "MiB")
