"""What became of one candidate."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from provisor.errors import Problem


@dataclass(frozen=True, slots=True)
class Outcome:
    """`result`: created, linked, updated, unchanged, conflict or skipped. `made`: the user or group that it is now."""

    id: uuid.UUID
    result: str
    message: str = ""
    made: uuid.UUID | None = None


def refused(candidate: uuid.UUID, problem: Problem) -> Outcome:
    """Something stands in the way of this one; the others go on."""
    return Outcome(candidate, "conflict", in_words(problem))


def in_words(problem: Problem) -> str:
    """What stands in the way, with the field where there is one."""
    told = "; ".join(f"{name}: {text}" for name, text in problem.fields.items())
    return told or problem.message
