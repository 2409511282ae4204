"""Which of the assigned are sent, and values by group.

`applications_assigned` is what the assignments say, `applications_access` what of it the filter lets through: still the
one definition of who has access."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

CASCADE = """
ALTER TABLE {table}
    ADD CONSTRAINT {table}_application
        FOREIGN KEY (application_id) REFERENCES applications_application (id) ON DELETE CASCADE,
    ADD CONSTRAINT {table}_user FOREIGN KEY (user_id) REFERENCES directory_user (id) ON DELETE CASCADE
"""
TABLES = ("applications_outofscope", "applications_scopefailure")
# One row for each way: `group_id` is the assigned group, `member_of_id` the one in it (or itself) that the user is a
# member of. Both are null for who is assigned directly.
WAYS = """
    SELECT a.application_id, a.user_id, NULL::uuid AS group_id, NULL::uuid AS member_of_id
    FROM applications_assignment a
    JOIN directory_user u ON u.id = a.user_id AND u.state <> 'deleting'
    {direct}
    UNION ALL
    SELECT a.application_id, m.user_id, a.group_id, m.group_id
    FROM applications_assignment a
    JOIN directory_closure c ON c.ancestor_id = a.group_id
    JOIN directory_membership m ON m.group_id = c.descendant_id
    JOIN directory_user u ON u.id = m.user_id AND u.state <> 'deleting'
    {member}
"""
IN_SCOPE = """
    WHERE NOT EXISTS (SELECT 1 FROM applications_outofscope o
                      WHERE o.application_id = a.application_id AND o.user_id = {user})
"""
BEFORE = f"CREATE OR REPLACE VIEW applications_access AS {WAYS.format(direct='', member='')};"
ASSIGNED = f"CREATE VIEW applications_assigned AS {WAYS.format(direct='', member='')};"
ACCESS = "CREATE OR REPLACE VIEW applications_access AS " + WAYS.format(
    direct=IN_SCOPE.format(user="a.user_id"), member=IN_SCOPE.format(user="m.user_id")
)


def of(model: str) -> models.ForeignKey[Any, Any]:
    return models.ForeignKey(
        db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to=model
    )


class Migration(migrations.Migration):
    dependencies = [("applications", "0013_passwords"), ("directory", "0008_rules")]

    operations = [
        migrations.AddField("application", "scope", models.JSONField(null=True)),
        migrations.AddField("assignment", "values", models.JSONField(default=dict, db_default={})),
        migrations.AddField("assignment", "priority", models.IntegerField(default=0, db_default=0)),
        migrations.CreateModel(
            name="OutOfScope",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("application", of("applications.application")),
                ("user", of("directory.user")),
            ],
            options={
                "indexes": [models.Index(fields=["user"], name="out_of_scope_by_user")],
                "constraints": [models.UniqueConstraint(fields=("application", "user"), name="out_of_scope_once")],
            },
        ),
        migrations.CreateModel(
            name="ScopeFailure",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("message", models.TextField()),
                ("application", of("applications.application")),
                ("user", of("directory.user")),
            ],
            options={
                "indexes": [models.Index(fields=["user"], name="scope_failure_by_user")],
                "constraints": [models.UniqueConstraint(fields=("application", "user"), name="one_scope_failure")],
            },
        ),
        *(migrations.RunSQL(CASCADE.format(table=table), migrations.RunSQL.noop) for table in TABLES),
        migrations.RunSQL(ASSIGNED + ACCESS, BEFORE + "DROP VIEW applications_assigned;"),
    ]
