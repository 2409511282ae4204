"""The history: `Event` is what people did and what was destructive (kept); `Operation` is every attempt at an SP,
with its words (daily partitions, kept 30 days). Both are only ever inserted into."""

from __future__ import annotations

import uuid

from django.db import models


class Record(models.Model):
    """The fields that both tables share; /events reads them as one list."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    at = models.DateTimeField()
    type = models.CharField(max_length=64)
    actor = models.JSONField(null=True)
    user_id = models.UUIDField(null=True)
    user_name = models.CharField(max_length=256, null=True)
    group_id = models.UUIDField(null=True)
    group_name = models.CharField(max_length=256, null=True)
    application_id = models.UUIDField(null=True)
    application_name = models.CharField(max_length=256, null=True)
    run_id = models.UUIDField(null=True)
    outcome = models.CharField(max_length=16, null=True)
    status = models.IntegerField(null=True)
    message = models.TextField(null=True)
    changes = models.JSONField(null=True)
    correlation = models.UUIDField(null=True)

    class Meta:
        abstract = True


class Event(Record):
    class Meta:
        indexes = [
            models.Index(fields=["-at", "-id"], name="event_newest_first"),
            models.Index(fields=["user_id", "-at"], name="event_by_user"),
            models.Index(fields=["application_id", "-at"], name="event_by_application"),
        ]


class Operation(Record):
    """Partitioned by day, so it has no primary key in the database; made by a migration in SQL."""

    method = models.CharField(max_length=8, null=True)
    duration_ms = models.IntegerField(null=True)

    class Meta:
        managed = False
        db_table = "audit_operation"
