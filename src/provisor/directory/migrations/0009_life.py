"""When people start and leave, and the trash."""

import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("directory", "0008_rules")]

    operations = [
        migrations.AddField("user", "suspend_at", models.DateTimeField(null=True)),
        migrations.AddField("user", "suspend_plan", models.JSONField(null=True)),
        migrations.AddIndex(
            "user",
            models.Index(fields=["suspend_at"], condition=models.Q(suspend_at__isnull=False), name="user_leaving"),
        ),
        migrations.CreateModel(
            name="Trash",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("kind", models.CharField(choices=[("user", "User"), ("group", "Group")], max_length=8)),
                ("object_id", models.UUIDField()),
                ("name", models.CharField(max_length=256)),
                ("name_key", models.CharField(max_length=1024)),
                ("email_key", models.CharField(default="", max_length=1024)),
                ("state", models.CharField(max_length=16, null=True)),
                ("shape", models.JSONField(default=dict)),
                ("kept", models.JSONField(default=dict)),
                ("actor", models.JSONField(null=True)),
                ("deleted_at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["-deleted_at", "-id"], name="trash_by_age")],
                "constraints": [models.UniqueConstraint(fields=("kind", "object_id"), name="one_in_the_trash")],
            },
        ),
    ]
