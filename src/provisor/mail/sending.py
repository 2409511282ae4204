"""Sending what is due: one mail after the other over one connection, each with an outcome of its own.

Several workers may do it at a time: a mail is taken by a statement that skips what others took, and a sender that is lost
is taken for lost after `LEASE`. A mail whose sending ended without an answer goes out again with the same Message-ID.
"""

from __future__ import annotations

import time
from datetime import timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from urllib.parse import urlsplit

import structlog
from django.utils import timezone
from django.utils.translation import gettext as _

from provisor import config
from provisor.errors import Problem
from provisor.mail import addresses, messages, outcomes, registry, rendering
from provisor.mail.addresses import Unusable
from provisor.mail.defusing import one_line
from provisor.mail.models import Mail, Status
from provisor.mail.opening import opened
from provisor.mail.registry import Dropped, Kept
from provisor.mail.transport import Away, Postponed, Refused, Transport
from provisor.mail.transport import read as read_url

BUDGET = 30.0  # seconds of one job; then others get their turn
LEASE = timedelta(seconds=150)  # longer than one mail can take: smtp.DEADLINE for connecting, and for sending
POOR_SENDER = "localhost"

log = structlog.get_logger("provisor.mail")


def send_due(budget: float = BUDGET) -> bool:
    """Sends what is due, for so long. True if there may be more."""
    environment = config.read()
    if not environment.email_url:
        outcomes.keep_all()
        return False
    if Mail.objects.filter(status=Status.SENDING, next_try__gt=timezone.now()).exists():
        return False  # somebody is at it, and looks for more before ending
    try:
        where = read_url(environment.email_url)
        assert where
    except config.ConfigurationError as error:
        outcomes.nothing_goes(str(error))
        return False
    transport = opened(where, greeting=domain())
    try:
        return _send_all(transport, time.monotonic() + budget)
    finally:
        transport.close()


def _send_all(transport: Transport, until: float) -> bool:
    while time.monotonic() < until:
        row = _take()
        if row is None:
            return False
        try:
            _send(row, transport)
        except Away as error:
            outcomes.again(row, str(error), counted=False)
            outcomes.nothing_goes(str(error))
            return False
    return True


_TAKE = """
    UPDATE mail_mail SET status = 'sending', attempts = attempts + 1, next_try = clock_timestamp() + %(lease)s
     WHERE id = (SELECT id FROM mail_mail WHERE status IN ('waiting', 'sending') AND next_try <= clock_timestamp()
                  ORDER BY bulk, next_try LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING *
"""


def _take() -> Mail | None:
    return next(iter(Mail.objects.raw(_TAKE, {"lease": LEASE})), None)


def _send(row: Mail, transport: Transport) -> None:
    """One mail to its outcome. Raises Away."""
    try:
        transport.send(_message(row), id=f"{row.id}.{row.edition}")
    except Postponed as error:
        outcomes.again(row, str(error))
    except (Refused, Unusable, Dropped, Problem) as error:
        outcomes.failed(row, str(error), wanted=not isinstance(error, Dropped))
    except Kept as error:
        outcomes.kept(row, str(error))
    except Away:
        raise
    except Exception as error:  # a template, or what makes its facts: the next mail may be of another
        log.exception("A mail can't be made", template=row.template, mail=str(row.id))
        outcomes.again(row, _("Its text can't be made (%s). The log says more.") % type(error).__name__)
    else:
        outcomes.sent(row)


def _message(row: Mail) -> EmailMessage:
    """Raises Unusable for an address that can't be sent to, and what rendering raises."""
    to = addresses.address(row.to)
    said = rendering.text_of(row)
    assert row.rendered_at
    return messages.message(said, to=to, sender=sender(), id=f"{row.id}.{row.edition}", at=row.rendered_at)


def sender() -> Address:
    """Whom mail comes from: the organisation's choice, or an address at the host of PROVISOR_PUBLIC_URL. Raises Away."""
    organisation = registry.organisation()
    name = one_line(organisation.name, 100) or "Provisor"
    try:
        return addresses.address(organisation.sender or f"provisor@{domain()}", name)
    except Unusable as error:
        raise Away(_("Mail can't come from the address in the settings (mail_from). %s") % error) from error


def domain() -> str:
    """The host under which this Provisor is known."""
    host = urlsplit(config.read().public_url or "").hostname or ""
    return host if host.strip("0123456789.:") else POOR_SENDER
