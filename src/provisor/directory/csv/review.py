"""What a file would do as a whole: counts, the bad rows with their reasons, and a hash that tells whether it is still so
when somebody says yes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from provisor.directory.csv.managers import Managers
from provisor.directory.csv.planning import MANAGER, Planned, Planner, header_of
from provisor.directory.csv.reading import Mapped, Table

SHOWN = 50  # rows of a kind that a review keeps as examples
KINDS = ("create", "update", "unchanged", "bad")
Watch = Callable[[int, int], None]
"""Called with how many rows are done, and of how many."""


def unwatched(_done: int, _total: int) -> None:
    """For who doesn't want to know how far it is."""


@dataclass
class Review:
    """`counts` by kind; `cleared`: values that empty cells would clear; `bad`: row -> header -> reason ("" for the row as a
    whole); `examples`: the first rows of each kind but bad; `digest`: the same world and file give the same."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    cleared: int = 0
    bad: dict[int, dict[str, str]] = field(default_factory=dict)
    examples: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {kind: [] for kind in KINDS[:3]})
    digest: str = ""

    def as_json(self) -> dict[str, Any]:
        """For programs and for keeping."""
        bad = [{"row": row, "fields": wrong} for row, wrong in sorted(self.bad.items())]
        return {
            "counts": self.counts, "cleared": self.cleared, "bad": bad,
            "examples": self.examples, "digest": self.digest,
        }  # fmt: skip


def review(table: Table, meant: Mapped, *, watch: Watch = unwatched, locked: bool = False) -> tuple[Review, Managers]:
    """Looks at every row; writes nothing. `locked` is for who applies it in the same transaction."""
    found, managers, rows = Review(), Managers(), {}
    digest = hashlib.sha256()
    done = 0
    for piece in Planner(table, meant, locked=locked).pieces():
        for plan in piece:
            _count(found, plan, managers)
            digest.update(_line(plan))
            if plan.kind != "bad" and plan.manager != "":
                rows[plan.number] = (plan.kind, _cleared(plan))
        done += len(piece)
        watch(done, table.total)
    for number, reason in managers.wrong():
        kind, cleared = rows[number]
        _refuse(found, number, kind, {header_of(meant, MANAGER): reason})
        found.cleared -= cleared
    digest.update(_canonical(sorted(found.bad)))
    found.digest = digest.hexdigest()
    return found, managers


def good_rows(table: Table, meant: Mapped, found: Review) -> Iterator[list[Planned]]:
    """The plans of the rows that do something, again and in order; a bad one is left out."""
    for piece in Planner(table, meant, locked=True).pieces():
        yield [plan for plan in piece if plan.number not in found.bad and plan.kind in ("create", "update")]


def _count(found: Review, plan: Planned, managers: Managers) -> None:
    found.counts[plan.kind] += 1
    if plan.kind == "bad":
        found.bad[plan.number] = plan.wrong
        return
    found.cleared += _cleared(plan)
    if len(found.examples[plan.kind]) < SHOWN:
        found.examples[plan.kind].append({"row": plan.number, "username": plan.username, "changes": plan.changes})
    if plan.kind == "create":
        managers.made.add(plan.key)
        managers.rows[plan.key] = plan.number
    if plan.manager != "":
        managers.wanted[plan.key], managers.rows[plan.key] = plan.manager, plan.number


def _cleared(plan: Planned) -> int:
    return sum(1 for one in plan.changes if one["from"] and one["to"] in (None, [], {})) if plan.kind == "update" else 0


def _refuse(found: Review, number: int, kind: str, wrong: dict[str, str]) -> None:
    found.counts[kind] -= 1
    found.counts["bad"] += 1
    found.bad[number] = wrong
    found.examples[kind] = [example for example in found.examples[kind] if example["row"] != number]


def _line(plan: Planned) -> bytes:
    return _canonical([plan.number, plan.kind, plan.changes])


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=str).encode()
