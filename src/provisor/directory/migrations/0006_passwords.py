"""Passwords: when they were set, their history, tries, one-time links; and the day on which a user begins."""

from __future__ import annotations

import uuid
from typing import Any

import django.db.models.deletion
from django.db import migrations, models

# The worker removes users with a statement of its own, so it is the database that removes what belongs to them.
WITH_THE_USER = """
ALTER TABLE directory_passwordhistory ADD CONSTRAINT passwordhistory_of_user
    FOREIGN KEY (user_id) REFERENCES directory_user (id) ON DELETE CASCADE;
ALTER TABLE directory_onetimelink ADD CONSTRAINT onetimelink_of_user
    FOREIGN KEY (user_id) REFERENCES directory_user (id) ON DELETE CASCADE;
"""
NOT_WITH_THE_USER = """
ALTER TABLE directory_onetimelink DROP CONSTRAINT onetimelink_of_user;
ALTER TABLE directory_passwordhistory DROP CONSTRAINT passwordhistory_of_user;
"""


def of_user() -> models.ForeignKey[Any, Any]:
    return models.ForeignKey(
        db_constraint=False,
        on_delete=django.db.models.deletion.CASCADE,
        related_name="+",
        to="directory.user",
    )


class Migration(migrations.Migration):
    dependencies = [("directory", "0005_organisation_settings")]

    operations = [
        migrations.AddField("organisation", "expiry_since", models.DateTimeField(null=True)),
        migrations.AddField("user", "password_changed", models.DateTimeField(null=True)),
        migrations.AddField("user", "password_warned", models.DateTimeField(null=True)),
        migrations.AddField("user", "failed_tries", models.PositiveIntegerField(db_default=0, default=0)),
        migrations.AddField("user", "locked_until", models.DateTimeField(null=True)),
        migrations.AddField("user", "start_date", models.DateField(null=True)),
        migrations.AddIndex(
            "user",
            models.Index(condition=models.Q(("state", "staged")), fields=["start_date"], name="user_by_start_date"),
        ),
        migrations.AddIndex(
            "user",
            models.Index(
                condition=models.Q(("locked_until__isnull", False)), fields=["locked_until"], name="user_by_lock"
            ),
        ),
        migrations.CreateModel(
            name="PasswordHistory",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("hash", models.CharField(max_length=256)),
                ("set_at", models.DateTimeField()),
                ("user", of_user()),
            ],
            options={"indexes": [models.Index(fields=["user", "-set_at"], name="passwords_newest_first")]},
        ),
        migrations.CreateModel(
            name="OneTimeLink",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "purpose",
                    models.CharField(choices=[("activation", "Activation"), ("reset", "New password")], max_length=16),
                ),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("email_key", models.CharField(max_length=1024)),
                ("made", models.DateTimeField()),
                ("expires", models.DateTimeField()),
                ("used", models.DateTimeField(null=True)),
                ("replaced", models.DateTimeField(null=True)),
                ("ended", models.DateTimeField(null=True)),
                ("user", of_user()),
            ],
            options={"indexes": [models.Index(fields=["expires"], name="link_by_expiry")]},
        ),
        migrations.CreateModel(
            name="Tries",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("what", models.CharField(max_length=64)),
                ("stretch", models.DateTimeField()),
                ("count", models.IntegerField()),
            ],
            options={
                "indexes": [models.Index(fields=["stretch"], name="tries_by_time")],
                "constraints": [models.UniqueConstraint(fields=("what", "stretch"), name="one_count_of_tries")],
            },
        ),
        migrations.RunSQL(WITH_THE_USER, NOT_WITH_THE_USER),
    ]
