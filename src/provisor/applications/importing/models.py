"""The tables of imports: what was read from a service provider, what it matches, and what a person decided about it."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class ImportStatus(models.TextChoices):
    READING = "reading", _("Reading")
    READY = "ready", _("Ready")
    CONFIRMING = "confirming", _("Confirming")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


class Import(models.Model):
    """One import. `kind`: users or groups. `attempt` names the reader at work: a second one takes over from the first.
    `complete`: everything was provably read. `problem`: `{code, message, ...}` that a person should know of beforehand
    (incomplete, shrunk); `error`: why it failed. `counts` by match, `results` by outcome. `decided` rows were confirmed,
    `done` of them are carried out."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    application = models.ForeignKey("applications.Application", on_delete=models.CASCADE, related_name="imports")
    kind = models.CharField(max_length=8, default="users")
    status = models.CharField(max_length=16, choices=ImportStatus.choices, default=ImportStatus.READING)
    attempt = models.UUIDField(null=True)
    read = models.IntegerField(default=0)
    total = models.IntegerField(null=True)
    complete = models.BooleanField(null=True)
    problem = models.JSONField(null=True)
    error = models.JSONField(null=True)
    counts = models.JSONField(default=dict)
    decided = models.IntegerField(default=0)
    done = models.IntegerField(default=0)
    results = models.JSONField(default=dict)
    actor = models.JSONField()
    correlation = models.UUIDField(null=True)
    cancel_requested = models.BooleanField(default=False)
    created = models.DateTimeField(auto_now_add=True)
    ready = models.DateTimeField(null=True)
    finished = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application", "kind"], condition=models.Q(status="reading"), name="one_import_reads"
            )
        ]
        indexes = [models.Index(fields=["application", "-created"], name="import_by_application")]


class Candidate(models.Model):
    """One account (or group) that was read. `id` is md5(import id || remote id) as a UUID: reading it twice makes one
    row. `values` are the directory's, under the contract's names, checked; `notes` say what was left out. `own_id`: the
    externalId, where it is a UUID; `member_ids`: of a group.

    `match`: linked, exact, partial, ambiguous, new, or unreadable; `reason` is its code; `hits` are the users (or groups)
    that it could be, and `hit` the one where there is one. `barred`: why it is never taken by "all". `problem`: why nobody
    can be made of it. `decision` is `{action, ...}` as confirmed, `outcome` what became of it."""

    id = models.UUIDField(primary_key=True)
    imported = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="candidates", db_column="import_id")
    remote_id = models.TextField(null=True)
    name = models.CharField(max_length=256)
    name_key = models.TextField()
    email = models.CharField(max_length=256)
    email_key = models.TextField()
    email_keys = ArrayField(models.TextField(), default=list)
    title = models.CharField(max_length=256)
    external_id = models.CharField(max_length=256, null=True)
    own_id = models.UUIDField(null=True)
    active = models.BooleanField(null=True)
    values = models.JSONField(default=dict)
    notes = models.JSONField(default=list)
    raw = models.JSONField(default=dict)
    members = models.IntegerField(null=True)
    member_ids = ArrayField(models.TextField(), null=True)
    match = models.CharField(max_length=16, null=True)
    reason = models.CharField(max_length=32, default="")
    hit = models.UUIDField(null=True)
    hits = ArrayField(models.UUIDField(), default=list)
    barred = models.CharField(max_length=32, null=True)
    problem = models.JSONField(null=True)
    decision = models.JSONField(null=True)
    outcome = models.CharField(max_length=16, null=True)
    message = models.TextField(default="")
    made = models.UUIDField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["imported", "name_key", "id"], name="candidate_by_name"),
            models.Index(fields=["imported", "match", "name_key", "id"], name="candidate_by_match"),
            models.Index(fields=["imported", "email_key", "id"], name="candidate_by_email"),
            models.Index(fields=["imported", "remote_id"], name="candidate_by_remote_id"),
            models.Index(
                fields=["imported", "id"],
                condition=models.Q(decision__isnull=False, outcome__isnull=True),
                name="candidate_decided",
            ),
        ]

    @property
    def decided(self) -> dict[str, Any]:
        """The decision; nothing in it where there is none."""
        return self.decision or {}


class Census(models.Model):
    """How many accounts (`kind` users) or groups an application held when it was last provably read as a whole."""

    application = models.ForeignKey("applications.Application", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8)
    held = models.IntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["application", "kind"], name="one_census")]
