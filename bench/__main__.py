"""python -m bench [NAMES]: runs the benchmarks, shows a table of each, and keeps the figures with --json FILE."""

from __future__ import annotations

import argparse
import datetime
import json
import signal
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from rich.console import Console

from bench import (
    expressions,
    first_load,
    full_read,
    groups,
    imports,
    latency,
    machine,
    movers,
    no_change,
    oauth,
    pace,
    together,
)
from bench.figures import Figure, Figures, show
from bench.world import Size, World, world

BENCHMARKS = {
    "latency": latency.measure,
    "first_load": first_load.measure,
    "together": together.measure,
    "no_change": no_change.measure,
    "full_read": full_read.measure,
    "pace": pace.measure,
    "groups": groups.measure,
    "imports": imports.measure,
    "movers": movers.measure,
    "expressions": expressions.measure,
    "oauth": oauth.measure,
}
LONGEST = 300  # seconds for one benchmark, whatever happens


def main() -> None:
    asked = _arguments()
    size = Size(
        people=asked.people, edits=asked.edits, rounds=asked.rounds, accounts=asked.accounts, imported=asked.imported
    )
    console, facts = Console(), machine.facts()
    console.print({**facts, **vars(size)})
    results = {}
    with world(size) as fresh:
        for name in asked.names or BENCHMARKS:
            console.print(f"[bold]{name}[/] ...")
            results[name] = _figures(name, fresh, size)
            show(console, name, results[name])
    if asked.json:
        asked.json.write_text(json.dumps(_document(facts, size, results), indent=2, ensure_ascii=False) + "\n")


def _figures(name: str, fresh: World, size: Size) -> list[Figure]:
    figures = Figures()
    signal.alarm(max(LONGEST, size.imported // 100))
    BENCHMARKS[name](fresh, figures, size)
    signal.alarm(0)
    return figures.all()


def _document(facts: dict[str, Any], size: Size, results: dict[str, list[Figure]]) -> dict[str, Any]:
    shown = {name: [figure.as_json() for figure in figures] for name, figures in results.items()}
    return {
        "at": datetime.datetime.now(datetime.UTC).isoformat(),
        "machine": facts,
        "size": vars(size),
        "results": shown,
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/bench", description="Measures Provisor beside a bare client loop.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(BENCHMARKS)}; default: all")
    parser.add_argument("--people", type=int, default=5000, help="of a load (default 5000, at least 20)")
    parser.add_argument("--edits", type=int, default=300, help="single edits (default 300)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured (default 3)")
    parser.add_argument("--accounts", type=int, default=20_000, help="of a full read (default 20000)")
    parser.add_argument("--imported", type=int, default=20_000, help="of an import (default 20000)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every figure there")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(BENCHMARKS):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    return asked


def _too_long(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(f"Ended: not done within {LONGEST} seconds.")


if __name__ == "__main__":
    signal.signal(signal.SIGALRM, _too_long)
    main()
