"""Which jobs there are. Each is registered under a name, which is what the queue holds of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Work = Callable[..., Any]
DEFAULT, LONG = "default", "long"  # queues; each has workers of its own, so that an import never delays a mail


class Stopped(Exception):
    """The worker is stopping: the job goes back into the queue and is begun anew elsewhere."""


@dataclass(frozen=True)
class Job:
    """`alone`: never two of this name at a time. `long`: takes more than seconds. `cron`: done by itself, in UTC."""

    name: str
    work: Work
    retries: int
    alone: bool
    long: bool
    cron: str | None = None

    @property
    def lock(self) -> str | None:
        return self.name if self.alone else None

    @property
    def queue(self) -> str:
        return LONG if self.long else DEFAULT


known: dict[str, Job] = {}
stopping = threading.Event()


def job(name: str, *, retries: int = 5, alone: bool = False, long: bool = False) -> Callable[[Work], Work]:
    """Registers the function below it, which stays what it is."""
    return lambda work: _add(Job(name, work, retries, alone, long))


def every(cron: str, name: str, *, long: bool = False) -> Callable[[Work], Work]:
    """Registers a function without arguments that is also done by itself, such as every five minutes: "*/5 * * * *".

    One worker of all does it, and never two at a time. It isn't tried again: the next time comes anyway."""
    return lambda work: _add(Job(name, work, retries=0, alone=True, long=long, cron=cron))


def _add(one: Job) -> Work:
    there = known.get(one.name)
    if there and (there.work.__module__, there.work.__qualname__) != (one.work.__module__, one.work.__qualname__):
        raise ValueError(f"There are two jobs named {one.name!r}: {there.work.__module__}, {one.work.__module__}.")
    known[one.name] = one
    return one.work


def named(name: str) -> Job:
    """Raises LookupError for a name that nobody registered."""
    try:
        return known[name]
    except KeyError:
        raise LookupError(f"There is no job {name!r}. Known: {', '.join(sorted(known))}.") from None


def checkpoint() -> None:
    """For a long job, between two pieces of its work: raises Stopped when the worker is to end."""
    if stopping.is_set():
        raise Stopped
