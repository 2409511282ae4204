"""From outcomes to the offboarding report: one statement in the outcome's commit, for those who are leaving."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from provisor.applications.told_rows import as_text
from provisor.core.changes import Kind
from provisor.engine.ports import Outcome

LEAVING = ("suspended", "deleting")
# What was confirmed stays so. An account that a create made in the last moment was not on the list: it comes onto it.
TELL = """
INSERT INTO applications_offboardingaccount AS was
    (offboarding_id, application_id, application_name, link_id, remote_id, outcome, deleted, held, tries, first_try,
     next_try, confirmed, error)
SELECT o.id, n.application_id, n.application_name, n.link_id, n.remote_id, n.outcome, n.deleted, n.held, n.tries,
       CASE WHEN n.tries > 0 THEN now() END, now() + n.again * interval '1 second',
       CASE WHEN n.outcome = 'confirmed' THEN now() END, n.error
FROM jsonb_to_recordset(%(rows)s::jsonb) AS n
    (user_id uuid, application_id uuid, application_name text, link_id uuid, remote_id text, outcome text,
     deleted boolean, held boolean, tries int, again float, error jsonb)
JOIN applications_offboarding o ON o.user_id = n.user_id AND o.closed IS NULL
ON CONFLICT (offboarding_id, link_id) DO UPDATE SET
    outcome = CASE WHEN was.outcome IN ('open', 'none') THEN EXCLUDED.outcome ELSE was.outcome END,
    confirmed = CASE WHEN was.outcome IN ('open', 'none') THEN EXCLUDED.confirmed ELSE was.confirmed END,
    error = CASE WHEN was.outcome IN ('open', 'none') THEN EXCLUDED.error END,
    held = was.outcome IN ('open', 'none') AND EXCLUDED.held,
    next_try = CASE WHEN was.outcome IN ('open', 'none') THEN EXCLUDED.next_try END,
    first_try = coalesce(was.first_try, EXCLUDED.first_try),
    tries = was.tries + EXCLUDED.tries,
    deleted = was.deleted OR EXCLUDED.deleted,
    remote_id = coalesce(EXCLUDED.remote_id, was.remote_id)
"""

Statement = tuple[str, dict[str, Any]]


def statements(outcomes: Iterable[tuple[UUID, str, Outcome]]) -> Iterator[Statement]:
    """The statement, where one is needed. Each with the application's id and name."""
    rows = [
        _row(application, name, outcome)
        for application, name, outcome in outcomes
        if outcome.work.case.user is not None and outcome.work.case.user.state in LEAVING
    ]
    if rows:
        yield TELL, {"rows": as_text(rows)}


def _row(application: UUID, name: str, outcome: Outcome) -> dict[str, Any]:
    user, became = outcome.work.case.user, what_became(outcome)
    assert user is not None
    change = outcome.change
    deleted = outcome.result == "success" and change is not None and change.kind is Kind.DELETE
    return {
        "user_id": user.id,
        "application_id": str(application),
        "application_name": name,
        "link_id": str(outcome.work.link.id),
        "remote_id": outcome.work.link.remote_id or (outcome.link.remote_id if outcome.link else None),
        "outcome": became,
        "deleted": deleted,
        "held": outcome.result == "held",
        "tries": len(outcome.attempts),
        "again": outcome.again,
        "error": outcome.error if became == "open" else None,
    }


def what_became(outcome: Outcome) -> str:
    """Of a leaver's account: confirmed, none, left (nothing is to be done) or open."""
    link = outcome.link
    if link is None:
        return "confirmed" if outcome.result == "success" else "none"
    if outcome.result not in (None, "success"):
        return "open"
    if link.remote_id is None and outcome.work.link.remote_id is None:
        return "none"
    return "confirmed" if link.active is False else "left"
