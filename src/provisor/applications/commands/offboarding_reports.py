"""The mail that tells an administrator what became of a leaving: once everything is confirmed, and after 24 hours with what
is still open. People who were suspended in one call stand in one mail."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from provisor import mail
from provisor.administrators.actor import system
from provisor.administrators.models import Administrator
from provisor.applications.models import Offboarding
from provisor.applications.queries.offboarding import Item, Report, offboardings
from provisor.selection import rows_of

ACTOR = "offboarding"
TEMPLATE = "offboarding_report"
PIECE = 50
SHOWN = 50  # people in one mail

# Leavings by the call that began them: done once none of their accounts is open, late after a day.
_READY = """
    WITH told AS (
        SELECT o.correlation, o.actor ->> 'id' AS who, min(o.at) AS at, bool_or(o.told_open IS NOT NULL) AS told_open,
               NOT EXISTS (
                   SELECT 1 FROM applications_offboarding other
                   JOIN applications_offboardingaccount a ON a.offboarding_id = other.id AND a.outcome = 'open'
                   JOIN applications_application application ON application.id = a.application_id
                   WHERE other.correlation = o.correlation AND other.closed IS NULL) AS done
        FROM applications_offboarding o
        WHERE o.closed IS NULL AND o.told_done IS NULL AND o.correlation IS NOT NULL
        GROUP BY o.correlation, o.actor ->> 'id'
    )
    SELECT correlation, who, done FROM told
    WHERE done OR (NOT told_open AND at < now() - interval '24 hours')
    ORDER BY at LIMIT %(most)s
"""


def tell(*, most: int = PIECE) -> int:
    """Writes the mails that are due now, up to `most` of them; how many leavings were looked at. Each is written once, in
    the transaction that says so."""
    ready = rows_of(_READY, {"most": most})
    for row in ready:
        with transaction.atomic():
            _tell(row["correlation"], row["who"], done=row["done"])
    return len(ready)


def _tell(correlation: uuid.UUID, who: str | None, *, done: bool) -> None:
    waiting = Offboarding.objects.select_for_update().filter(
        correlation=correlation, actor__id=who, closed=None, told_done=None, **({} if done else {"told_open": None})
    )
    leavings = list(waiting.order_by("at", "id"))
    if not leavings:
        return
    waiting.model.objects.filter(pk__in=[each.pk for each in leavings]).update(
        **{"told_done" if done else "told_open": timezone.now()}
    )
    to = _address(leavings[0].actor)
    reports = [report for report in offboardings([each.pk for each in leavings]) if report.items]
    if to and reports:
        mail.write(system(ACTOR), TEMPLATE, to=to, facts=_facts(reports, done=done),
                   user=reports[0].user_id if len(reports) == 1 else None)  # fmt: skip


def _address(actor: dict[str, Any] | None) -> str | None:
    """Of the administrator who did it; a token or a shell has none."""
    if not actor or actor.get("kind") != "administrator":
        return None
    found = Administrator.objects.filter(pk=actor["id"], is_active=True).first()
    return found.email if found else None


def _facts(reports: Sequence[Report], *, done: bool) -> dict[str, Any]:
    count = len(reports)
    first = reports[0]
    return {
        "title": first.name if count == 1 else _("%(count)d people") % {"count": count},
        "done": done,
        "open": sum(report.open for report in reports),
        "unconfirmed": sum(report.unconfirmed for report in reports),
        "people": [_person(report) for report in reports[:SHOWN]],
        "more": max(0, count - SHOWN),
    }


def _person(report: Report) -> dict[str, Any]:
    return {
        "name": report.name,
        "username": report.username,
        "user": str(report.user_id),
        "at": _time(report.at),
        "call": report.call,
        "accounts": [_account(item) for item in report.items],
    }


def _account(item: Item) -> dict[str, Any]:
    return {
        "application": item.application,
        "text": item.text,
        "done": item.done,
        "confirmed": _time(item.confirmed) if item.confirmed else "",
        "said": (item.error or {}).get("message", "") if not item.done else "",
    }


def _time(at: Any) -> str:
    return f"{date_format(at, 'j N Y, H:i')} UTC"
