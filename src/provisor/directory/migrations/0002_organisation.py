"""The one organisation of this installation."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("directory", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "INSERT INTO directory_organisation (id, name, time_zone) VALUES (1, '', 'UTC') ON CONFLICT DO NOTHING",
            migrations.RunSQL.noop,
        ),
    ]
