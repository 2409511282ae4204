"""The demo, as a person runs it: real processes, a real third-party service provider, twice."""

from __future__ import annotations

import contextlib
import json
import random
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
Start = Callable[..., subprocess.Popen[str]]


def ports() -> list[str]:
    """Two free ports below the range that outgoing connections take theirs from."""
    return [str(port) for port in random.sample(range(20_000, 32_000), 200) if _is_free(port)][:2]


def _is_free(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
        return True
    return False


def get(url: str, token: str) -> Any:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def spoken(demo: subprocess.Popen[str], log: Path) -> dict[str, str]:
    """What the demo prints, by the words before the colon, until it is ready."""
    assert demo.stdout
    said = {}
    for line in demo.stdout:
        name, _, value = line.rstrip("\n").partition(":")
        said[name] = value.strip()
        if line.startswith("Ctrl-C"):
            return said
    pytest.fail(f"The demo ended: {said}\n{log.read_text()}")


def ends(demo: subprocess.Popen[str]) -> None:
    family = psutil.Process(demo.pid).children(recursive=True)
    demo.send_signal(signal.SIGINT)
    assert demo.wait(30) == 0
    assert [process for process in family if process.is_running()] == []


def accounts(app_port: str, data_dir: Path) -> dict[str, bool]:
    """What the service provider holds: username and whether active."""
    token = (data_dir / "demo" / "sample-app-token").read_text()
    found = get(f"http://127.0.0.1:{app_port}/v2/Users?count=200", token)
    return {user["userName"]: user["active"] for user in found.get("Resources", [])}


def test_the_demo_provisions_a_real_service_provider_and_again_after_a_restart(
    start: Start, provisor: Run, data_dir: Path, tmp_path: Path
) -> None:
    port, app_port = ports()
    words = ("demo", "--port", port, "--app-port", app_port)
    demo = start(*words)
    said = spoken(demo, tmp_path / "log-0")
    users = get(f"http://127.0.0.1:{port}/api/v1/users?limit=200", said["API token"])
    first = accounts(app_port, data_dir)
    assert (users["total"], len(first)) == (51, 39)
    assert all(first.values())
    ended = provisor("plan", "sample app", "--json", PROVISOR_DATA_DIR=str(data_dir / "demo"))
    assert json.loads(ended.stdout)["changes"] == []
    ends(demo)

    demo = start(*words)
    assert spoken(demo, tmp_path / "log-1")["API token"] == said["API token"]
    assert accounts(app_port, data_dir) == first
    ended = provisor("sync", "Sample app", PROVISOR_DATA_DIR=str(data_dir / "demo"))
    assert ended.stdout.startswith("Sample app: nothing had to be changed.")
    here = {"PROVISOR_DATA_DIR": str(data_dir / "demo"), "PROVISOR_ALLOW_TARGETS": f"127.0.0.1:{app_port}"}
    assert provisor("doctor", "Sample app", **here).returncode == 0
    ends(demo)


def test_a_taken_port_of_the_sample_application_is_told_before_anything_is_started(
    provisor: Run, data_dir: Path
) -> None:
    port, app_port = ports()
    with socket.create_server(("127.0.0.1", int(app_port))):
        refused = provisor("demo", "--port", port, "--app-port", app_port)
    assert refused.returncode == 1
    assert f"127.0.0.1:{app_port} can't be listened on" in refused.stderr
    assert not (data_dir / "demo" / "postgres").exists()


def test_what_the_demo_keeps_is_for_its_owner_alone(provisor: Run, data_dir: Path) -> None:
    port, app_port = ports()
    with socket.create_server(("127.0.0.1", int(port))):
        provisor("demo", "--port", port, "--app-port", app_port)
    assert (data_dir / "demo" / "sample-app-token").stat().st_mode & 0o077 == 0
