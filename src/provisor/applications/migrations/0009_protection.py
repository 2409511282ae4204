"""What is never touched, pauses, and what waits at a trip-wire. Applications that have had a run aren't new any more."""

from django.db import migrations, models

NOT_NEW = """
UPDATE applications_application a SET first_run = false
WHERE EXISTS (SELECT 1 FROM applications_run r WHERE r.application_id = a.id AND r.status = 'done' AND r.kind <> 'plan')
"""


class Migration(migrations.Migration):
    dependencies = [("applications", "0008_guard"), ("directory", "0004_stopped")]

    operations = [
        migrations.AddField("application", "protected", models.JSONField(default=list)),
        migrations.AddField("application", "own_account", models.JSONField(null=True)),
        migrations.AddField("application", "paused", models.JSONField(null=True)),
        migrations.AddField("application", "trip", models.JSONField(null=True)),
        migrations.AddField("application", "first_run", models.BooleanField(default=True)),
        migrations.RunSQL(NOT_NEW, migrations.RunSQL.noop),
    ]
