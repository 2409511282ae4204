"""HTTP on one side, the protocol on the other, and the faults in between."""

from __future__ import annotations

import asyncio
import re
import socket
import struct
import threading
import time
from typing import Any
from urllib.parse import parse_qsl, unquote

import orjson
from aiohttp import web

from provisor.testing.endpoints import Endpoints
from provisor.testing.faults import Fault, Faults
from provisor.testing.messages import Answer, Request
from provisor.testing.pace import Places
from provisor.testing.records import Log, Recorded

PREFIX = "/scim/v2"

_LARGEST_BODY = 64 * 1024 * 1024
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER with no time left: closing sends a RST
_SLASHES = re.compile("/+")


class Wire:
    """Serves HTTP requests. `lock` is held wherever the store, the faults or the log are touched."""

    def __init__(self, endpoints: Endpoints, faults: Faults, log: Log, lock: threading.RLock) -> None:
        self._endpoints, self._faults, self._log, self._lock = endpoints, faults, log, lock
        self.stopping = asyncio.Event()
        self.places = Places()

    def server(self) -> web.Server:
        """An aiohttp server that takes large bodies and writes no access log."""
        loop = asyncio.get_running_loop()

        def factory(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
            return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=_LARGEST_BODY)

        return web.Server(self._serve, request_factory=factory, access_log=None)

    async def _serve(self, http: web.BaseRequest) -> web.StreamResponse:
        if not self.places.entered(self._endpoints.store.profile):
            return await self._turned_away(http)
        try:
            return await self._admitted(http)
        finally:
            self.places.left()

    async def _turned_away(self, http: web.BaseRequest) -> web.StreamResponse:
        """Too many at once: nothing is carried out."""
        request = _request(http, await http.read())
        resets = self._endpoints.store.profile.concurrency_over == "reset"
        with self._lock:
            number = self._log.arrived(_recorded(http, request))
            self._log.answered(number, 0 if resets else 503, fault="concurrency")
        if resets:
            return _reset(http)
        status, headers, body = Fault("status", status=503).answer()
        return web.Response(status=status, headers=headers, body=body)

    async def _admitted(self, http: web.BaseRequest) -> web.StreamResponse:
        request = _request(http, await http.read())
        with self._lock:
            number = self._log.arrived(_recorded(http, request))
            faults = list(self._faults.striking(request.method, "/" + "/".join(request.path)))
        for fault in faults:
            if fault.kind == "latency":
                await self._pause(fault.seconds)
        if faults and faults[-1].kind != "latency":
            return await self._struck(http, request, number, faults[-1])
        with self._lock:
            answer = self._endpoints.answer(request)
            struck = faults[-1].kind if faults else None
            self._log.answered(number, answer.status, answer.findings, struck, answer.early)
        return web.Response(status=answer.status, body=answer.body, headers=answer.headers)

    async def _struck(self, http: web.BaseRequest, request: Request, number: int, fault: Fault) -> web.StreamResponse:
        if fault.kind in ("lost_answer", "cut_json"):
            return await self._carried_out(http, request, number, fault)
        answers = fault.kind in ("status", "html")
        with self._lock:
            self._log.answered(number, fault.status if answers else 0, fault=fault.kind)
        if answers:
            status, headers, body = fault.answer()
            return web.Response(status=status, headers=headers, body=body)
        if fault.kind == "hang":
            await self._pause(fault.seconds or None)
            return _closed(http)
        return _reset(http)

    async def _carried_out(
        self, http: web.BaseRequest, request: Request, number: int, fault: Fault
    ) -> web.StreamResponse:
        cut = fault.kind == "cut_json"
        with self._lock:
            answer = self._endpoints.answer(request)
            self._log.answered(number, answer.status if cut else 0, answer.findings, fault.kind)
        await self._pause(fault.seconds)
        return await _cut(http, answer) if cut else _closed(http)

    async def _pause(self, seconds: float | None) -> None:
        """Waits, but not longer than the provider runs. None: until it stops."""
        if seconds == 0:
            return
        try:
            await asyncio.wait_for(self.stopping.wait(), seconds)
        except TimeoutError:
            return


def _request(http: web.BaseRequest, raw: bytes) -> Request:
    target = http.raw_path
    path, _, query = target.partition("?")
    try:
        body = orjson.loads(raw) if raw else None
    except orjson.JSONDecodeError:
        body = None
    return Request(
        method=http.method,
        target=target,
        path=_below_prefix(path),
        query=dict(parse_qsl(query, keep_blank_values=True)),
        headers=http.headers,
        body=body,
        has_body=bool(raw),
        size=len(raw),
    )


def _below_prefix(path: str) -> tuple[str, ...]:
    head, prefix, below = _SLASHES.sub("/", path).partition(PREFIX)
    if head or not prefix or (below and not below.startswith("/")):
        return ()
    return tuple(unquote(segment) for segment in below.split("/") if segment)


def _recorded(http: web.BaseRequest, request: Request) -> Recorded:
    return Recorded(
        at=time.monotonic(),
        method=request.method,
        path="/" + "/".join(request.path) if request.path else http.path,
        target=request.target,
        query=request.query,
        headers=request.headers,
        body=request.body,
    )


async def _cut(http: web.BaseRequest, answer: Answer) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status, headers=answer.headers)
    response.content_length = len(answer.body)
    await response.prepare(http)
    await response.write(answer.body[: len(answer.body) // 2])
    return _closed(http, response)


def _closed(http: web.BaseRequest, response: web.StreamResponse | None = None) -> web.StreamResponse:
    """Closes the connection after what was written."""
    if http.transport:
        http.transport.close()
    return response or web.Response()


def _reset(http: web.BaseRequest) -> web.StreamResponse:
    if http.transport:
        http.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        http.transport.abort()
    return web.Response()
