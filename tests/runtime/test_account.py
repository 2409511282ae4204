"""Under whom PostgreSQL runs: never root, and never by opening a folder that was closed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisor.runtime import account
from provisor.runtime.postgres import running


@pytest.fixture(params=[0o700, 0o755], ids=["a closed folder", "an open folder"])
def folder(request: pytest.FixtureRequest) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="provisor-test-") as made:
        Path(made).chmod(request.param)
        yield Path(made)


def test_it_runs_as_an_ordinary_account_and_leaves_the_folder_above_as_it_was(folder: Path) -> None:
    before = folder.stat().st_mode
    with running(folder / "data", {"fsync": "off"}) as cluster:
        process = cluster.process()
        assert process
        assert process.uids().real != 0
        assert cluster.folder.stat().st_uid == process.uids().real
    assert folder.stat().st_mode == before


@pytest.mark.parametrize(
    ("mode", "owner", "expected"),
    [(0o700, True, True), (0o077, True, False), (0o701, False, True), (0o710, False, False)],
    ids=["its owner passes", "the owner's bits count for the owner", "others pass", "not of the group"],
)
def test_who_passes_a_folder(mode: int, owner: bool, expected: bool) -> None:
    found = os.stat_result((0o040000 | mode, 1, 1, 1, 1000 if owner else 1, 1, 0, 0, 0, 0))
    assert account._passes(1000, 1000, found) is expected
