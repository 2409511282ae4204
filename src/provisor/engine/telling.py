"""Tells people of an application's pace while a pass goes on: at most once a second, and only what is new."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Protocol
from uuid import UUID

from provisor.engine.pacing import Gate
from provisor.engine.ports import Gone

EVERY = 1.0  # seconds


class Paces(Protocol):
    """Where the state is kept: part of the Store port."""

    async def paced(self, application: UUID, state: Mapping[str, Any]) -> None:
        """Keeps the pace of an application, as `Gate.as_json` says it, instead of the one before."""


class Telling:
    """What was last told of each application, and when."""

    def __init__(self, paces: Paces) -> None:
        self._paces = paces
        self._told: dict[UUID, tuple[float, Mapping[str, Any]]] = {}

    async def tell(self, application: UUID, gate: Gate) -> None:
        """Until it is cancelled, or the database is lost (which the pass hears itself)."""
        with suppress(Gone):
            while True:
                await asyncio.sleep(EVERY)
                await self._say(application, gate.as_json())

    async def last(self, application: UUID, gate: Gate) -> None:
        """At the end of a pass: not after each of many short ones, unless something is the matter."""
        at, told = self._told.get(application, (-EVERY, {}))
        state = gate.as_json()
        if time.monotonic() - at >= EVERY or state["state"] != told.get("state") or state["state"] != "running":
            await self._say(application, state)

    async def _say(self, application: UUID, state: Mapping[str, Any]) -> None:
        before = self._told.get(application)
        self._told[application] = (time.monotonic(), state)
        if before is None or before[1] != state:
            await self._paces.paced(application, state)
