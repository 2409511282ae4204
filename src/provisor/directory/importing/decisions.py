"""The SQL of confirming: which candidates get which decision, and which are left out and why. Set-based: "all" may be a
hundred thousand. A candidate that was dealt with is never decided again; one that was left out, or clashed, may be."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import connection
from django.utils.translation import gettext as _

from provisor.applications.importing import queries, words

_OPEN = "(c.outcome IS NULL OR c.outcome IN ('conflict', 'skipped')) AND (c.decision IS NULL OR c.outcome IS NOT NULL)"
_OPEN_TO_ALL = "(c.outcome = 'skipped' OR (c.outcome IS NULL AND c.decision IS NULL))"
_NEVER = ", ".join(f"'{code}'" for code in words.NEVER_TOUCHED)
_LEFT_OUT = ", ".join(f"'{code}'" for code in words.LEFT_OUT)
# What each action is for. Named one by one, an account with twins may be created as well: a person has seen it.
_FITS = {
    "create": "c.problem IS NULL AND (c.match = 'new' OR (c.match = 'ambiguous' AND c.hits = '{}'))",
    "link": f"c.remote_id IS NOT NULL AND c.reason <> 'linked' AND (c.barred IS NULL OR c.barred NOT IN ({_NEVER}))",
    "update": "c.match IN ('linked', 'exact') AND (c.barred IS NULL OR c.barred <> 'leaving')",
    "ignore": "true",
}
_OF_ALL = {
    "create": f"c.problem IS NULL AND c.match = 'new' AND (c.barred IS NULL OR c.barred NOT IN ({_LEFT_OUT}))",
    "link": "c.match = 'exact' AND c.barred IS NULL",
    "update": "c.match IN ('linked', 'exact') AND c.barred IS NULL",
    "ignore": "true",
}
_DECIDE = """
UPDATE applications_candidate c SET decision = %(decision)s::jsonb{target}, outcome = NULL, message = ''
WHERE c.import_id = %(import)s AND {condition}
"""
_LINK = """
UPDATE applications_candidate c
SET decision = %(decision)s::jsonb || jsonb_build_object('target', pair.target), outcome = NULL, message = ''
FROM jsonb_to_recordset(%(pairs)s::jsonb) AS pair (candidate uuid, target uuid)
WHERE c.import_id = %(import)s AND c.id = pair.candidate AND {condition}
"""
# Linked and updated by the same call: first the one, then the other.
_ALSO = """
UPDATE applications_candidate c SET decision = c.decision || %(also)s::jsonb
WHERE c.import_id = %(import)s AND c.id = ANY(%(ids)s) AND c.outcome IS NULL
  AND c.decision ->> 'action' = 'link' AND c.decision ->> 'by' = %(by)s
"""
_LEAVE_OUT = """
UPDATE applications_candidate c SET outcome = 'skipped', decision = NULL, message = %(message)s
WHERE c.import_id = %(import)s AND c.id = ANY(%(ids)s) AND c.decision IS NULL AND c.outcome IS NULL
"""
_IGNORE = """
UPDATE applications_candidate c SET outcome = 'ignored', message = ''
WHERE c.import_id = %(import)s AND {condition}
"""
_THERE = "SELECT id FROM applications_candidate WHERE import_id = %(import)s AND id = ANY(%(ids)s)"
_COUNTED = """
SELECT count(*) FILTER (WHERE decision IS NOT NULL), count(*) FILTER (WHERE decision IS NOT NULL AND outcome IS NOT NULL)
FROM applications_candidate WHERE import_id = %(import)s
"""
_RESULTS = """
SELECT outcome, count(*) FROM applications_candidate
WHERE import_id = %(import)s AND outcome IS NOT NULL GROUP BY outcome
"""


@dataclass(frozen=True)
class All:
    """Every candidate that an action is for; narrowed down by what a person searched for and looked at."""

    search: str | None = None
    match: str | None = None


Choice = Sequence[uuid.UUID] | All


def decide(import_id: uuid.UUID, action: str, choice: Choice, decision: Mapping[str, Any]) -> int:
    """Keeps what was decided; how many candidates it is about. Those that were named and don't fit say so."""
    condition, what = _chosen(action, choice)
    what |= {"import": import_id, "decision": orjson.dumps(dict(decision)).decode()}
    if action == "ignore":
        return _execute(_IGNORE.format(condition=condition), what)
    target = " || jsonb_build_object('target', c.hit)" if action in ("link", "update") else ""
    count = _execute(_DECIDE.format(condition=condition, target=target), what)
    if not isinstance(choice, All):
        _leave_out(import_id, action, choice)
    return count


def link(import_id: uuid.UUID, pairs: Mapping[uuid.UUID, uuid.UUID], decision: Mapping[str, Any]) -> int:
    """The same for links that a person chose: candidate to user (or group)."""
    rows = [{"candidate": str(candidate), "target": str(target)} for candidate, target in pairs.items()]
    what = {
        "import": import_id,
        "decision": orjson.dumps(dict(decision)).decode(),
        "pairs": orjson.dumps(rows).decode(),
    }
    count = _execute(_LINK.format(condition=f"{_OPEN} AND {_FITS['link']}"), what)
    _leave_out(import_id, "link", list(pairs))
    return count


def also_update(import_id: uuid.UUID, ids: Sequence[uuid.UUID], by: str, *, names: bool) -> int:
    """Those of these that are linked by the same call get the values as well."""
    what = {"import": import_id, "ids": list(ids), "by": by}
    return _execute(_ALSO, {**what, "also": orjson.dumps({"update": True, "names": names}).decode()})


def unknown(import_id: uuid.UUID, ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Those ids that no candidate of this import has."""
    return set(ids) - {row[0] for row in _rows(_THERE, {"import": import_id, "ids": list(ids)})} if ids else set()


def counted(import_id: uuid.UUID) -> tuple[int, int]:
    """How many candidates were decided about, and how many of them are dealt with."""
    ((decided, done),) = _rows(_COUNTED, {"import": import_id})
    return decided, done


def results(import_id: uuid.UUID) -> dict[str, int]:
    """How many candidates came to what."""
    return dict(_rows(_RESULTS, {"import": import_id}))


def preview(import_id: uuid.UUID, action: str, choice: Choice) -> int:
    """How many candidates an action would be about."""
    condition, what = _chosen(action, choice)
    statement = f"SELECT count(*) FROM applications_candidate c WHERE c.import_id = %(import)s AND {condition}"  # noqa: S608
    ((count,),) = _rows(statement, {**what, "import": import_id})
    return int(count)


def _chosen(action: str, choice: Choice) -> tuple[str, dict[str, Any]]:
    if not isinstance(choice, All):
        extra = " AND c.hit IS NOT NULL AND c.match = 'exact'" if action == "link" else ""
        return f"{_OPEN} AND c.id = ANY(%(ids)s) AND {_FITS[action]}{extra}", {"ids": list(choice)}
    narrowed, what = queries.conditions(match=choice.match, search=choice.search)
    return f"{_OPEN_TO_ALL} AND {_OF_ALL[action]}{narrowed}", what


def _leave_out(import_id: uuid.UUID, action: str, ids: Sequence[uuid.UUID]) -> None:
    messages = {
        "create": _("Left out: it isn't new, or nobody can be made of it."),
        "link": _("Left out: it is linked already, or may not be touched."),
        "update": _("Left out: only who is linked, or is an exact match, gets its values."),
        "ignore": "",
    }
    _execute(_LEAVE_OUT, {"import": import_id, "ids": list(ids), "message": messages[action]})


def _execute(statement: str, what: Mapping[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, what)
        return int(cursor.rowcount)


def _rows(statement: str, what: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, what)
        return list(cursor.fetchall())
