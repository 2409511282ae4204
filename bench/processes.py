"""The two processes beside this one: the worker that is measured, and the sink that it provisions."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import psutil

from provisor.runtime import parent

STOPPED_WITHIN = 15.0


class SinkProcess:
    """The sink as its orders reach it; see bench.sink."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self.base_url = f"http://127.0.0.1:{self._answer()}/scim/v2"

    def reset(self, *, latency: float = 0.0) -> None:
        """Forgets accounts and arrivals; from now on every answer takes `latency` seconds more."""
        self._order(do="reset")
        self._order(do="latency", seconds=latency)

    def fill(self, count: int) -> None:
        """From now on it holds `count` accounts of others."""
        self._order(do="fill", count=count)

    def people(self, count: int, team: str) -> None:
        """From now on it also holds the accounts of `count` people of `team`, numbered from 1 on."""
        self._order(do="people", count=count, team=team)

    def wait(self, method: str, count: int) -> float:
        """When request number `count` of this method arrived, by the monotonic clock."""
        arrived = self._order(do="wait", method=method, count=count)
        assert arrived is not None, f"{method} number {count} did not arrive"
        return float(arrived)

    def counts(self) -> Counter[str]:
        """How many requests arrived since the last reset, by method."""
        return Counter(self._order(do="counts"))

    def _order(self, **order: Any) -> Any:
        assert self._process.stdin
        self._process.stdin.write(orjson.dumps(order) + b"\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        assert self._process.stdout
        return orjson.loads(self._process.stdout.readline())


@contextmanager
def running_sink() -> Iterator[SinkProcess]:
    with _running([sys.executable, "-m", "bench.sink"], stdout=subprocess.PIPE) as process:
        yield SinkProcess(process)


@contextmanager
def running_worker() -> Iterator[psutil.Process]:
    """`provisor worker`, as it is run in earnest. Ends with this process in any case."""
    environment = os.environ | {parent.MARK: "1"}
    with _running([sys.executable, "-m", "provisor", "worker"], env=environment) as process:
        yield psutil.Process(process.pid)


@contextmanager
def _running(command: list[str], **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(command, stdin=subprocess.PIPE, **options) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(STOPPED_WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()
