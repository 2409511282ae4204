"""What becomes of a mail that was tried: each outcome, and what may be tried when. Nothing is ever lost without a word."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from provisor.audit.models import Event
from provisor.mail.defusing import one_line
from provisor.mail.models import Mail, Status

WAITS = (1, 5, 15, 60, 180, 360)  # minutes before each further try
WHOLE_SERVER = timedelta(minutes=1)  # before the server is tried again
AT_MOST = timedelta(days=3)
AT_ONCE = 500
SYSTEM = {"kind": "system", "id": "system", "name": "Provisor"}


def sent(row: Mail) -> None:
    _set(row, status=Status.SENT, sent_at=timezone.now(), error=None)


def kept(row: Mail, words: str) -> None:
    """It waits for a person."""
    _set(row, status=Status.KEPT, error=_shown(words))


def again(row: Mail, words: str, *, counted: bool = True) -> None:
    """It is tried again, later each time; after three days no more. Not `counted`: the mail isn't to blame."""
    now = timezone.now()
    if now - row.queued >= AT_MOST:
        failed(row, words)
    elif counted:
        wait = timedelta(minutes=WAITS[min(row.attempts, len(WAITS)) - 1])
        _set(row, status=Status.WAITING, next_try=now + wait, error=_shown(words))
    else:
        _set(row, status=Status.WAITING, next_try=now + WHOLE_SERVER, error=_shown(words), attempts=row.attempts - 1)


def failed(row: Mail, words: str, *, wanted: bool = True) -> None:
    """For good. It is an event, unless nobody wants the mail any more."""
    with transaction.atomic():
        if _set(row, status=Status.FAILED, error=_shown(words)) and wanted:
            _tell([row], words)


def keep_all() -> None:
    """No server is set: what waits is kept in the outbox."""
    waiting = Mail.objects.filter(status__in=(Status.WAITING, Status.SENDING), next_try__lte=timezone.now())
    waiting.update(status=Status.KEPT, error=None)


def nothing_goes(words: str) -> None:
    """The server is away: whatever waits is tried when it is. What waited for three days has failed."""
    now = timezone.now()
    due = Mail.objects.filter(status=Status.WAITING, next_try__lte=now + WHOLE_SERVER)
    while _give_up(due, now, words):
        pass
    due.update(next_try=now + WHOLE_SERVER, error=_shown(words))


def _give_up(due: Any, now: datetime, words: str) -> int:
    with transaction.atomic():
        old = list(due.filter(queued__lte=now - AT_MOST).select_for_update(skip_locked=True)[:AT_ONCE])
        Mail.objects.filter(id__in=[row.id for row in old]).update(status=Status.FAILED, error=_shown(words))
        _tell(old, words)
    return len(old)


def _set(row: Mail, **values: Any) -> int:
    """Only as long as it is ours: a sender that was taken for lost changes nothing any more."""
    return Mail.objects.filter(id=row.id, status=Status.SENDING, attempts=row.attempts).update(**values)


def _tell(rows: Iterable[Mail], words: str) -> None:
    type = "mail_failed"
    said = _("The mail “%(template)s” to %(to)s wasn't delivered. %(words)s")
    Event.objects.bulk_create(
        Event(
            at=timezone.now(),
            type=type,
            actor=SYSTEM,
            correlation=row.correlation,
            user_id=row.user,
            user_name=row.to if row.user else None,
            outcome="failure",
            message=said % {"template": row.template, "to": one_line(row.to), "words": _shown(words)},
        )
        for row in rows
    )


def _shown(words: str) -> str:
    """A server's words, which are anything."""
    return one_line(words)
