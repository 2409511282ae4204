"""The benchmarks run and end; how fast anything is, no test says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from bench.__main__ import BENCHMARKS
from bench.figures import quantile

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The figures of a small run of all benchmarks, by name: the lowest of the one round."""
    kept = tmp_path_factory.mktemp("bench") / "figures.json"
    size = ["--people", "40", "--edits", "3", "--rounds", "1", "--accounts", "250", "--imported", "300"]
    subprocess.run([sys.executable, "-m", "bench", *size, "--json", str(kept)], cwd=ROOT, check=True, timeout=600)
    found = json.loads(kept.read_text())["results"]
    return {f"{name}: {figure['name']}": figure["min"] for name, figures in found.items() for figure in figures}


def test_every_benchmark_has_figures(results: dict[str, Any]) -> None:
    assert {name.partition(":")[0] for name in results} == set(BENCHMARKS)


def test_a_user_of_a_first_load_takes_one_request_and_the_listing(results: dict[str, Any]) -> None:
    assert results["first_load: 0 ms: requests for a user"] == pytest.approx(1 + 1 / 40)


def test_creates_that_share_a_request_take_a_small_part_of_one(results: dict[str, Any]) -> None:
    assert results["together: Bulk of 100, nobody there: requests for a user"] <= 3 / 40


def test_a_sync_of_a_settled_world_sends_nothing(results: dict[str, Any]) -> None:
    assert results["no_change: sync, everybody marked: requests"] == 0


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        pytest.param(0.5, 50, id="the middle one"),
        pytest.param(0.99, 99, id="99 of 100 don't exceed it"),
        pytest.param(1.0, 100, id="all don't exceed the largest"),
    ],
)
def test_a_quantile_is_a_value_that_was_measured(share: float, expected: float) -> None:
    assert quantile(range(1, 101), share) == expected
