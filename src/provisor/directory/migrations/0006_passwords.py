"""Passwords: when they were set, their history, tries, one-time links."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("directory", "0005_organisation_settings")]

    operations = []
