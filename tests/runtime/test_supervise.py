"""What counts as an answer while serve waits for its parts."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from provisor.runtime import supervise


def test_a_part_that_listens_answers(free_port: int) -> None:
    assert not supervise._answers("127.0.0.1", free_port)
    with socket.create_server(("127.0.0.1", free_port)):
        assert supervise._answers("127.0.0.1", free_port)


def test_a_connection_to_itself_is_no_answer(monkeypatch: pytest.MonkeyPatch, free_port: int) -> None:
    """Bound to the port it connects to, a socket meets itself: by chance that happens to an outgoing connection too."""
    met: list[socket.socket] = []

    def meeting_itself(*_: Any, **__: Any) -> socket.socket:
        met.append(socket.socket())
        met[0].bind(("127.0.0.1", 0))
        met[0].connect(met[0].getsockname())
        return met[0]

    monkeypatch.setattr(supervise.socket, "create_connection", meeting_itself)
    assert not supervise._answers("127.0.0.1", free_port)
    assert [one.fileno() for one in met] == [-1], "it was closed again"
