"""Access through groups inside the assigned one: the view of who has access now follows the nesting."""

from importlib import import_module

from django.db import migrations, models

BEFORE = import_module("provisor.applications.migrations.0002_views")

# One row for each way: `group_id` is the assigned group, `member_of_id` the one in it (or itself) that the user is a
# member of. Both are null for who is assigned directly.
ACCESS = """
CREATE VIEW applications_access AS
    SELECT a.application_id, a.user_id, NULL::uuid AS group_id, NULL::uuid AS member_of_id
    FROM applications_assignment a
    JOIN directory_user u ON u.id = a.user_id AND u.state <> 'deleting'
    UNION ALL
    SELECT a.application_id, m.user_id, a.group_id, m.group_id
    FROM applications_assignment a
    JOIN directory_closure c ON c.ancestor_id = a.group_id
    JOIN directory_membership m ON m.group_id = c.descendant_id
    JOIN directory_user u ON u.id = m.user_id AND u.state <> 'deleting';
"""
DROP = "DROP VIEW applications_account; DROP VIEW applications_access;"


class Migration(migrations.Migration):
    dependencies = [("applications", "0004_groups"), ("directory", "0003_nesting")]

    operations = [
        migrations.RunSQL(DROP + ACCESS + BEFORE.ACCOUNT, DROP + BEFORE.ACCESS + BEFORE.ACCOUNT),
        migrations.AddIndex(
            model_name="grouplink",
            index=models.Index(fields=["group_id"], name="group_link_by_group"),
        ),
    ]
