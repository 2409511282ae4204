"""A run is carried out by a worker, elsewhere. Whoever asked for it wants to see it move, and to learn at once if
there is no worker at all.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from provisor.cli.failures import Failure

if TYPE_CHECKING:
    from provisor.administrators.actor import Actor
    from provisor.applications.models import Run

UNDER_WAY = ("queued", "planning", "applying")
PATIENCE = 3.0  # seconds for a worker to show itself
Show = Callable[["Run"], None]


def watch(actor: Actor, run: Run) -> Run:
    """The run as it ended. Raises Failure, and cancels it, where no worker is there to carry it out."""
    from provisor.applications import commands, queries
    from provisor.runtime.status import worker_is_alive

    begun = time.monotonic()
    with progress(f"{run.kind} of {run.application.name}") as show:
        while True:
            run = queries.get_run(run.id)
            show(run)
            if run.status not in UNDER_WAY:
                return run
            if run.status == "queued" and time.monotonic() - begun > PATIENCE and not worker_is_alive():
                commands.cancel_run(actor, run.id)
                raise Failure(
                    "No worker is running, so nobody carries this out. Start “provisor serve” or “provisor worker”."
                )
            time.sleep(0.1)


@contextmanager
def progress(what: str) -> Iterator[Show]:
    """A progress bar on a terminal's stderr; silence elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(what, total=None)
        yield lambda run: bar.update(task, total=run.total, completed=run.done, description=f"{what}: {run.status}")
