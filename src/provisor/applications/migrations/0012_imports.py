"""Imports from an application: what was read, what it matches, what was decided about it; and what was there last time."""

import uuid

import django.contrib.postgres.fields
from django.db import migrations, models

APPLICATION = ("application", models.ForeignKey("applications.application", models.CASCADE, related_name="imports"))
TEXTS = django.contrib.postgres.fields.ArrayField
STATUSES = ["reading", "ready", "confirming", "done", "failed", "cancelled"]


class Migration(migrations.Migration):
    dependencies = [("applications", "0011_drift")]

    operations = [
        migrations.CreateModel(
            name="Import",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("kind", models.CharField(default="users", max_length=8)),
                (
                    "status",
                    models.CharField(
                        choices=[(status, status.capitalize()) for status in STATUSES], default="reading", max_length=16
                    ),
                ),
                ("attempt", models.UUIDField(null=True)),
                ("read", models.IntegerField(default=0)),
                ("total", models.IntegerField(null=True)),
                ("complete", models.BooleanField(null=True)),
                ("problem", models.JSONField(null=True)),
                ("error", models.JSONField(null=True)),
                ("counts", models.JSONField(default=dict)),
                ("decided", models.IntegerField(default=0)),
                ("done", models.IntegerField(default=0)),
                ("results", models.JSONField(default=dict)),
                ("actor", models.JSONField()),
                ("correlation", models.UUIDField(null=True)),
                ("cancel_requested", models.BooleanField(default=False)),
                ("created", models.DateTimeField(auto_now_add=True)),
                ("ready", models.DateTimeField(null=True)),
                ("finished", models.DateTimeField(null=True)),
                APPLICATION,
            ],
            options={
                "indexes": [models.Index(fields=["application", "-created"], name="import_by_application")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status", "reading")),
                        fields=("application", "kind"),
                        name="one_import_reads",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Candidate",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("remote_id", models.TextField(null=True)),
                ("name", models.CharField(max_length=256)),
                ("name_key", models.TextField()),
                ("email", models.CharField(max_length=256)),
                ("email_key", models.TextField()),
                ("email_keys", TEXTS(base_field=models.TextField(), default=list, size=None)),
                ("title", models.CharField(max_length=256)),
                ("external_id", models.CharField(max_length=256, null=True)),
                ("own_id", models.UUIDField(null=True)),
                ("active", models.BooleanField(null=True)),
                ("values", models.JSONField(default=dict)),
                ("notes", models.JSONField(default=list)),
                ("raw", models.JSONField(default=dict)),
                ("members", models.IntegerField(null=True)),
                ("member_ids", TEXTS(base_field=models.TextField(), null=True, size=None)),
                ("match", models.CharField(max_length=16, null=True)),
                ("reason", models.CharField(default="", max_length=32)),
                ("hit", models.UUIDField(null=True)),
                ("hits", TEXTS(base_field=models.UUIDField(), default=list, size=None)),
                ("barred", models.CharField(max_length=32, null=True)),
                ("problem", models.JSONField(null=True)),
                ("decision", models.JSONField(null=True)),
                ("outcome", models.CharField(max_length=16, null=True)),
                ("message", models.TextField(default="")),
                ("made", models.UUIDField(null=True)),
                (
                    "imported",
                    models.ForeignKey(
                        "applications.import", models.CASCADE, db_column="import_id", related_name="candidates"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["imported", "name_key", "id"], name="candidate_by_name"),
                    models.Index(fields=["imported", "match", "name_key", "id"], name="candidate_by_match"),
                    models.Index(fields=["imported", "email_key", "id"], name="candidate_by_email"),
                    models.Index(fields=["imported", "remote_id"], name="candidate_by_remote_id"),
                    models.Index(
                        condition=models.Q(("decision__isnull", False), ("outcome__isnull", True)),
                        fields=["imported", "id"],
                        name="candidate_decided",
                    ),
                ]
            },
        ),
        migrations.CreateModel(
            name="Census",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=8)),
                ("held", models.IntegerField()),
                ("at", models.DateTimeField()),
                ("application", models.ForeignKey("applications.application", models.CASCADE, related_name="+")),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("application", "kind"), name="one_census")],
            },
        ),
    ]
