"""The trash: deleted users and groups, as long as they can be restored (commands/trash.py writes it)."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _


class TrashKind(models.TextChoices):
    USER = "user", _("User")
    GROUP = "group", _("Group")


class Trash(models.Model):
    """One deleted user or group. `shape`: its own attributes as JSON. `kept`: what it was tied to: of a user groups,
    assignments and the names of applications with an account; of a group members, groups, assignments and its rule.
    Never in it: the password's hash, the history, what was known of its accounts. `state`: of a user, before it was
    deleted. A user whose accounts are still being ended is in it already."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=8, choices=TrashKind.choices)
    object_id = models.UUIDField()
    name = models.CharField(max_length=256)
    name_key = models.CharField(max_length=1024)
    email_key = models.CharField(max_length=1024, default="")
    state = models.CharField(max_length=16, null=True)
    shape = models.JSONField(default=dict)
    kept = models.JSONField(default=dict)
    actor = models.JSONField(null=True)
    deleted_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "object_id"], name="one_in_the_trash")]
        indexes = [
            models.Index(fields=["-deleted_at", "-id"], name="trash_by_age"),
        ]

    def __str__(self) -> str:
        return self.name
