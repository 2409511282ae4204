"""Mail is kept for a while, for whoever asks whether it went out; its text, which may hold a link, for less."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from provisor.mail.models import Mail, Status

MAILS = timedelta(days=30)
BODIES = timedelta(days=7)
_OPEN = (Status.WAITING, Status.SENDING)


def prune() -> None:
    now = timezone.now()
    done = Mail.objects.exclude(status__in=_OPEN)
    done.filter(rendered_at__lt=now - BODIES, body__isnull=False).update(body=None)
    done.filter(queued__lt=now - MAILS).delete()
