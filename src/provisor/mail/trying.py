"""Whether mail goes out from this machine, tried at once and without the outbox: for `doctor` and `mail test`."""

from __future__ import annotations

import uuid
from email.message import EmailMessage

from django.utils import timezone

from provisor import config
from provisor.errors import Conflict, Invalid
from provisor.mail import addresses, messages, rendering, sending
from provisor.mail.opening import opened
from provisor.mail.transport import Away, Folder, Postponed, Refused, Server, read


def look() -> str | None:
    """What would keep a mail from going out now, in words; None where nothing does. Without a server there is nothing to
    look at. Raises ConfigurationError."""
    where = read(config.read().email_url)
    if where is None:
        return None
    transport = opened(where, greeting=sending.domain())
    try:
        sending.sender()
        transport.check()
    except Away as error:
        return str(error)
    finally:
        transport.close()
    return None


def send(to: str) -> str:
    """A test mail, sent now; what came of it, in words. Raises Invalid for what is no address, Conflict where it doesn't go,
    ConfigurationError."""
    where = read(config.read().email_url)
    if where is None:
        raise Conflict(
            "No server is set: PROVISOR_EMAIL_URL is empty, so mail is kept in the outbox.", code="no_server"
        )
    try:
        recipient = addresses.address(to)
    except addresses.Unusable as error:
        raise Invalid({"to": str(error)}) from error
    said = rendering.rendered("test", {"name": "Somebody at the command line"}, to=to)
    id = f"test-{uuid.uuid4()}"
    try:
        message = messages.message(said, to=recipient, sender=sending.sender(), id=id, at=timezone.now())
        _send(where, message, id)
    except (Away, Refused, Postponed) as error:
        raise Conflict(str(error), code="not_sent") from error
    return f"{where.shown} took the mail to {to}."


def _send(where: Server | Folder, message: EmailMessage, id: str) -> None:
    transport = opened(where, greeting=sending.domain())
    try:
        transport.send(message, id=id)
    finally:
        transport.close()
