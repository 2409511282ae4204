"""A recorder between Provisor and a service provider: it passes every request on, byte for byte, and remembers it.

It is how a walk counts requests without asking Provisor, and how it loses an answer that the provider has given.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

_OF_ONE_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})
LARGEST = 64 * 2**20


@dataclass(frozen=True)
class Request:
    """One request as it went over the wire. `status` 0: the provider gave no answer. `token`: what it was signed with."""

    method: str
    path: str
    body: bytes
    status: int
    answer: bytes
    token: str = field(default="", repr=False)

    @property
    def writes(self) -> bool:
        return self.method != "GET" and not self.path.partition("?")[0].endswith("/.search")


@dataclass
class Recorder:
    """`lose_answer_to` holds methods: the next answer to each of them never reaches Provisor. What is asked at `token_path`,
    the authorisation server, is kept apart in `for_tokens`."""

    port: int
    token_path: str = ""
    requests: list[Request] = field(default_factory=list)
    for_tokens: list[Request] = field(default_factory=list)
    lose_answer_to: set[str] = field(default_factory=set)

    def since(self, mark: int) -> list[Request]:
        return self.requests[mark:]

    async def pass_on(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        url = URL(f"http://127.0.0.1:{self.port}{request.raw_path}", encoded=True)
        status, headers, answer = 0, CIMultiDict[str](), b""
        async with _client() as client:
            with contextlib.suppress(aiohttp.ClientError):
                async with client.request(
                    request.method, url, data=body or None, headers=_passed(request.headers)
                ) as told:
                    answer = await told.read()
                    status, headers = told.status, _passed(told.headers)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        signing_in = request.path == self.token_path
        recorded = self.for_tokens if signing_in else self.requests
        recorded.append(Request(request.method, request.raw_path, body, status, answer, token))
        if not status or (request.method in self.lose_answer_to and not signing_in):
            self.lose_answer_to.discard(request.method)
            if request.transport is not None:
                request.transport.abort()
        return web.Response(status=status or 502, body=answer, headers=headers)


def _client() -> aiohttp.ClientSession:
    """One connection for one request: an idle one that the provider closes would look like its fault."""
    connector = aiohttp.TCPConnector(force_close=True)
    timeout = aiohttp.ClientTimeout(total=120)
    return aiohttp.ClientSession(
        connector=connector, timeout=timeout, auto_decompress=False, skip_auto_headers=("User-Agent", "Accept")
    )


def _passed(headers: CIMultiDict[str] | object) -> CIMultiDict[str]:
    pairs = headers.items()  # type: ignore[attr-defined]
    return CIMultiDict((name, value) for name, value in pairs if name.lower() not in _OF_ONE_HOP)


@contextlib.contextmanager
def recording(provider: int, port: int, token_path: str = "") -> Iterator[Recorder]:
    """A recorder on `port` before the provider on port `provider`, in a thread of its own."""
    recorder, loop = Recorder(provider, token_path), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="recorder", daemon=True)
    thread.start()
    runner = asyncio.run_coroutine_threadsafe(_started(recorder, port), loop).result(20)
    try:
        yield recorder
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
        loop.close()


async def _started(recorder: Recorder, port: int) -> web.AppRunner:
    application = web.Application(client_max_size=LARGEST)
    application.router.add_route("*", "/{path:.*}", recorder.pass_on)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    return runner
