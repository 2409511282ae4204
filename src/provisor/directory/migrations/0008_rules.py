"""Rules that compute the members of groups. Rows that name a user go with the user, whoever deletes it."""

import django.contrib.postgres.fields
import django.db.models.deletion
from typing import Any

from django.db import migrations, models

STATES = [("waiting", "Waiting for approval"), ("approved", "Approved"), ("rejected", "Rejected")]
STATUSES = [
    ("computing", "Computing"),
    ("waiting", "Waiting for approval"),
    ("applying", "Applying"),
    ("settled", "Settled"),
]
CASCADE = """
ALTER TABLE {table}
    ADD CONSTRAINT {table}_group FOREIGN KEY (group_id) REFERENCES directory_group (id) ON DELETE CASCADE,
    ADD CONSTRAINT {table}_user FOREIGN KEY (user_id) REFERENCES directory_user (id) ON DELETE CASCADE
"""
TABLES = ("directory_ruleproposal", "directory_rulefailure")


def of(model: str) -> models.ForeignKey[Any, Any]:
    return models.ForeignKey(
        db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to=f"directory.{model}"
    )


class Migration(migrations.Migration):
    dependencies = [("directory", "0007_custom_attributes")]

    operations = [
        migrations.CreateModel(
            name="GroupRule",
            fields=[
                (
                    "group",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="rule",
                        serialize=False,
                        to="directory.group",
                    ),
                ),
                ("expression", models.TextField()),
                ("references", django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)),
                ("review", models.BooleanField(default=False)),
                ("version", models.IntegerField(default=1)),
                ("status", models.CharField(choices=STATUSES, default="computing", max_length=16)),
                ("held", models.BooleanField(default=False)),
                ("confirmed", models.IntegerField(null=True)),
                ("done", models.IntegerField(default=0)),
                ("total", models.IntegerField(default=0)),
                ("after", models.UUIDField(null=True)),
                ("actor", models.JSONField()),
                ("correlation", models.UUIDField()),
                ("created", models.DateTimeField(auto_now_add=True)),
                ("updated", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="RuleProposal",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("joins", models.BooleanField()),
                ("state", models.CharField(choices=STATES, default="waiting", max_length=16)),
                ("by_edit", models.BooleanField()),
                ("actor", models.JSONField()),
                ("correlation", models.UUIDField()),
                ("at", models.DateTimeField()),
                ("group", of("group")),
                ("user", of("user")),
            ],
            options={
                "indexes": [models.Index(fields=["user"], name="proposal_by_user")],
                "constraints": [models.UniqueConstraint(fields=("group", "user"), name="one_proposal")],
            },
        ),
        migrations.CreateModel(
            name="RuleFailure",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("message", models.TextField()),
                ("group", of("group")),
                ("user", of("user")),
            ],
            options={
                "indexes": [models.Index(fields=["user"], name="rule_failure_by_user")],
                "constraints": [models.UniqueConstraint(fields=("group", "user"), name="one_rule_failure")],
            },
        ),
        *(migrations.RunSQL(CASCADE.format(table=table), migrations.RunSQL.noop) for table in TABLES),
    ]
