"""python -m bench [NAMES] [--rounds N] [--json FILE]: runs the benchmarks, shows a table, and keeps the figures."""

from __future__ import annotations

import argparse
import datetime
import json
import signal
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from rich.console import Console

from bench import first_load, latency, machine, no_change
from bench.figures import Figure, Figures, show
from bench.world import world

BENCHMARKS = {"latency": latency.measure, "first_load": first_load.measure, "no_change": no_change.measure}
LONGEST = 300  # seconds for one benchmark, whatever happens


def main() -> None:
    asked = _arguments()
    console, facts = Console(), machine.facts()
    console.print(facts)
    results = {}
    for name in asked.names or BENCHMARKS:
        console.print(f"[bold]{name}[/] ({asked.rounds} rounds) ...")
        results[name] = _figures(name, asked.rounds)
        show(console, name, results[name])
    if asked.json:
        asked.json.write_text(json.dumps(_document(facts, results), indent=2, ensure_ascii=False) + "\n")


def _figures(name: str, rounds: int) -> list[Figure]:
    figures = Figures()
    signal.alarm(LONGEST)
    with world() as fresh:
        BENCHMARKS[name](fresh, figures, rounds)
    signal.alarm(0)
    return figures.all()


def _document(facts: dict[str, Any], results: dict[str, list[Figure]]) -> dict[str, Any]:
    shown = {name: [figure.as_json() for figure in figures] for name, figures in results.items()}
    return {"at": datetime.datetime.now(datetime.UTC).isoformat(), "machine": facts, "results": shown}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/bench", description="Measures Provisor beside a bare client loop.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(BENCHMARKS)}; default: all")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured (default 3)")
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
