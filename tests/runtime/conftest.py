"""Real processes on data folders of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

NOT_DURABLE = {"fsync": "off", "full_page_writes": "off"}
Run = Callable[..., subprocess.CompletedProcess[str]]
Start = Callable[..., subprocess.Popen[str]]


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    """Waits until the condition holds; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came about"
        threading.Event().wait(0.02)


@pytest.fixture(name="until")
def _until() -> Callable[..., None]:
    return until


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def environment(data_dir: Path) -> dict[str, str]:
    """Of a process that knows nothing of this test session."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PROVISOR", "DJANGO", "PG"))}
    return kept | {"PROVISOR_DATA_DIR": str(data_dir)}


@pytest.fixture
def provisor(environment: dict[str, str]) -> Run:
    """Runs one command to its end."""

    def run(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "provisor", *words]
        return subprocess.run(command, env=environment | more, capture_output=True, text=True, timeout=120, check=False)

    return run


@pytest.fixture
def start(environment: dict[str, str], tmp_path: Path) -> Iterator[Start]:
    """Starts a command that goes on; whatever of it is left at the end of the test is killed."""
    started: list[subprocess.Popen[str]] = []

    def run(*words: str, **more: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "provisor", *words]
        with (tmp_path / f"log-{len(started)}").open("w") as log:
            started.append(
                subprocess.Popen(command, env=environment | more, stdout=subprocess.PIPE, stderr=log, text=True)
            )
        return started[-1]

    yield run
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
        assert process.stdout
        process.stdout.close()
    stop_postgres(Path(environment["PROVISOR_DATA_DIR"]))


def stop_postgres(data_dir: Path) -> None:
    from provisor.runtime.postgres import Cluster

    if (data_dir / "postgres").exists():
        Cluster(data_dir).stop()


def family(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)
