"""`provisor serve`: everything runs, nothing is doubled, nothing is left behind."""

from __future__ import annotations

import signal
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from provisor.runtime.postgres import Cluster

Run = Callable[..., subprocess.CompletedProcess[str]]
Start = Callable[..., subprocess.Popen[str]]
Until = Callable[..., None]


def words_of(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


class Served:
    """One `provisor serve`, ready."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        assert process.stdout
        self.process, self.port = process, port
        self.line = process.stdout.readline()

    def parts(self, role: str) -> list[psutil.Process]:
        children = psutil.Process(self.process.pid).children()
        return [child for child in children if f"provisor {role}" in words_of(child)]

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


@pytest.fixture
def served(start: Start, free_port: int) -> Served:
    return Served(start("serve", "--port", str(free_port)), free_port)


def ends(process: subprocess.Popen[str]) -> int:
    return process.wait(30)


def test_it_says_where_it_is_and_each_part_shows_its_role(served: Served) -> None:
    assert served.line == f"Provisor is ready: http://127.0.0.1:{served.port}\n"
    assert served.is_ready()
    assert len(served.parts("web")) == len(served.parts("worker")) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_it_stops_cleanly_and_leaves_no_process(served: Served, number: signal.Signals, data_dir: Path) -> None:
    family = psutil.Process(served.process.pid).children(recursive=True)
    served.process.send_signal(number)
    assert ends(served.process) == 0
    assert [process for process in family if process.is_running()] == []
    assert Cluster(data_dir).process() is None


def test_a_second_one_on_the_same_data_folder_is_refused(served: Served, provisor: Run) -> None:
    refused = provisor("serve", "--port", str(served.port))
    assert refused.returncode == 1
    assert "Another provisor serve runs on" in refused.stderr
    assert served.is_ready()


def test_a_taken_port_is_told_before_anything_is_started(provisor: Run, free_port: int, data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", free_port)):
        refused = provisor("serve", "--port", str(free_port))
    assert refused.returncode == 1
    assert f"127.0.0.1:{free_port} can't be listened on" in refused.stderr
    assert not (data_dir / "postgres").exists()


@pytest.mark.parametrize("role", ["web", "worker"])
def test_a_part_that_dies_comes_back(served: Served, role: str, until: Until) -> None:
    (before,) = served.parts(role)
    before.kill()
    until(lambda: [part.pid for part in served.parts(role)] not in ([], [before.pid]))
    until(served.is_ready)


def test_a_postgres_that_dies_comes_back(served: Served, data_dir: Path, until: Until) -> None:
    before = Cluster(data_dir).process()
    assert before
    before.kill()
    until(lambda: Cluster(data_dir).process() not in (None, before))
    until(served.is_ready)


def test_after_a_kill_of_serve_its_parts_end_and_the_next_one_takes_over(
    served: Served, start: Start, data_dir: Path, until: Until
) -> None:
    parts = [*served.parts("web"), *served.parts("worker")]
    postmaster = Cluster(data_dir).process()
    served.process.kill()
    again = Served(start("serve", "--port", str(served.port)), served.port)
    assert again.line.startswith("Provisor is ready")
    assert [part for part in parts if part.is_running()] == []
    assert Cluster(data_dir).process() == postmaster
    until(again.is_ready)


def test_after_a_kill_of_everything_it_starts_again(served: Served, start: Start, until: Until) -> None:
    for process in [psutil.Process(served.process.pid), *psutil.Process(served.process.pid).children(recursive=True)]:
        process.kill()
    again = Served(start("serve", "--port", str(served.port)), served.port)
    until(again.is_ready)


def test_the_address_is_the_public_one_where_one_is_set(start: Start, free_port: int) -> None:
    served = Served(start("serve", "--port", str(free_port), PROVISOR_PUBLIC_URL="https://id.example.com/"), free_port)
    assert served.line == "Provisor is ready: https://id.example.com/\n"
