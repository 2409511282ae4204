from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("applications", "0006_pace")]

    operations = []
