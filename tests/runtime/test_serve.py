"""`provisor serve`: everything runs, nothing is doubled, nothing is left behind."""

from __future__ import annotations

import contextlib
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


def family(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def test_it_shows_its_parts_refuses_a_second_one_and_leaves_nothing(
    served: Served, provisor: Run, data_dir: Path
) -> None:
    assert served.line == f"Provisor is ready: http://127.0.0.1:{served.port}\n"
    assert len(served.parts("web")) == len(served.parts("worker")) == 1
    refused = provisor("serve", "--port", str(served.port))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "Another provisor serve runs on" in refused.stderr
    assert served.is_ready()
    everything = family(served.process)
    served.process.send_signal(signal.SIGTERM)
    assert served.process.wait(30) == 0
    assert [process for process in everything if process.is_running()] == []
    assert Cluster(data_dir).process() is None


def test_a_taken_port_is_told_before_anything_is_started(provisor: Run, free_port: int, data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", free_port)):
        refused = provisor("serve", "--port", str(free_port))
    assert refused.returncode == 1
    assert f"127.0.0.1:{free_port} can't be listened on" in refused.stderr
    assert not (data_dir / "postgres").exists()


def test_what_dies_comes_back_and_ctrl_c_ends_it(served: Served, data_dir: Path, until: Until) -> None:
    for role in ("web", "worker"):
        (before,) = served.parts(role)
        before.kill()
        until(lambda role=role, before=before: [part.pid for part in served.parts(role)] not in ([], [before.pid]))
    postmaster = Cluster(data_dir).process()
    assert postmaster
    postmaster.kill()
    until(lambda: Cluster(data_dir).process() not in (None, postmaster))
    until(served.is_ready)
    served.process.send_signal(signal.SIGINT)
    assert served.process.wait(30) == 0


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
    for process in [psutil.Process(served.process.pid), *family(served.process)]:
        with contextlib.suppress(psutil.NoSuchProcess):  # some end by themselves once their parent is gone
            process.kill()
    public = {"PROVISOR_PUBLIC_URL": "https://id.example.com/"}
    again = Served(start("serve", "--port", str(served.port), **public), served.port)
    assert again.line == "Provisor is ready: https://id.example.com/\n"
    until(again.is_ready)
