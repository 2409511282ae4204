"""The service provider of the benchmarks: a process of its own that answers as fast as Python can, remembers when
each request arrived, and takes orders on its standard input (one JSON object a line, answered by one).

A request's arrival is read from the monotonic clock, which all processes of a machine share.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import defaultdict
from typing import Any, cast
from urllib.parse import parse_qsl

import httptools
import orjson
import uvloop

from bench.accounts import Accounts

PREFIX = b"/scim/v2/Users"
BULK = b"/scim/v2/Bulk"
PATIENCE = 60.0  # seconds
_BULK = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
_REASONS = {200: b"OK", 201: b"Created", 404: b"Not Found", 409: b"Conflict"}


class Sink:
    """Everything between the connections: accounts, arrivals by method, and how long an answer is kept back."""

    def __init__(self) -> None:
        self.changed = asyncio.Event()
        self.reset()

    def reset(self) -> None:
        self.accounts, self.latency = Accounts(), 0.0
        self.arrivals: dict[str, list[float]] = defaultdict(list)

    def arrived(self, method: str) -> None:
        self.arrivals[method].append(time.monotonic())
        self.changed.set()

    async def obey(self, order: dict[str, Any]) -> Any:
        """`reset`; `latency`: seconds; `fill`: with `count` accounts of others; `people`: with those
        of `count` people of `team`; `wait`: until `count` requests of `method`
        came, then when the last of them did, or None after a minute; `counts`: how many requests came, by method."""
        if order["do"] == "reset":
            return self.reset()
        if order["do"] == "latency":
            self.latency = order["seconds"]
        if order["do"] == "fill":
            self.accounts.fill(order["count"])
        if order["do"] == "people":
            self.accounts.people(order["count"], order["team"])
        if order["do"] == "wait":
            return await self._wait(order["method"], order["count"])
        if order["do"] == "counts":
            return {method: len(times) for method, times in self.arrivals.items()}
        return None

    async def _wait(self, method: str, count: int) -> float | None:
        try:
            async with asyncio.timeout(PATIENCE):
                while len(self.arrivals[method]) < count:
                    self.changed.clear()
                    await self.changed.wait()
        except TimeoutError:
            return None
        return self.arrivals[method][count - 1]

    def answer(self, method: str, path: bytes, query: bytes, body: bytes) -> tuple[int, Any]:
        if path == BULK:
            return 200, self._together(orjson.loads(body)["Operations"])
        if not path.startswith(PREFIX):
            return 404, None
        id = path[len(PREFIX) + 1 :].decode()
        if method == "POST":
            return self.accounts.create(orjson.loads(body))
        if method == "PATCH":
            return self.accounts.patch(id, orjson.loads(body)["Operations"])
        return self.accounts.read(id) if id else self.accounts.listing(dict(parse_qsl(query.decode())))

    def _together(self, operations: list[dict[str, Any]]) -> dict[str, Any]:
        """The answer to a Bulk request: each operation as if it had come alone."""
        told = []
        for operation in operations:
            method, path = operation["method"], b"/scim/v2" + operation["path"].encode()
            status, body = self.answer(method, path, b"", orjson.dumps(operation["data"]))
            told.append({"method": method, "bulkId": operation["bulkId"], "status": str(status), "response": body})
        return {"schemas": [_BULK], "Operations": told}


class Connection(asyncio.Protocol):
    """One connection: HTTP/1.1, kept alive."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._parser = httptools.HttpRequestParser(self)
        self._url, self._body = b"", bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    # What httptools calls

    def on_message_begin(self) -> None:
        self._url, self._body = b"", bytearray()

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        method = self._parser.get_method().decode()
        self._sink.arrived(method)
        path, _, query = self._url.partition(b"?")
        status, body = self._sink.answer(method, path, query, bytes(self._body))
        answer = _encoded(status, b"" if body is None else orjson.dumps(body))
        if self._sink.latency:
            asyncio.get_running_loop().call_later(self._sink.latency, self._write, answer)
        else:
            self._write(answer)

    def _write(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)


def _encoded(status: int, body: bytes) -> bytes:
    head = b"HTTP/1.1 %d %s\r\nContent-Type: application/scim+json\r\nContent-Length: %d\r\n\r\n"
    return head % (status, _REASONS[status], len(body)) + body


async def main() -> None:
    """Serves on a free port, which is the first line on standard output, until standard input ends."""
    sink, loop = Sink(), asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(sink), "127.0.0.1", 0)
    _say(server.sockets[0].getsockname()[1])
    orders = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    while line := await orders.readline():
        _say(await sink.obey(orjson.loads(line)))


def _say(answer: Any) -> None:
    sys.stdout.buffer.write(orjson.dumps(answer) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    uvloop.run(main())
