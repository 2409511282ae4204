"""What a probe found out: facts about the SP form, each with what showed it, and hints that nothing has shown yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from provisor.scim.check import Step


@dataclass(frozen=True)
class Fact:
    """One word of the SP form (core.form) and its value. `evidence`: the request and its answer, in a sentence."""

    word: str
    value: Any
    evidence: str


@dataclass
class Findings:
    """What has been found so far: it is filled on the way, so that a probe that is cut short has not asked in vain.

    `problem`: why the users could not even be read. `hints`: sentences on what the service provider says of itself and
    nobody has seen it do."""

    learned: dict[str, Fact] = field(default_factory=dict)
    hints: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    problem: str = ""

    @property
    def facts(self) -> list[Fact]:
        return list(self.learned.values())

    def learn(self, word: str, value: Any, evidence: str) -> None:
        """Behaviour has shown it; what is seen later wins."""
        self.learned[word] = Fact(word, value, evidence)

    def hint(self, sentence: str) -> None:
        self.hints.append(sentence)

    def step(self, name: str, ok: bool, message: str, *, code: str = "ok", status: int | None = None) -> None:
        """One step of the test that writes, for the person who waits for it."""
        self.steps.append(Step(name, ok, status, message, code=code))
