"""The organisation's settings: only what was chosen is kept."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("directory", "0004_stopped")]

    operations = [
        migrations.AddField("organisation", "settings", models.JSONField(default=dict)),
    ]
