"""A run is carried out by a worker, elsewhere. Whoever asked for it wants to see it move, and to learn at once if
there is no worker at all.
"""

from __future__ import annotations

import sys
import time
import uuid
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


def accounts_by_status(application_id: uuid.UUID) -> dict[str, int]:
    """How many accounts of an application are in which status."""
    from provisor.selection import rows_of

    statement = """
        SELECT status, count(*) FROM applications_account WHERE application_id = %(id)s GROUP BY status ORDER BY status
    """
    return {row["status"]: row["count"] for row in rows_of(statement, {"id": application_id})}


@contextmanager
def progress(what: str) -> Iterator[Show]:
    """Shows how far a run is."""
    with bar(what) as show:
        yield lambda run: show(run.done, run.total, f"{what}: {run.status}")


@contextmanager
def bar(what: str) -> Iterator[Callable[..., None]]:
    """A progress bar on a terminal's stderr, moved by `show(done, total, text)`; silence elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    text = TextColumn("{task.description}", markup=False)
    columns = (SpinnerColumn(), text, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as shown:
        task = shown.add_task(what, total=None)

        def show(done: int, total: int | None, text: str = what) -> None:
            shown.update(task, completed=done, total=total, description=text)

        yield show
