"""Locks on files: who serves a data folder, and who still needs its PostgreSQL. The kernel drops them with the
process that held them, so a kill -9 leaves nothing to clean up.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Taken(Exception):
    """Somebody else holds the lock."""


class FileLock:
    """An flock on `path`, held by this object until `release`. The file stays behind and means nothing by itself."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = None

    def wait(self) -> None:
        """Takes the lock alone, waiting for it."""
        fcntl.flock(self._open(), fcntl.LOCK_EX)

    def share(self) -> None:
        """Takes the lock together with others, waiting for one who has it alone."""
        fcntl.flock(self._open(), fcntl.LOCK_SH)

    def take(self) -> None:
        """Takes the lock alone, at once. Raises Taken where anybody else has it, alone or together with others."""
        try:
            fcntl.flock(self._open(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Taken(str(self.path)) from error

    def take_within(self, seconds: float) -> None:
        """Takes the lock alone, trying for so long. Raises Taken."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                return self.take()
            except Taken:
                time.sleep(0.05)
        self.take()

    def release(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _open(self) -> int:
        if self._handle is None:
            self._handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        return self._handle


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Only one process at a time is inside; the others wait."""
    lock = FileLock(path)
    lock.wait()
    try:
        yield
    finally:
        lock.release()
