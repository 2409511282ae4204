"""Yesterday's database under today's worker: nothing is written to any application until a person has looked."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
Start = Callable[..., subprocess.Popen[str]]
Until = Callable[..., None]


@pytest.fixture
def mark(data_dir: Path) -> Path:
    return data_dir / "newest-event.json"


def served_until(start: Start, port: int, until: Until, condition: Callable[[], Any]) -> None:
    """Serves until the condition holds, and stops."""
    process = start("serve", "--port", str(port))
    assert process.stdout
    assert process.stdout.readline().startswith("Provisor is ready")
    until(condition)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


def stopped(port: int, token: str) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/api/v1/organisation", headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read())["stopped"]


def test_a_restored_database_stops_every_write(
    provisor: Run, start: Start, free_port: int, data_dir: Path, mark: Path, until: Until
) -> None:
    token = provisor("token", "create", "yesterday").stdout.strip()
    served_until(start, free_port, until, mark.exists)
    subprocess.run(["cp", "-a", data_dir / "postgres", data_dir / "backup"], check=True)

    provisor("token", "create", "today")
    before = mark.read_text()
    served_until(start, free_port, until, lambda: mark.read_text() != before and not stopped(free_port, token))
    shutil.rmtree(data_dir / "postgres")
    (data_dir / "backup").rename(data_dir / "postgres")

    served_until(start, free_port, until, lambda: stopped(free_port, token))
    served_until(start, free_port, until, lambda: "restoring a backup" in stopped(free_port, token)["reason"])
