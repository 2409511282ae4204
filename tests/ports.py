"""Ports for tests, also of those that run at the same time."""

from __future__ import annotations

import contextlib
import os
import random
import socket

FIRST = 20_000
EACH = 1_500
ALONE = "gw7"  # a process of tests beside those of pytest-xdist, which are gw0 and so on: fewer than seven

_next = random.randrange(EACH)


def a_free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on, and that no outgoing connection takes meanwhile: below the range
    that the system gives those, and in a part of it that no other process of these tests uses. One after the other, so that
    two who have yet to listen on theirs don't get the same."""
    global _next
    first = FIRST + EACH * int(os.environ.get("PYTEST_XDIST_WORKER", ALONE)[2:])
    for _ in range(EACH):
        _next = (_next + 1) % EACH
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", first + _next))
            return first + _next
    raise OSError(f"No port from {first} to {first + EACH} is free.")
