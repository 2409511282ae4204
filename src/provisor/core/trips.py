"""Trip-wires: what harms without ending anything, when it is done to many accounts at once. Pure.

A mapping that would change many accounts which are there already, and a first run that would take over many accounts
which were there before: above the guard's limit such changes wait for a person, in the same plan as what would end.
All else flows meanwhile: who comes, who goes, and accounts that the mapping doesn't change.
"""

from __future__ import annotations

from provisor.core import plan
from provisor.core.changes import Change, Kind
from provisor.core.links import Case
from provisor.core.takeover import MATCHED

MAPPING = "The attributes of this application were changed so that many accounts change there; a person approves that."
TAKEOVERS = "Many accounts that are there already would be taken over in the first run; a person approves that."


def by_mapping(case: Case, change: Change) -> bool:
    """Whether this update of an account would not be sent, or not so, by the mapping that somebody approved."""
    if case.policy.as_approved is None or change.kind is not Kind.UPDATE:
        return False
    found = plan.decide(case.under(case.policy.as_approved), (change.account,) if change.account else ())
    return not (isinstance(found, Change) and found.attributes == change.attributes)


def by_takeover(change: Change) -> bool:
    """Whether an account is taken over because it matches: not by a person's choice, nor because it is ours anyway."""
    return change.kind is Kind.ADOPT and change.reason == MATCHED
