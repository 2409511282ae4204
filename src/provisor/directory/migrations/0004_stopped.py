"""The switch that stops all writes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("directory", "0003_nesting")]

    operations = [migrations.AddField("organisation", "stopped", models.JSONField(null=True))]
