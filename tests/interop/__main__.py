"""The walk against every service provider, or against those that are named: script/interop [NAME...]."""

from __future__ import annotations

import argparse
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from tests.interop.matrix import PAGE, SHOWN, Walked, page
from tests.interop.providers import PROVIDERS
from tests.interop.starting import CannotStart
from tests.interop.steps import STEPS
from tests.interop.walk import walking


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def walk_to(name: str) -> Walked:
    """All steps against one provider; each is told as it ends."""
    say(f"{name}: installing and starting")
    cells = []
    with tempfile.TemporaryDirectory(prefix="interop-") as folder, walking(PROVIDERS[name], Path(folder)) as walk:
        for step in STEPS:
            cell = walk.run(step)
            say(
                f"{name}: {cell.step}: {SHOWN[cell.result]}, {cell.reads} + {cell.writes} requests. {cell.note}".rstrip()
            )
            cells.append(cell)
        return Walked(walk.provider, cells, walk.words(), len(walk.recorder.for_tokens))


def main() -> int:
    parser = argparse.ArgumentParser(prog="script/interop", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"one of {', '.join(PROVIDERS)}; all are meant if none"
    )
    names = parser.parse_args().names
    if unknown := [name for name in names if name not in PROVIDERS]:
        parser.error(f"there is no {unknown[0]}; there are {', '.join(PROVIDERS)}")
    try:
        walks = [walk_to(name) for name in names or PROVIDERS]
    except CannotStart as problem:
        say(str(problem))
        return 1
    if not names:
        PAGE.write_text(page(walks, datetime.now(UTC).date().isoformat()))
        say(f"Written: {PAGE}")
    wrong = [f"{walked.provider.name}: {cell.step}" for walked in walks for cell in walked.cells if not cell.right]
    say(f"wrong: {'; '.join(wrong)}" if wrong else "Every step is as it should be.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
