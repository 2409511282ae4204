"""The offboarding report of one person: each application, when it was asked to end the account, when that was seen, and what
stands in the way. It reads what was written down while it happened, so it is there when the person's row no longer is."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from provisor.applications.queries.accounts import parsed
from provisor.errors import NotFound
from provisor.selection import Row, rows_of

DONE = ("confirmed", "already", "none")
ENDED = (*DONE, "left", "given_up", "forgotten")  # nothing more is going to happen

_LEAVINGS = """
    SELECT id, user_id, username, name, call, actor, at, closed FROM applications_offboarding
    WHERE user_id = ANY(%(users)s) ORDER BY at DESC, id DESC LIMIT %(limit)s
"""
_ACCOUNTS = """
    SELECT account.offboarding_id, account.application_id, coalesce(application.name, account.application_name) AS name,
           account.link_id, account.remote_id, account.outcome, account.deleted, account.held, account.tries,
           account.first_try, account.next_try, account.confirmed, account.error,
           application.id IS NOT NULL AS there, application.provisioning, application.paused, application.stopped,
           EXISTS (SELECT 1 FROM directory_organisation o WHERE o.stopped IS NOT NULL) AS all_stopped
    FROM applications_offboardingaccount account
    LEFT JOIN applications_application application ON application.id = account.application_id
    WHERE account.offboarding_id = ANY(%(ids)s)
    ORDER BY lower(coalesce(application.name, account.application_name)), account.id
"""


@dataclass(frozen=True)
class Item:
    """One application of a report. `state`: confirmed, already (off before), none (no account there), left (nothing is to be
    done there), given_up, forgotten (the application was removed from Provisor); or, still open: due, retrying, held,
    paused, failing, not_active, stopped. `text` says it in words; `error` is in the service provider's."""

    application_id: uuid.UUID
    application: str
    link_id: uuid.UUID
    remote_id: str | None
    state: str
    text: str
    asked: datetime
    first_try: datetime | None
    tries: int
    next_try: datetime | None
    confirmed: datetime | None
    deleted: bool
    error: dict[str, str] | None

    @property
    def open(self) -> bool:
        return self.state not in ENDED

    @property
    def done(self) -> bool:
        return self.state in DONE


@dataclass(frozen=True)
class Report:
    """Of one leaving. `state`: complete, open, incomplete (nothing more will happen, and not everything is confirmed), or
    closed: the person came back. `took`: seconds until the last confirmation, once nothing is open."""

    id: uuid.UUID
    user_id: uuid.UUID
    username: str
    name: str
    call: str
    by: dict[str, Any] | None
    at: datetime
    closed: datetime | None
    items: Sequence[Item] = field(default_factory=list)

    @property
    def open(self) -> int:
        return sum(item.open for item in self.items)

    @property
    def unconfirmed(self) -> int:
        return sum(not item.done for item in self.items if not item.open)

    @property
    def confirmed(self) -> int:
        return sum(item.state in ("confirmed", "already") for item in self.items)

    @property
    def state(self) -> str:
        if self.closed:
            return "closed"
        if self.open:
            return "open"
        return "incomplete" if self.unconfirmed else "complete"

    @property
    def took(self) -> float | None:
        times = [item.confirmed for item in self.items if item.state == "confirmed" and item.confirmed]
        if self.open or self.closed or not times:
            return None
        return max((max(times) - self.at).total_seconds(), 0.0)

    def as_json(self) -> dict[str, Any]:
        """As the API answers it."""
        return {
            "user": {"id": self.user_id, "name": self.username},
            "name": self.name,
            "call": self.call,
            "actor": self.by,
            "at": self.at,
            "closed": self.closed,
            "state": self.state,
            "confirmed": self.confirmed,
            "open": self.open,
            "unconfirmed": self.unconfirmed,
            "took_seconds": self.took,
            "accounts": [_item_as_json(item) for item in self.items],
            "notes": notes(),
        }


def _item_as_json(item: Item) -> dict[str, Any]:
    return {
        "id": item.link_id,
        "application": {"id": item.application_id, "name": item.application},
        "remote_id": item.remote_id,
        "state": item.state,
        "text": item.text,
        "asked": item.asked,
        "first_try": item.first_try,
        "tries": item.tries,
        "next_try": item.next_try,
        "confirmed": item.confirmed,
        "deleted": item.deleted,
        "error": item.error,
    }


def notes() -> list[str]:
    """What no report can confirm."""
    return [
        _("The password and every one-time link of the person stopped working here at that moment."),
        _("Sessions, API keys and tokens that an application itself gave out end where it ends them with the account."),
    ]


def offboarding_of(user_id: uuid.UUID) -> Report:
    """The report of the person's last leaving. Raises NotFound for who never left."""
    found = offboardings_of([user_id], limit=1)
    if not found:
        raise NotFound(_("There is no offboarding report: this user wasn't suspended or deleted."))
    return found[0]


def has_left(user_id: uuid.UUID) -> bool:
    """Whether there is a report of this person."""
    return bool(rows_of(_LEAVINGS, {"users": [user_id], "limit": 1}))


def offboardings_of(users: Sequence[uuid.UUID], *, limit: int) -> list[Report]:
    """The leavings of these people, newest first."""
    return _reports(rows_of(_LEAVINGS, {"users": list(users), "limit": limit}))


def offboardings(ids: Sequence[uuid.UUID]) -> list[Report]:
    """These leavings, by the people's names."""
    statement = _LEAVINGS.replace("user_id = ANY(%(users)s)", "id = ANY(%(users)s)")
    found = _reports(rows_of(statement, {"users": list(ids), "limit": len(ids)}))
    return sorted(found, key=lambda report: report.name.casefold())


def _reports(leavings: list[Row]) -> list[Report]:
    rows = rows_of(_ACCOUNTS, {"ids": [row["id"] for row in leavings]}) if leavings else []
    return [_report(row, [each for each in rows if each["offboarding_id"] == row["id"]]) for row in leavings]


def _report(row: Row, accounts: list[Row]) -> Report:
    return Report(
        id=row["id"],
        user_id=row["user_id"],
        username=row["username"],
        name=row["name"],
        call=row["call"],
        by=parsed(row["actor"]),
        at=row["at"],
        closed=row["closed"],
        items=[_item(row["at"], each) for each in accounts],
    )


def _item(asked: datetime, row: Row) -> Item:
    state, text = _state(row)
    return Item(
        application_id=row["application_id"],
        application=row["name"],
        link_id=row["link_id"],
        remote_id=row["remote_id"],
        state=state,
        text=text,
        asked=asked,
        first_try=row["first_try"],
        tries=row["tries"],
        next_try=row["next_try"] if state == "retrying" else None,
        confirmed=row["confirmed"],
        deleted=row["deleted"],
        error=_error(row, state),
    )


def _error(row: Row, state: str) -> dict[str, str] | None:
    error = parsed(row["stopped"]) if state == "failing" else parsed(row["error"])
    return error and {name: str(error.get(name) or "") for name in ("code", "message", "hint")}


def _state(row: Row) -> tuple[str, str]:
    """The state, and its words."""
    if row["outcome"] == "confirmed":
        return "confirmed", _("Deleted there.") if row["deleted"] else _("Seen switched off there.")
    if row["outcome"] != "open":
        return row["outcome"], _words(row["outcome"], deleted=row["deleted"])
    if not row["there"]:
        return "forgotten", _("Not confirmed: the application was removed from Provisor. Look there by hand.")
    if row["held"]:
        return "held", _("Waits for a person: decide about it.")
    return _waiting(row)


def _words(outcome: str, *, deleted: bool) -> str:
    texts = {
        "already": _("Was off already; deleted there since.") if deleted else _("Was off already."),
        "none": _("There was no account."),
        "left": _("Left as it is: the application is set to do nothing. Look there by hand."),
        "given_up": _("Not confirmed within 24 hours; it may still be active. Look there by hand."),
    }
    return texts[outcome]


def _waiting(row: Row) -> tuple[str, str]:
    if row["all_stopped"]:
        return "stopped", _("Not confirmed: everything is stopped at the moment.")
    if row["provisioning"] == "paused":
        until = (parsed(row["paused"]) or {}).get("until")
        text = (
            _("Not confirmed: the application is paused until %(until)s.")
            if until
            else _("Not confirmed: the application is paused.")
        )
        return "paused", text % {"until": until}
    if row["provisioning"] == "failing":
        return "failing", _("Not confirmed: the application can't be reached or refuses us.")
    if row["provisioning"] != "active":
        return "not_active", _("Not confirmed: the application isn't active.")
    if row["error"]:
        return "retrying", _("Not confirmed yet: the service provider didn't do it. It is tried again.")
    return "due", _("On its way.")
