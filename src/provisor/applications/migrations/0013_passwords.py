"""Passwords on their way to an application."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("applications", "0012_imports")]

    operations = []
