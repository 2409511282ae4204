"""What an expression takes: the time of one evaluation.
Nothing else runs; no database and no service provider."""

from __future__ import annotations

import time
from collections.abc import Callable

from bench.figures import Figures
from bench.world import Size, World
from provisor.core.expression import evaluate, facts_of, parse

TIMES = 20_000
ASKED = {
    "compare": 'user.department == "Sales"',
    "join": 'lower(user.firstname) + "." + lower(user.lastname)',
    "look up": 'lookup({"Sales": "S1", "Law": "L1"}, user.department, "X9")',
    "three conditions": 'user.department == "Sales" && user.active && user.attributes.team in ["Blue", "Red"]',
    "any of 20 groups": 'user.groups.exists(one, one == "Group 19")',
}


def measure(world: World, figures: Figures, size: Size) -> None:
    values = {
        "firstname": "Ada", "lastname": "King", "department": "Sales", "state": "active", "password_status": "active",
        "attributes": {"team": "Blue"},
    }  # fmt: skip
    facts = facts_of(values, [f"Group {n}" for n in range(20)])
    for _round in range(size.rounds):
        for name, source in ASKED.items():
            asked = parse(source)
            figures.add(name, _each(lambda asked=asked: evaluate(asked, facts)), "us")  # type: ignore[misc]


def _each(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    for _time in range(TIMES):
        call()
    return (time.perf_counter() - began) / TIMES * 1e6
