"""Where a tile on people's own pages leads."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("applications", "0015_leaving")]

    operations = [
        migrations.AddField("application", "sign_in_url", models.CharField(max_length=2048, null=True)),
    ]
