"""From what a full read found to rows: events, drift that is only told, and accounts that are not ours. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from provisor.applications import full_read_statements as sql
from provisor.applications import statements as written
from provisor.core import drift, resource
from provisor.core.drift import Sight
from provisor.core.links import Account, Case
from provisor.core.resource import Difference, Known
from provisor.engine.groups.ports import Linked
from provisor.engine.ports import Absent, Connection, Run
from provisor.text import unique_key

Row = dict[str, Any]
MESSAGE = "The account there is not as it was last written or read."
LOST = "The account is not there any more."
GROUP_MESSAGE = "The group there is not as it was last written or read."
GROUP_LOST = "The group is not there any more."
MEMBERS = 100  # of those that are gone, in an event
LONGEST = 256  # characters kept of a foreign name
LONGEST_ID = 2000  # of a remote id: an index holds no longer ones


@dataclass(slots=True)
class Found:
    """One of our accounts that is not as we know it. `kept`: paths whose drift is only told, so that it stays drift;
    `refused`: why the directory didn't take a value."""

    case: Case
    sight: Sight
    marked: bool
    updated: datetime
    version: str
    adopted: frozenset[str] = frozenset()
    refused: str | None = None
    kept: frozenset[str] = frozenset()

    @property
    def link(self) -> dict[str, Any]:
        """The link from now on, as statements.CORRECT takes it."""
        active = self.case.link.active if "active" in self.kept else self.sight.active
        known = drift.corrected(self.case, self.sight, but=self.kept)
        return {"id": str(self.case.link.id), "known": known, "active": active, "updated": self.version}

    @property
    def is_new(self) -> bool:
        link = self.link
        return bool(link["known"] != self.case.link.known or link["active"] != self.case.link.active)


def statements(
    connection: Connection, events: Sequence[Row], told: Sequence[Row], orphans: Sequence[Row]
) -> Iterator[tuple[str, Row]]:
    """The statements that keep these, where there are any."""
    of_application = {"application": connection.application}
    if events:
        yield written.OPERATIONS, {"rows": _json(events)}
    if told:
        yield sql.DRIFTED, {**of_application, "rows": _json(told)}
    if orphans:
        yield sql.ORPHANS, {**of_application, "rows": _json(orphans)}


def events(connection: Connection, run: Run, found: Found) -> Iterator[Row]:
    """One event for each thing that is done about the drift of an account: repaired, adopted, or only told."""
    parts: dict[str, list[Difference]] = {}
    for each in found.sight.drifted:
        outcome = "adopt" if each.name in found.adopted else "report" if each.name in found.kept else "repair"
        parts.setdefault(outcome, []).append(each)
    for outcome, differences in parts.items():
        refused = f" The directory doesn't take it: {found.refused}" if outcome == "report" and found.refused else ""
        yield {
            **_event(connection, run, outcome, MESSAGE + refused, _changes(differences)),
            "user_id": found.case.user and found.case.user.id,
            "user_name": found.case.user and found.case.user.name,
        }


def shown(found: Found) -> Row | None:
    """What is only told, to be shown until it is right."""
    told = [each for each in found.sight.drifted if each.name in found.kept]
    if not told or found.case.user is None:
        return None
    user = found.case.user
    return _row(str(found.case.link.id), "changed", _changes(told), user_id=user.id, name=user.name)


def lost_event(connection: Connection, run: Run, absent: Absent) -> Row:
    told = _event(connection, run, "report", LOST, None)
    return {**told, "user_id": absent.user, "user_name": absent.name}


def lost_row(absent: Absent) -> Row:
    return _row(str(absent.link), "missing", [], user_id=absent.user, name=absent.name)


def group_changes(before: Known, after: Known | None, lost: Sequence[str]) -> list[Row]:
    """What somebody changed of a group: its own attributes, and the members that we put there and that aren't any more."""
    moved = [
        Difference(path, (before.get(path) or {}).get("echo"), entry.get("echo"))
        for path, entry in (after or {}).items()
        if not resource.same_value(path, (before.get(path) or {}).get("echo"), entry.get("echo"))
    ]
    members = [Difference("members", list(lost[:MEMBERS]), [])] if lost else []
    return _changes([*moved, *members])


def group_event(connection: Connection, run: Run, linked: Linked, changes: list[Row], *, gone: bool) -> Row:
    outcome = "repair" if connection.policy.drift == "repair" else "report"
    told = _event(connection, run, outcome, GROUP_LOST if gone else GROUP_MESSAGE, changes or None)
    return {**told, "group_id": linked.group, "group_name": linked.name}


def group_row(linked: Linked, changes: list[Row], *, gone: bool) -> Row:
    kind = "missing" if gone else "changed"
    return _row(str(linked.link.id), kind, changes, group_id=linked.group, name=linked.name)


def orphan(account: Account) -> Row | None:
    """An account that is not ours; None for one whose id we could never link."""
    if len(account.id.encode()) > LONGEST_ID:
        return None
    user_name = (account.user_name or "")[:LONGEST]
    email = _primary(account)[:LONGEST]
    return {
        "remote_id": account.id,
        "user_name": user_name,
        "user_name_key": unique_key(user_name),
        "email": email,
        "email_key": unique_key(email),
        "external_id": (account.external_id or "")[:LONGEST] or None,
        "active": account.active,
    }


def _primary(account: Account) -> str:
    """The primary address; where none is said to be, the first."""
    emails = [each for each in account.raw.get("emails") or () if isinstance(each, Mapping)]
    primary = [each.get("value") for each in emails if each.get("primary") is True]
    return str(next((value for value in (*primary, *account.emails) if value), ""))


def _event(connection: Connection, run: Run, outcome: str, message: str, changes: list[Row] | None) -> Row:
    return {
        "type": "drift_found",
        "actor": {"kind": "system", "id": "system", "name": "reconcile"},
        "application_id": str(connection.application),
        "application_name": connection.name,
        "run_id": str(run.id),
        "outcome": outcome,
        "message": message,
        "changes": changes,
    }


def _changes(differences: Sequence[Difference]) -> list[Row]:
    return [each.as_json() for each in differences]


def _row(link: str, kind: str, changes: list[Row], *, name: str, **of: str) -> Row:
    return {
        "link_id": link,
        "kind": kind,
        "changes": changes,
        "name": name[:LONGEST],
        "user_id": None,
        "group_id": None,
    } | of


def _json(rows: Sequence[Row]) -> str:
    return orjson.dumps(rows).decode()
