"""Real processes on both sides: `provisor serve` with its own PostgreSQL, and a service provider that others wrote.

Everything goes through what a user has: the command line and the REST contract.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.interop.world import BIN, PATIENCE, TOKEN, Installation, Rest, answers, process, until
from tests.ports import a_free_port

__all__ = ["BIN", "PATIENCE", "TOKEN", "Installation", "Rest", "answers", "process", "until"]


@pytest.fixture
def scim2_server(free_port: int) -> Iterator[Rest]:
    """scim2-server of the python-scim project, as a real process."""
    command = (str(BIN / "scim2-server"), "--hostname", "127.0.0.1", "--port", str(free_port), "--bearer-token", TOKEN)
    with process(*command):
        sp = Rest(f"http://127.0.0.1:{free_port}/v2", TOKEN)
        until(lambda: answers(f"{sp.base}/ServiceProviderConfig", TOKEN), what="scim2-server answers")
        yield sp


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path / "data", a_free_port())
    with made.serving():
        yield made
