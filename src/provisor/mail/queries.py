"""Reading the outbox."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from provisor import config
from provisor.errors import NotFound
from provisor.mail import transport
from provisor.mail.models import Mail, Status

NEWEST_FIRST = ("-created", "-id")


def mails(*, status: str | None = None, user: uuid.UUID | None = None, template: str | None = None) -> QuerySet[Mail]:
    """Mails that fit every filter given, without what they say."""
    given = {"status": status, "user": user, "template": template}
    return Mail.objects.filter(**{name: value for name, value in given.items() if value}).defer("body", "facts")


def get_mail(mail_id: uuid.UUID) -> Mail:
    """Raises NotFound."""
    found = mails().filter(id=mail_id).first()
    if found is None:
        raise NotFound(_("There is no mail with this id. Mails are kept for 30 days."))
    return found


def counts() -> dict[str, int]:
    """How many there are of each status."""
    found = dict(Mail.objects.values_list("status").annotate(Count("id")))
    return {status: found.get(status, 0) for status in Status.values}


@dataclass(frozen=True)
class Way:
    """How mail goes out now. `kind`: smtp, folder, none, or wrong, and then `words` says what is."""

    kind: str
    where: str = ""
    words: str = ""


def way() -> Way:
    """As PROVISOR_EMAIL_URL has it in this process; nothing is connected, and no password is shown."""
    try:
        found = transport.read(config.read().email_url)
    except config.ConfigurationError as error:
        return Way("wrong", words=str(error))
    if found is None:
        return Way("none")
    return Way("folder" if isinstance(found, transport.Folder) else "smtp", found.shown)
