"""A small proxy on 127.0.0.1: CONNECT and whole URLs, with or without a password. It remembers what it was asked for."""

from __future__ import annotations

import asyncio
import contextlib
from base64 import b64encode
from urllib.parse import urlsplit


class Proxy:
    """`sign_in`: "user:password" that it wants. `answers`: this status to everything, and nothing passes. `finds`: where
    names lead, for it looks them up itself."""

    def __init__(self, sign_in: str = "", *, answers: int = 0, finds: dict[str, int] | None = None) -> None:
        self.sign_in, self.answers, self.finds = sign_in, answers, finds or {}
        self.asked: list[str] = []
        self.heads: list[str] = []
        self.port = 0
        self._server: asyncio.Server | None = None
        self._talking: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Proxy:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server
        self._server.close()
        for task in self._talking:
            task.cancel()
        await asyncio.gather(*self._talking, return_exceptions=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._talking.add(asyncio.create_task(self._talk(reader, writer)))

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._exchange(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.transport.abort()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        method, target, _ = head.split(" ", 2)
        self.asked.append(f"{method} {target}")
        self.heads.append(head)
        wanted = f"Proxy-Authorization: Basic {b64encode(self.sign_in.encode()).decode()}"
        status = 407 if self.sign_in and wanted not in head else self.answers
        if status:
            writer.write(f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
            await writer.drain()
            writer.close()
            await writer.wait_closed()
        elif method == "CONNECT":
            await self._tunnel(reader, writer, *self._place(target))
        else:
            parts = urlsplit(target)
            plain = head.replace(target, f"{parts.path}?{parts.query}".rstrip("?"), 1).encode()
            await self._tunnel(reader, writer, *self._place(parts.netloc), first=plain)

    def _place(self, target: str) -> tuple[str, int]:
        host, _, port = target.rpartition(":")
        return ("127.0.0.1", self.finds[host]) if host in self.finds else (host, int(port))

    async def _tunnel(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, port: int, first: bytes = b""
    ) -> None:
        there, away = await asyncio.open_connection(host, port)
        if first:
            away.write(first)
        else:
            writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
        try:
            await asyncio.gather(_pump(reader, away), _pump(there, writer))
        finally:
            away.transport.abort()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
        sink.close()
