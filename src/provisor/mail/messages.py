"""A rendered mail as the bytes that a server takes. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime

from provisor.mail.defusing import one_line


@dataclass(frozen=True)
class Text:
    """What a mail says."""

    subject: str
    text: str
    html: str


def message(said: Text, *, to: Address, sender: Address, id: str, at: datetime) -> EmailMessage:
    """`id`: the same for the same text, so that a second copy of it can be recognised."""
    made = EmailMessage(policy=SMTP if to.addr_spec.isascii() else SMTPUTF8)
    made["Subject"] = one_line(said.subject, 200)
    made["From"] = sender
    made["To"] = to
    made["Date"] = format_datetime(at)
    made["Message-ID"] = f"<{id}@{sender.domain}>"
    made["Auto-Submitted"] = "auto-generated"
    made["X-Auto-Response-Suppress"] = "All"
    made.set_content(said.text, cte="quoted-printable")
    made.add_alternative(said.html, subtype="html", cte="quoted-printable")
    return made
