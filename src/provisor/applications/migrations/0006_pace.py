"""How fast each application is driven at this moment. It holds nothing that isn't known anew a second later: so it is
unlogged, and has no foreign key that a deletion would wait for."""

from django.db import migrations

PACE = """
CREATE UNLOGGED TABLE applications_pace (
    application_id uuid PRIMARY KEY,
    state jsonb NOT NULL,
    at timestamptz NOT NULL
);
"""


class Migration(migrations.Migration):
    dependencies = [("applications", "0005_nested_access")]

    operations = [migrations.RunSQL(PACE, "DROP TABLE applications_pace")]
