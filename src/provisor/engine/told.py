"""What an SP told us in answer to one write or read of one account: the verdict, and the account if it showed one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from provisor.core.links import Account
from provisor.core.verdict import Meaning, Verdict
from provisor.engine.ports import Attempt


@dataclass(frozen=True, slots=True)
class Told:
    """What the SP told us. `account` is the resource of the answer, where there was a readable one."""

    verdict: Verdict
    method: str
    status: int | None = None
    scim_type: str | None = None
    account: Account | None = None
    location: str | None = None
    milliseconds: int = 0
    body: Any = field(default=None, repr=False)

    @property
    def done(self) -> bool:
        return self.verdict.meaning is Meaning.DONE

    def attempt(self, type: str) -> Attempt:
        """How the history keeps it."""
        outcome = {Meaning.DONE: "success", Meaning.UNKNOWN: "unknown"}.get(self.verdict.meaning, "failure")
        return Attempt(type, outcome, self.method, self.status, self.verdict.message, self.milliseconds)
