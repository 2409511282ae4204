"""The outbox: every mail that was written, until it is pruned."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    """`kept`: no server is set, or a person has to do something first."""

    WAITING = "waiting", _("Waiting")
    SENDING = "sending", _("Sending")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
    KEPT = "kept", _("Kept")


class Mail(models.Model):
    """One mail to one address. It is rendered when it is first sent or read; until then there is no text, and no link.

    `user`: the id of whom it is about, which may be gone. `queued`: since when it shall go out; `next_try`: when it is tried
    next or, while it is being sent, when its sender is taken for lost. `edition` counts how often it was rendered and
    stands in the Message-ID, so that a second sending of the same text can be told. `body`: sealed JSON of subject, text
    and html; gone after a while."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    to = models.CharField(max_length=320)
    template = models.CharField(max_length=64)
    facts = models.JSONField(default=dict)
    user = models.UUIDField(null=True)
    language = models.CharField(max_length=16, default="en")
    actor = models.JSONField(null=True)
    correlation = models.UUIDField(null=True)
    bulk = models.BooleanField(default=False)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(null=True)
    created = models.DateTimeField(default=timezone.now)
    queued = models.DateTimeField(default=timezone.now)
    next_try = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    edition = models.PositiveSmallIntegerField(default=0)
    body = models.BinaryField(null=True)
    rendered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["bulk", "next_try"], name="mail_due", condition=models.Q(status__in=["waiting", "sending"])
            ),
            models.Index(fields=["created", "id"], name="mail_newest"),
            models.Index(fields=["status", "created", "id"], name="mail_by_status"),
            models.Index(fields=["user"], name="mail_by_user", condition=models.Q(user__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.template} {self.id}"
