"""What a figure depends on: the machine, what else ran on it, and the versions of the parts."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

PARTS = ("aiohttp", "psycopg", "uvloop", "orjson", "django")


def facts() -> dict[str, Any]:
    """The machine, as far as it tells."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2),
        "versions": {part: version(part) for part in PARTS},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.machine()


def cpu_of(process: psutil.Process) -> float:
    """CPU seconds that a process, its children and those that ended used so far."""
    own = process.cpu_times()
    ended = own.children_user + own.children_system
    return float(own.user + own.system + ended + sum(map(_alive, process.children(recursive=True))))


def _alive(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)
