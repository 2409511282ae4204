"""What ends is told of before it does: 30, 7 and 1 days ahead, and when it is over; each once, by a mail and an event.

What was told stands in `Application.expiry_told`: `{what: {"at": the end, "level": days}}`. It is written in the transaction
of mail and event, under the application's lock: so two workers tell once, and another end is told of anew.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from provisor import config, jobs, mail
from provisor.administrators.actor import Actor, system
from provisor.administrators.models import Administrator, Role
from provisor.applications.history import Entry, change, record
from provisor.applications.models import Application, Provisioning
from provisor.applications.queries.credentials import AUTHORITY, CERTIFICATE, ENDS, NEXT, SECRET, End, ends
from provisor.mail.models import Mail
from provisor.selection import rows_of

ACTOR: Final = "credentials"
TEMPLATE: Final = "credential_expires"
LEVELS: Final = (0, 1, 7, 30)  # days ahead; 0: it is over
PIECE: Final = 50
WORDS: Final[dict[str, str | Promise]] = {
    SECRET: gettext_lazy("The token or password"),
    CERTIFICATE: gettext_lazy("The client certificate"),
    AUTHORITY: gettext_lazy("The certificate of the authority that is trusted"),
    NEXT: gettext_lazy("The next token or password"),
}

# Applications with an end that was not told of at its level. One that was never activated waits for nobody.
_DUE: Final = f"""
    WITH near AS (
        SELECT e.application, e.what, e.at,
               CASE WHEN e.at <= now() THEN 0 WHEN e.at <= now() + interval '1 day' THEN 1
                    WHEN e.at <= now() + interval '7 days' THEN 7 ELSE 30 END AS level
        FROM ({ENDS}) e WHERE e.at <= now() + interval '30 days'
    )
    SELECT DISTINCT a.id FROM near JOIN applications_application a ON a.id = near.application
    WHERE a.provisioning <> 'configured'
      AND NOT coalesce((a.expiry_told -> near.what ->> 'at')::timestamptz = near.at
                       AND (a.expiry_told -> near.what ->> 'level')::int <= near.level, false)
      AND a.id > %(after)s
    ORDER BY a.id LIMIT %(most)s
"""  # noqa: S608 - constants


def tell(*, most: int = PIECE) -> int:
    """Tells of what ends, of each application in a transaction, `most` of them read at a time; how many were looked at.
    Each is looked at once: our clock may still be behind the database's."""
    looked, after = 0, uuid.UUID(int=0)
    while found := rows_of(_DUE, {"after": after, "most": most}):
        for row in found:
            jobs.checkpoint()
            with transaction.atomic():
                _tell(system(ACTOR), row["id"])
        looked, after = looked + len(found), found[-1]["id"]
    return looked


def _tell(actor: Actor, id: Any) -> None:
    rows = Application.objects.select_for_update(no_key=True).filter(id=id)
    application = rows.exclude(provisioning=Provisioning.CONFIGURED).first()
    news = [] if application is None else [end for end in ends(application) if _untold(application, end)]
    if application is None or not news:
        return
    told = {end.what: {"at": end.at.isoformat(), "level": level_of(end)} for end in news}
    application.expiry_told = {**application.expiry_told, **told}
    application.save(update_fields=["expiry_told"])
    record(actor, application, [_event(end) for end in news])
    letters = [mail.Letter(to, facts=_kept(application, end)) for end in news for to in _recipients()]
    mail.write_many(actor, TEMPLATE, letters)


def level_of(end: End) -> int | None:
    """The smallest of LEVELS that it has come to; None while it is far."""
    left = (end.at - timezone.now()).total_seconds() / 86_400
    return next((level for level in LEVELS if left <= level), None)


def _untold(application: Application, end: End) -> bool:
    level, told = level_of(end), application.expiry_told.get(end.what)
    if level is None:
        return False
    return told is None or datetime.fromisoformat(told["at"]) != end.at or told["level"] > level


def _event(end: End) -> Entry:
    over = level_of(end) == 0
    told = [change("what", None, end.what), change("expires", None, end.at.isoformat())]
    return Entry("credential_expired" if over else "credential_expiring", told)


def _recipients() -> list[str]:
    found = Administrator.objects.filter(is_active=True, role__in=[Role.OWNER, Role.ADMIN]).order_by("email_key")
    return list(found.values_list("email", flat=True))


def _kept(application: Application, end: End) -> dict[str, Any]:
    """What the row of the mail keeps: the rest is read when it is rendered."""
    return {"application": str(application.id), "what": end.what, "at": end.at.isoformat()}


def register() -> None:
    """At the start."""
    mail.register(TEMPLATE, facts_of)


def facts_of(row: Mail) -> dict[str, Any]:
    """What the mail says, as of now: it may have been renewed since the mail was written."""
    kept: Mapping[str, Any] = row.facts
    application = Application.objects.filter(id=kept["application"]).first()
    found = [end for end in (ends(application) if application else []) if end.what == kept["what"]]
    if application is None or not found or found[0].at != datetime.fromisoformat(kept["at"]):
        raise mail.Dropped(_("It was renewed meanwhile, or the application is gone."))
    end, own = found[0], config.own_url()
    return {
        "name": application.name,
        "ending": str(WORDS[end.what]),
        "thing": end.what,
        "day": date_format(end.at, "j F Y"),
        "over": end.at <= timezone.now(),
        "days": max(0, math.ceil((end.at - timezone.now()).total_seconds() / 86_400)),
        "usual": end.source == "connector",
        "link": f"{own}/applications/{application.id}/provisioning" if own else "",
    }
