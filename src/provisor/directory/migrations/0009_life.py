"""When people start and leave, and the trash."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("directory", "0008_rules")]

    operations = []
