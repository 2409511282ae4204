"""The guard: how much harm may flow without a person. Pure: numbers in, a judgement out.

Contract, "Guard": the limit is max(max_count, max_percent of the links active now). Deactivations and deletions of users and
deletions of groups count. Those caused by a set (assignment, membership, rule, mapping, file, reconcile) wait above the
limit; those that one call caused by naming its user pass, up to five times the limit. What is counted is everything
that is due plus what was sent in the last 24 hours without approval.
"""

from __future__ import annotations

from dataclasses import dataclass

NAMED_TIMES = 5  # what names its user may go so many times beyond the limit
WINDOW = 24 * 3600  # seconds


@dataclass(frozen=True, slots=True)
class Limit:
    """The two settings of an application."""

    max_percent: float = 5
    max_count: int = 5

    def of(self, active: int) -> int:
        """How many destructive changes pass where so many accounts are active now."""
        return max(self.max_count, int(active * self.max_percent / 100))


@dataclass(frozen=True, slots=True)
class Counted:
    """What one look at the database found: `set`: accounts that sets would end, due now or ended in the last 24 hours
    without approval; `named`: the same for calls that name their user; `active`: links that are active now."""

    set: int
    named: int
    active: int

    def passes(self, limit: Limit, *, named: bool) -> bool:
        """Whether what is counted may be sent without a person."""
        if named:
            return self.named <= NAMED_TIMES * limit.of(self.active)
        return self.set <= limit.of(self.active)

    def words(self, limit: Limit, *, named: bool) -> str:
        """Why it waits, for people."""
        most = limit.of(self.active) * (NAMED_TIMES if named else 1)
        count = self.named if named else self.set
        return f"{count} accounts or groups would end within 24 hours; more than {most} need a person's approval."
