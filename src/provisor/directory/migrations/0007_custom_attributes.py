"""Custom attributes with a schema."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("directory", "0006_passwords")]

    operations = []
