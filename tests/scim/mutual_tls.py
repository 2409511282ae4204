"""A server that demands client certificates: plain sockets in a thread, for those send the alert that a real server sends
(asyncio's servers cut the connection instead)."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from types import TracebackType
from typing import Self


class MutualTls:
    """Answers each request with an empty 200. `heard`: the heads of the requests that came through."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.port = self._socket.getsockname()[1]
        self.heard: list[str] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(10)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                plain, _ = self._socket.accept()
                plain.settimeout(10)
                with plain:
                    self._talk(plain)

    def _talk(self, plain: socket.socket) -> None:
        secure = self._context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
        with secure:
            try:
                secure.do_handshake()
            except OSError:
                _drain(secure)
                return
            head = b""
            with contextlib.suppress(OSError):
                while b"\r\n\r\n" not in head and (data := secure.recv(65536)):
                    head += data
                if head:
                    self.heard.append(head.decode())
                    secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")


def _drain(secure: ssl.SSLSocket) -> None:
    """Reads what is still coming, so that closing doesn't overtake the alert."""
    plain = socket.socket(fileno=secure.detach())
    with plain, contextlib.suppress(OSError):
        plain.settimeout(1)
        plain.shutdown(socket.SHUT_WR)
        while plain.recv(65536):
            continue
