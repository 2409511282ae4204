from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("applications", "0016_sign_in_url")]
    operations = []
