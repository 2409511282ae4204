"""What people do with the outbox: send again, read, and try whether mail goes out."""

from __future__ import annotations

import uuid
from typing import Protocol

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from provisor import jobs
from provisor.audit import events
from provisor.errors import Conflict, Invalid, NotFound, WrongState
from provisor.mail import addresses, queries, rendering
from provisor.mail.messages import Text
from provisor.mail.models import Mail, Status
from provisor.mail.registry import Dropped, Kept
from provisor.mail.writing import Actor as Writer
from provisor.mail.writing import write


class Actor(Writer, Protocol):
    @property
    def name(self) -> str: ...

    def require(self, permission: str) -> None: ...


@transaction.atomic
def send_again(actor: Actor, mail_id: uuid.UUID) -> Mail:
    """Sends a mail now, unless it is being sent. Its text is made anew, with a new link where it has one: the old one may
    be too old. Raises NotFound, WrongState."""
    actor.require("users.write")
    row = _locked(mail_id)
    if row.status == Status.SENDING:
        raise WrongState(_("It is being sent at this moment."))
    if row.status != Status.WAITING:
        row.body = row.rendered_at = None
    now = timezone.now()
    row.status, row.error, row.sent_at, row.attempts, row.queued, row.next_try = Status.WAITING, None, None, 0, now, now
    row.save()
    _tell(actor, "mail_sent_again", row)
    jobs.later("send_mails")
    return row


@transaction.atomic
def send_kept(actor: Actor) -> int:
    """Sends every kept mail, each with a text made anew, behind the mails of single people; how many. What still waits for a
    person is kept again. Raises WrongState where no server is set."""
    actor.require("users.write")
    if queries.way().kind == "none":
        raise WrongState(_("No mail server is set, so they would be kept again. Set PROVISOR_EMAIL_URL first."))
    now = timezone.now()
    count = Mail.objects.filter(status=Status.KEPT).update(
        status=Status.WAITING, bulk=True, body=None, rendered_at=None, error=None, attempts=0, queued=now, next_try=now
    )
    if count:
        said = ngettext("%(count)d kept mail.", "%(count)d kept mails.", count) % {"count": count}
        events.record("mail_sent_again", actor=actor.as_json(), correlation=actor.correlation, message=said)
        jobs.later("send_mails")
    return count


@transaction.atomic
def read(actor: Actor, mail_id: uuid.UUID) -> Text:
    """The text of a mail, with its link if it has one: as good as a password, so it takes that permission and is an event.
    Rendered now, if it wasn't. Raises NotFound, Conflict where there can't be a text."""
    actor.require("users.password")
    row = _locked(mail_id)
    if row.status == Status.SENT and row.body is None:
        raise Conflict(_("Its text is gone: it is kept for 7 days. Send it again for a new one."), code="no_text")
    try:
        said = rendering.text_of(row)
    except (Dropped, Kept) as error:
        raise Conflict(str(error), code="no_text") from error
    _tell(actor, "mail_read", row)
    return said


def send_test(actor: Actor, to: str) -> Mail:
    """A mail that says that mail arrives. Raises Invalid for what is no address."""
    actor.require("organisation.write")
    try:
        addresses.address(to)
    except addresses.Unusable as error:
        raise Invalid({"to": str(error)}) from error
    with transaction.atomic():
        return write(actor, "test", to=to, facts={"name": actor.name})


def _locked(mail_id: uuid.UUID) -> Mail:
    found = Mail.objects.select_for_update().filter(id=mail_id).first()
    if found is None:
        raise NotFound(_("There is no mail with this id. Mails are kept for 30 days."))
    return found


def _tell(actor: Actor, type: str, row: Mail) -> None:
    user = (row.user, row.to) if row.user else None
    said = _("The mail “%(template)s” to %(to)s.") % {"template": row.template, "to": row.to}
    events.record(type, actor=actor.as_json(), correlation=actor.correlation, user=user, message=said)
