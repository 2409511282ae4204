"""Groups inside groups: the nesting, where it leads in the end, and a view of who is in a group because of it."""

import django.db.models.deletion
from django.db import migrations, models

# A group is its own ancestor from the moment it exists, whoever writes the row.
OWN_ROW = """
CREATE FUNCTION directory_own_closure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO directory_closure (ancestor_id, descendant_id) VALUES (NEW.id, NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER group_is_its_own_ancestor AFTER INSERT ON directory_group
    FOR EACH ROW EXECUTE FUNCTION directory_own_closure();
INSERT INTO directory_closure (ancestor_id, descendant_id) SELECT id, id FROM directory_group;
"""
NO_OWN_ROW = """
DROP TRIGGER group_is_its_own_ancestor ON directory_group;
DROP FUNCTION directory_own_closure();
"""
# Each pair once, whatever the number of ways. Name the group or the user as a constant: it is looked up then, not built.
EFFECTIVE = """
CREATE VIEW directory_effective AS
    SELECT DISTINCT c.ancestor_id AS group_id, m.user_id
    FROM directory_closure c JOIN directory_membership m ON m.group_id = c.descendant_id;
"""


class Migration(migrations.Migration):
    dependencies = [("directory", "0002_organisation")]

    operations = [
        migrations.CreateModel(
            name="Nesting",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created", models.DateTimeField(auto_now_add=True)),
                (
                    "parent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="inside", to="directory.group"
                    ),
                ),
                (
                    "child",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="around", to="directory.group"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("parent", "child"), name="one_nesting"),
                    models.CheckConstraint(
                        condition=models.Q(("parent", models.F("child")), _negated=True), name="not_inside_itself"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Closure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "ancestor",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="below",
                        to="directory.group",
                    ),
                ),
                (
                    "descendant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="above",
                        to="directory.group",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["descendant", "ancestor"], name="closure_upwards")],
                "constraints": [models.UniqueConstraint(fields=("ancestor", "descendant"), name="one_closure")],
            },
        ),
        migrations.RunSQL(OWN_ROW, NO_OWN_ROW),
        migrations.RunSQL(EFFECTIVE, "DROP VIEW directory_effective;"),
    ]
