"""Accounts that are deleted some time after they were ended."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("applications", "0014_scopes")]

    operations = []
