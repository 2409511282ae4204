"""Imports from an application."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("applications", "0011_drift")]

    operations = []
