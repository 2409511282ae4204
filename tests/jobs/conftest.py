"""Real worker processes on the test database."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from tests.conftest import MASTER_KEY
from tests.jobs import sample_jobs

assert sample_jobs
ROOT = Path(__file__).parents[2]
StartWorker = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """Where a job leaves its traces."""
    return tmp_path / "trace"


@pytest.fixture
def lines(trace: Path) -> Callable[[], list[str]]:
    return lambda: trace.read_text().splitlines() if trace.exists() else []


@pytest.fixture
def start_worker(dsn: str, tmp_path: Path, environment: dict[str, str]) -> Iterator[StartWorker]:
    """Starts a worker process; its log is `.log`. Killed at the end of the test, if it still runs."""
    started: list[subprocess.Popen[bytes]] = []
    told = environment | _database(dsn) | {"PYTHONPATH": str(ROOT)}

    def run(**more: str) -> subprocess.Popen[bytes]:
        with (tmp_path / f"worker-{len(started)}.log").open("w") as log:
            command = [sys.executable, "-m", "tests.jobs.worker_process"]
            started.append(subprocess.Popen(command, env=told | more, stderr=log, stdout=log, cwd=ROOT))
        return started[-1]

    yield run
    for process in started:
        if process.poll() is None:
            os.kill(process.pid, signal.SIGCONT)
            process.kill()
        process.wait(30)


def _database(dsn: str) -> dict[str, str]:
    where = conninfo_to_dict(dsn)
    query = "&".join(f"{name}={value}" for name, value in where.items() if name != "dbname")
    url = f"postgresql:///{where['dbname']}?{query}"
    return {"PROVISOR_DATABASE_URL": url, "PROVISOR_SECRET_KEY": MASTER_KEY}


@pytest.fixture
def statuses(dsn: str) -> Callable[[str], list[str]]:
    """Of the jobs of one name, oldest first."""

    def read(name: str) -> list[str]:
        with psycopg.connect(dsn, autocommit=True) as connection:
            asked = "SELECT status::text FROM procrastinate_jobs WHERE task_name = %s ORDER BY id"
            return [row[0] for row in connection.execute(asked, [name])]

    return read
