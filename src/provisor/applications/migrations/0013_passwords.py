"""Passwords on their way to an application."""

import uuid

from django.db import migrations, models

WAITING = models.Q(status="waiting")


class Migration(migrations.Migration):
    dependencies = [("applications", "0012_imports")]

    operations = [
        migrations.CreateModel(
            name="AccountPassword",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("user_id", models.UUIDField()),
                (
                    "status",
                    models.CharField(
                        max_length=16,
                        choices=[
                            ("waiting", "Waiting"),
                            ("pushed", "Pushed"),
                            ("refused", "Refused"),
                            ("dropped", "Needs to be set again"),
                            ("temporary", "Temporary"),
                        ],
                        default="waiting",
                    ),
                ),
                ("at", models.DateTimeField()),
                ("sealed", models.BinaryField(null=True)),
                ("expires", models.DateTimeField(null=True)),
                ("next_try", models.DateTimeField(null=True)),
                ("attempts", models.IntegerField(default=0)),
                ("error", models.JSONField(null=True)),
                ("actor", models.JSONField(null=True)),
                ("correlation", models.UUIDField(null=True)),
                ("application", models.ForeignKey("applications.application", models.CASCADE, related_name="+")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("application", "user_id"), name="one_password_of_an_account"),
                    models.CheckConstraint(
                        condition=models.Q(
                            status="waiting", sealed__isnull=False, expires__isnull=False, next_try__isnull=False
                        )
                        | (~models.Q(status="waiting") & models.Q(sealed__isnull=True)),
                        name="sealed_only_while_waiting",
                    ),
                ],
                "indexes": [
                    models.Index(fields=["expires"], condition=WAITING, name="password_waiting"),
                    models.Index(fields=["user_id"], name="password_by_user"),
                ],
            },
        ),
    ]
