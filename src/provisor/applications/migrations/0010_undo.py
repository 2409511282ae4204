"""Which run an undo takes back."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("applications", "0009_protection"),
    ]

    operations = [
        migrations.AddField(model_name="run", name="undoes", field=models.UUIDField(null=True)),
    ]
