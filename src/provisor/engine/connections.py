"""Who sends a request: the gate of the pass that a task belongs to, and the priority and object of its requests.

An account needs a place at the SP only while a request of it is there. The rest of its way it waits for the database,
which commits its intent and its outcome; so more accounts are under way than there are places (`engine.lanes`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from contextvars import Context, ContextVar, copy_context
from itertools import count
from typing import Protocol

from provisor.engine.turns import LEAVERS as LEAVERS
from provisor.engine.turns import ORDINARY, Place

_serial = count(1)
_priority: ContextVar[int] = ContextVar("priority", default=ORDINARY)
_what: ContextVar[str] = ContextVar("what", default="")
_held: ContextVar[Place | None] = ContextVar("held", default=None)


class Places(Protocol):
    """Where a task gets a place: `provisor.engine.pacing.Gate`."""

    def place(self, place: Place) -> AbstractAsyncContextManager[None]:
        """Entered once `place` is held; without it where nothing may be sent, which its request then hears."""


_places: ContextVar[Places | None] = ContextVar("places", default=None)


def enter(places: Places) -> None:
    """From here on, requests of this task and of those that it starts go through `places`."""
    _places.set(places)


def context(priority: int, what: str = "") -> Context:
    """For the task of one account or group, `what`."""
    made = copy_context()
    made.run(_priority.set, priority)
    made.run(_what.set, what or f"task {next(_serial)}")
    return made


def wanted() -> Place:
    """A place as this task may have it, not yet held."""
    return Place(_priority.get(), _what.get())


def held() -> Place | None:
    """The place that this task holds."""
    return _held.get()


@asynccontextmanager
async def connection() -> AsyncIterator[None]:
    """A place at the SP, once it is this task's turn. Outside of a pass there is nothing to wait for."""
    places = _places.get()
    if places is None:
        yield
        return
    place = wanted()
    async with places.place(place):
        token = _held.set(place)
        try:
            yield
        finally:
            _held.reset(token)
