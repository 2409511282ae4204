"""What passwords need beside the user's own row: former ones, one-time links, and counted tries."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _


class PasswordHistory(models.Model):
    """A password that a user has or had, as its argon2 hash: it can't come again until enough others came after it."""

    user = models.ForeignKey("directory.User", on_delete=models.CASCADE, related_name="+", db_constraint=False)
    hash = models.CharField(max_length=256)
    set_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["user", "-set_at"], name="passwords_newest_first")]


class Purpose(models.TextChoices):
    ACTIVATION = "activation", _("Activation")
    RESET = "reset", _("New password")


class OneTimeLink(models.Model):
    """A link by which a person may set a password once. Only its sha256 digest is kept. `email_key`: the address that it
    was made for; another one ends it. `ended`: what ended it before its time."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey("directory.User", on_delete=models.CASCADE, related_name="+", db_constraint=False)
    purpose = models.CharField(max_length=16, choices=Purpose.choices)
    digest = models.CharField(max_length=64, unique=True)
    email_key = models.CharField(max_length=1024)
    made = models.DateTimeField()
    expires = models.DateTimeField()
    used = models.DateTimeField(null=True)
    replaced = models.DateTimeField(null=True)
    ended = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["expires"], name="link_by_expiry")]


class Tries(models.Model):
    """How often something was tried in one stretch of time (passwords/limits.py), for every web process together."""

    what = models.CharField(max_length=64)
    stretch = models.DateTimeField()
    count = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["what", "stretch"], name="one_count_of_tries")]
        indexes = [models.Index(fields=["stretch"], name="tries_by_time")]
