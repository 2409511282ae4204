"""Imports and their candidates as the contract shows them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from provisor.applications.importing import words
from provisor.applications.importing.models import Import
from provisor.applications.queries.accounts import parsed
from provisor.errors import NotFound
from provisor.selection import Row, Selection, contains, rows_of
from provisor.text import unique_key

COUNTS = ("linked", "exact", "partial", "ambiguous", "new", "unreadable")
SORTS = {"name": ("name_key", "id"), "email": ("email_key", "id")}
# A hit is a user or a group, by the import's kind: ids are never both.
_CANDIDATES = """
    SELECT c.id, c.remote_id, c.name, c.name_key, c.email, c.email_key, c.title, c.external_id, c.active, c.match,
           c.reason, c.hit, c.hits, c.barred, c.problem, c.notes, c.members, c.decision, c.outcome, c.message, c.made,
           coalesce(u.username, g.name) AS hit_name, coalesce(mu.username, mg.name) AS made_name
    FROM applications_candidate c
    LEFT JOIN directory_user u ON u.id = c.hit
    LEFT JOIN directory_group g ON g.id = c.hit
    LEFT JOIN directory_user mu ON mu.id = c.made
    LEFT JOIN directory_group mg ON mg.id = c.made
    WHERE c.import_id = %(import)s
"""
SEARCHED = "(c.name_key LIKE %(search)s OR c.email_key LIKE %(search)s OR c.remote_id = %(exact)s)"
_NAMED = """
    SELECT id, username AS name, email FROM directory_user WHERE id = ANY(%(ids)s)
    UNION ALL
    SELECT id, name, '' FROM directory_group WHERE id = ANY(%(ids)s)
"""


def imports(*, application_id: uuid.UUID | None = None, status: str | None = None) -> QuerySet[Import]:
    """Imports with their application."""
    found = Import.objects.select_related("application")
    if application_id is not None:
        found = found.filter(application_id=application_id)
    return found if status is None else found.filter(status=status)


def get_import(import_id: uuid.UUID) -> Import:
    """One import. Raises NotFound."""
    found = imports().filter(id=import_id).first()
    if found is None:
        raise NotFound(_("There is no import with this id."))
    return found


def as_import(found: Import) -> dict[str, Any]:
    """An import as the contract shows it."""
    return {
        "id": found.id,
        "application": {"id": found.application_id, "name": found.application.name},
        "kind": found.kind,
        "status": found.status,
        "read": found.read,
        "total": found.total,
        "complete": found.complete,
        "problem": found.problem,
        "error": found.error,
        "counts": {match: found.counts.get(match, 0) for match in COUNTS},
        "decided": found.decided,
        "done": found.done,
        "results": found.results,
        "actor": found.actor,
        "correlation": found.correlation,
        "created": found.created,
        "ready": found.ready,
        "finished": found.finished,
    }


def candidates_selection(
    import_id: uuid.UUID,
    *,
    match: str | None = None,
    outcome: str | None = None,
    search: str | None = None,
    sort: str = "name",
) -> Selection:
    """The candidates of an import by name or e-mail (`sort`; with a minus the other way round). `search`: a part of either,
    or a remote id; `outcome`: what became of it, or "open"."""
    statement, parameters = _CANDIDATES, {"import": import_id}
    condition, more = conditions(match=match, outcome=outcome, search=search)
    return Selection(
        (statement + condition,), SORTS[sort.lstrip("-")], parameters | more, descending=sort.startswith("-")
    )


def conditions(
    *, match: str | None = None, outcome: str | None = None, search: str | None = None
) -> tuple[str, dict[str, Any]]:
    """What narrows candidates down, as SQL on `c`, and its parameters."""
    condition, parameters = "", dict[str, Any]()
    if match is not None:
        condition += " AND c.match = %(match)s"
        parameters["match"] = match
    if outcome == "open":
        condition += " AND c.outcome IS NULL"
    elif outcome is not None:
        condition += " AND c.outcome = %(outcome)s"
        parameters["outcome"] = outcome
    if search:
        condition += f" AND {SEARCHED}"
        parameters |= {"search": contains(unique_key(search)), "exact": search}
    return condition, parameters


def get_candidate(import_id: uuid.UUID, candidate_id: uuid.UUID) -> Row:
    """One candidate's row. Raises NotFound."""
    what = {"import": import_id, "candidate": candidate_id}
    rows = rows_of(f"{_CANDIDATES} AND c.id = %(candidate)s", what)
    if not rows:
        raise NotFound(_("This import has no candidate with this id."))
    return rows[0]


def as_candidate(row: Row) -> dict[str, Any]:
    """A row as the API shows it."""
    barred, outcome = row["barred"], row["outcome"]
    return {
        "id": row["id"],
        "remote_id": row["remote_id"],
        "username": row["name"] or None,
        "email": row["email"] or None,
        "name": row["title"] or None,
        "external_id": row["external_id"],
        "active": row["active"],
        "members": row["members"],
        "match": row["match"],
        "reason": {"code": row["reason"], "message": str(words.REASONS.get(row["reason"], ""))},
        "hit": row["hit"] and {"id": row["hit"], "name": row["hit_name"]},
        "hits": row["hits"],
        "barred": barred and {"code": barred, "message": str(words.BARRED.get(barred, barred))},
        "problem": parsed(row["problem"]),
        "notes": parsed(row["notes"]) or [],
        "decision": parsed(row["decision"]),
        "outcome": outcome and {"result": outcome, "message": row["message"] or str(words.OUTCOMES.get(outcome, ""))},
        "made": row["made"] and {"id": row["made"], "name": row["made_name"]},
    }


def named(ids: Sequence[uuid.UUID]) -> list[Row]:
    """The users or groups with these ids: `id`, `name`, `email`."""
    return rows_of(_NAMED, {"ids": list(ids)}) if ids else []
