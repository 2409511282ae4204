"""The walk against every service provider, or those that are named: script/interop [NAME...]."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.interop.providers import PROVIDERS
from tests.interop.steps import STEPS
from tests.interop.walk import Cell, walking


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def go(name: str) -> list[Cell]:
    cells = []
    with tempfile.TemporaryDirectory(prefix="provisor-interop-") as folder, walking(PROVIDERS[name], Path(folder)) as walk:
        for step in STEPS:
            cell = walk.run(step)
            say(f"{name:22} {cell.step:48} {cell.result:10} {cell.reads:4} r {cell.writes:4} w  {cell.note[:900]}")
            cells.append(cell)
    return cells


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    for each in parser.parse_args().names or list(PROVIDERS):
        go(each)
