"""A child of `serve` must not outlive it, even when serve is killed with -9 and can say nothing any more.

The child's standard input is a pipe that serve holds open and never writes to. Its end means: the parent is gone.
That needs no signal of one operating system, and no clock.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

from provisor.runtime import locks

MARK = "PROVISOR_ENDS_WITH_STDIN"
PATIENCE = 3.0  # seconds that an orderly stop may take then


_alive: list[locks.FileLock] = []


def lock_of_parts(data_dir: Path) -> locks.FileLock:
    """Shared by every child of serve on this data folder while it lives; the next serve waits for them to be gone."""
    return locks.FileLock(data_dir / "parts.lock")


def end_with_parent(data_dir: Path) -> None:
    """Stops this process (SIGTERM, later at once) when serve, its parent, ends. Nothing outside of serve."""
    if not os.environ.pop(MARK, None):
        return
    _alive.append(lock_of_parts(data_dir))
    _alive[-1].share()
    threading.Thread(target=_watch, name="parent", daemon=True).start()


def _watch() -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(PATIENCE)
    os._exit(1)
