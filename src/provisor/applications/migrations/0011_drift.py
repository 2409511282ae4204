"""What full reads find: accounts that are not ours, and drift that is only told of."""

from django.db import migrations, models

APPLICATION = ("application", models.ForeignKey("applications.application", models.CASCADE, related_name="+"))
ID = ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))


class Migration(migrations.Migration):
    dependencies = [("applications", "0010_undo")]

    operations = [
        migrations.CreateModel(
            name="Orphan",
            fields=[
                ID,
                ("remote_id", models.TextField()),
                ("user_name", models.CharField(max_length=256)),
                ("user_name_key", models.TextField()),
                ("email", models.CharField(max_length=256)),
                ("email_key", models.TextField()),
                ("external_id", models.CharField(max_length=256, null=True)),
                ("active", models.BooleanField(null=True)),
                ("missed", models.SmallIntegerField(default=0)),
                ("first_seen", models.DateTimeField()),
                ("last_seen", models.DateTimeField()),
                APPLICATION,
            ],
            options={
                "indexes": [models.Index(fields=["application", "first_seen", "id"], name="orphan_by_age")],
                "constraints": [models.UniqueConstraint(fields=("application", "remote_id"), name="one_orphan")],
            },
        ),
        migrations.CreateModel(
            name="Drift",
            fields=[
                ID,
                ("link_id", models.UUIDField()),
                ("user_id", models.UUIDField(null=True)),
                ("group_id", models.UUIDField(null=True)),
                ("name", models.CharField(max_length=256)),
                ("kind", models.CharField(max_length=8)),
                ("changes", models.JSONField(default=list)),
                ("first_seen", models.DateTimeField()),
                ("last_seen", models.DateTimeField()),
                APPLICATION,
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("application", "link_id"), name="one_drift")],
            },
        ),
    ]
