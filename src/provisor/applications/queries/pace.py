"""An application's pace, for people: what the worker that drives it last told, and how much is still to do."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from provisor.applications.models import Application
from provisor.selection import rows_of

MINUTE = timedelta(seconds=60)

_PACE = """
    SELECT p.state, p.at,
           (SELECT count(DISTINCT d.user_id) FROM applications_due d
            WHERE d.application_id = a.id AND d.not_before <= now())
         + (SELECT count(DISTINCT d.group_id) FROM applications_groupdue d
            WHERE d.application_id = a.id AND d.not_before <= now()
              AND (a.settings ->> 'manage_groups')::boolean) AS waiting
    FROM applications_application a LEFT JOIN applications_pace p ON p.application_id = a.id
    WHERE a.id = %(application)s
"""
# What the worker last finished: the rate that the time left is worked out from.
_SETTLED = """
    SELECT count(*) AS count FROM applications_link
    WHERE application_id = %(application)s AND updated > now() - interval '60 seconds' AND intent IS NULL
"""


@dataclass(frozen=True)
class Limited:
    """At most `requests` of a class in `per_seconds`, of which `burst` at once. `found`: by its refusals, not said."""

    of: str
    requests: int
    per_seconds: int
    burst: float
    found: bool

    @property
    def as_json(self) -> dict[str, Any]:
        rest = {"requests": self.requests, "per_seconds": self.per_seconds, "burst": self.burst, "found": self.found}
        return {"class": self.of, **rest}


@dataclass(frozen=True)
class Pace:
    """`state`: running, paused, open, half_open or quarantined; `reason` in words, empty while it runs. `now` of at most
    `most` requests at once. `waiting`: accounts and groups that may be tried now; `seconds_left` for them at the rate of
    the last minute, None where it can't be told."""

    state: str
    paused_until: datetime | None
    reason: str
    now: int
    most: int
    requests: int
    throttled: int
    waiting: int
    seconds_left: float | None
    limits: tuple[Limited, ...]

    def as_json(self) -> dict[str, Any]:
        """As the API shows it."""
        return {
            "state": self.state,
            "paused_until": self.paused_until,
            "reason": self.reason,
            "concurrency": {"now": self.now, "most": self.most},
            "requests_last_minute": self.requests,
            "throttled_last_minute": self.throttled,
            "waiting": self.waiting,
            "left_seconds": self.seconds_left,
            "limits": [each.as_json for each in self.limits],
        }


def pace_of(application: Application) -> Pace | None:
    """The pace of an application; None where no worker has driven it yet, or where that is forgotten."""
    rows = rows_of(_PACE, {"application": application.id})
    if not rows or rows[0]["state"] is None:
        return None
    row = rows[0]
    return _pace(application, json.loads(row["state"]), row["at"], row["waiting"])


def _pace(application: Application, state: dict[str, Any], at: datetime, waiting: int) -> Pace:
    lately = timezone.now() - at < MINUTE
    until = parse_datetime(state["paused_until"]) if state["paused_until"] else None
    said, until, reason = _now(application, state, until)
    return Pace(
        state=said,
        paused_until=until,
        reason=reason,
        now=state["concurrency"]["now"],
        most=state["concurrency"]["most"],
        requests=state["requests_last_minute"] if lately else 0,
        throttled=state["throttled_last_minute"] if lately else 0,
        waiting=waiting,
        seconds_left=_left(application.id, waiting) if application.provisioning == "active" else None,
        limits=tuple(
            Limited(each["class"], each["requests"], each["per_seconds"], each["burst"], each["found"])
            for each in state["limits"]
        ),
    )


def _now(application: Application, state: dict[str, Any], until: datetime | None) -> tuple[str, datetime | None, str]:
    """State, its end and its reason at this moment: the worker may have told of it some time ago."""
    over = until is not None and until <= timezone.now()
    if state["state"] == "quarantined":
        failing = (application.stopped or {}).get("code") == "quarantined"
        return ("quarantined", application.probe_at, state["reason"]) if failing else ("running", None, "")
    if state["state"] == "paused" and over:
        return "running", None, ""
    if state["state"] == "open" and over:
        return "half_open", None, state["reason"]
    return state["state"], until, state["reason"]


def _left(application_id: uuid.UUID, waiting: int) -> float | None:
    """Seconds for what waits, at the rate at which accounts were finished in the last minute."""
    if not waiting:
        return None
    settled = rows_of(_SETTLED, {"application": application_id})[0]["count"]
    return round(waiting * MINUTE.total_seconds() / settled, 1) if settled else None
