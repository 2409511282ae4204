"""Accounts that are deleted some time after they were ended; and the offboarding report of each person who leaves."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

# What is off already counts from now on: nothing is deleted sooner than somebody who switches it on would expect.
COUNT_FROM_NOW = """
UPDATE applications_link SET inactive_since = now()
WHERE status = 'inactive' AND active IS FALSE AND remote_id IS NOT NULL
"""


class Migration(migrations.Migration):
    dependencies = [("applications", "0014_scopes")]

    operations = [
        migrations.AddField("application", "grace_since", models.DateTimeField(null=True)),
        migrations.AddField("link", "inactive_since", models.DateTimeField(null=True)),
        migrations.AddField("link", "grace_asked", models.DateTimeField(null=True)),
        migrations.RunSQL(COUNT_FROM_NOW, migrations.RunSQL.noop),
        migrations.AddIndex(
            "link",
            models.Index(
                fields=["application", "inactive_since"],
                condition=models.Q(inactive_since__isnull=False),
                name="link_inactive_since",
            ),
        ),
        migrations.CreateModel(
            name="Offboarding",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("user_id", models.UUIDField()),
                ("username", models.CharField(max_length=256)),
                ("name", models.CharField(max_length=1024)),
                ("call", models.CharField(max_length=16)),
                ("actor", models.JSONField(null=True)),
                ("correlation", models.UUIDField(null=True)),
                ("at", models.DateTimeField()),
                ("closed", models.DateTimeField(null=True)),
                ("told_open", models.DateTimeField(null=True)),
                ("told_done", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["user_id", "-at"], name="offboarding_by_user"),
                    models.Index(
                        fields=["correlation"],
                        condition=models.Q(closed__isnull=True, told_done__isnull=True),
                        name="offboarding_untold",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OffboardingAccount",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "offboarding",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="accounts",
                        to="applications.offboarding",
                    ),
                ),
                ("application_id", models.UUIDField()),
                ("application_name", models.CharField(max_length=256)),
                ("link_id", models.UUIDField()),
                ("remote_id", models.TextField(null=True)),
                ("outcome", models.CharField(default="open", max_length=16)),
                ("deleted", models.BooleanField(default=False)),
                ("held", models.BooleanField(default=False)),
                ("tries", models.IntegerField(default=0)),
                ("first_try", models.DateTimeField(null=True)),
                ("next_try", models.DateTimeField(null=True)),
                ("confirmed", models.DateTimeField(null=True)),
                ("error", models.JSONField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["link_id"], condition=models.Q(outcome="open"), name="offboarding_open")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("offboarding", "link_id"), name="one_account_of_a_leaving")
                ],
            },
        ),
    ]
