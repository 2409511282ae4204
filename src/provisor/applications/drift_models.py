"""What full reads found there and nobody repaired: accounts that are nobody's of ours, and what was changed there."""

from __future__ import annotations

from django.db import models


class Orphan(models.Model):
    """An account there that is nobody's of ours, as full reads saw it. Never touched. `missed`: complete reads in a row that
    didn't show it; the second one takes it off the list."""

    application = models.ForeignKey("applications.Application", on_delete=models.CASCADE, related_name="+")
    remote_id = models.TextField()
    user_name = models.CharField(max_length=256)
    user_name_key = models.TextField()
    email = models.CharField(max_length=256)
    email_key = models.TextField()
    external_id = models.CharField(max_length=256, null=True)
    active = models.BooleanField(null=True)
    missed = models.SmallIntegerField(default=0)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["application", "remote_id"], name="one_orphan")]
        indexes = [models.Index(fields=["application", "first_seen", "id"], name="orphan_by_age")]


class Drift(models.Model):
    """An account or group that a full read found otherwise and that is only told of: `changes` from what it should be to
    what is there, or (`kind` missing) it is gone. Goes with the first complete read that finds it right."""

    application = models.ForeignKey("applications.Application", on_delete=models.CASCADE, related_name="+")
    link_id = models.UUIDField()
    user_id = models.UUIDField(null=True)
    group_id = models.UUIDField(null=True)
    name = models.CharField(max_length=256)
    kind = models.CharField(max_length=8)
    changes = models.JSONField(default=list)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["application", "link_id"], name="one_drift")]
