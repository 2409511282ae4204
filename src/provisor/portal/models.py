"""What the portal keeps for a while: a CSV file between choosing it and importing it. Nothing of it travels through the
browser again, so what is imported is what was looked at."""

from __future__ import annotations

import uuid

from django.db import models


class UploadStatus(models.TextChoices):
    UPLOADED = "uploaded"
    LOOKING = "looking"
    LOOKED = "looked"
    APPLYING = "applying"
    DONE = "done"
    FAILED = "failed"


class CsvUpload(models.Model):
    """One file of one administrator. `columns` is header -> column, as chosen; `review` what the last look (or the import)
    told; `beat` shows that somebody works on it. Rows older than a day are dropped with the next upload."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    administrator_id = models.UUIDField()
    filename = models.CharField(max_length=256)
    content = models.BinaryField()
    columns = models.JSONField(default=dict)
    status = models.CharField(max_length=16, choices=UploadStatus.choices, default=UploadStatus.UPLOADED)
    review = models.JSONField(null=True)
    error = models.TextField(default="")
    done = models.IntegerField(default=0)
    total = models.IntegerField(default=0)
    beat = models.DateTimeField(auto_now_add=True)
    created = models.DateTimeField(auto_now_add=True)
