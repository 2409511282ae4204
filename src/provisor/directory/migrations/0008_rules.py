"""Groups whose members are computed from attributes."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("directory", "0007_custom_attributes")]

    operations = []
