"""Which of the assigned are sent, and values by group."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("applications", "0013_passwords")]

    operations = []
