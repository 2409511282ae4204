"""A client is kept between passes while its connection stays the same, and one that was closed is never used again."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

import pytest

from provisor.core.form import Form
from provisor.engine.worker import Clients


@dataclass
class Client:
    closed: bool = False

    async def __aexit__(self, *error: object) -> None:
        self.closed = True


def connection(endpoint: str) -> Any:
    policy = SimpleNamespace(form=Form())
    return SimpleNamespace(application=1, endpoint=endpoint, secret=None, settings={"concurrency": 8}, policy=policy)


async def connect(found: Any, gate: object) -> Client:
    if found.endpoint == "unusable":
        raise ValueError("unusable")
    return Client()


def test_after_a_failed_change_a_new_one_is_opened() -> None:
    async def passes() -> None:
        clients: Any = Clients(cast(Any, connect))
        first = await clients.get(connection("here"), None)
        assert await clients.get(connection("here"), None) is first
        with pytest.raises(ValueError, match="unusable"):
            await clients.get(connection("unusable"), None)
        assert first.closed
        again = await clients.get(connection("here"), None)
        assert not again.closed

    asyncio.run(passes())
