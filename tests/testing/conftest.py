"""A fake service provider, and a well-behaved client to call it with."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson
import pytest
from yarl import URL

from provisor.testing import FakeServiceProvider

WELL_BEHAVED = {"Accept": "application/scim+json", "User-Agent": "Rehearsal/1.0", "Authorization": "Bearer secret"}


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Any
    raw: bytes

    @property
    def body(self) -> Any:
        return orjson.loads(self.raw)


Call = Callable[..., Awaitable[Reply]]


@pytest.fixture
async def sp() -> AsyncIterator[FakeServiceProvider]:
    async with FakeServiceProvider() as sp:
        yield sp


@pytest.fixture
async def call(sp: FakeServiceProvider) -> AsyncIterator[Call]:
    """`await call("POST", "/Users", {...}, Accept=None)`: None leaves a header out. Paths are sent as they are."""

    async def send(method: str, path: str, body: Any = None, **headers: str | None) -> Reply:
        raw = body if isinstance(body, bytes | None) else orjson.dumps(body)
        kind = {"Content-Type": "application/scim+json"} if raw else {}
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {name: value for name, value in {**WELL_BEHAVED, **kind, **given}.items() if value is not None}
        url = URL(sp.base_url + path, encoded=True)
        async with session.request(method, url, data=raw, headers=sent) as answer:
            return Reply(answer.status, answer.headers, await answer.read())

    timeout = aiohttp.ClientTimeout(total=20)
    async with aiohttp.ClientSession(timeout=timeout, skip_auto_headers=["User-Agent", "Content-Type"]) as session:
        yield send
