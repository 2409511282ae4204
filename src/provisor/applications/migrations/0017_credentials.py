"""Every way to sign in to an application: its public fields, certificates and proxy, when it ends, the next credential, and
what OAuth gave out."""

from typing import Any

from django.db import migrations, models


def one_application(related_name: str) -> Any:
    return models.OneToOneField(
        "applications.application", models.CASCADE, primary_key=True, related_name=related_name, serialize=False
    )


class Migration(migrations.Migration):
    dependencies = [("applications", "0016_sign_in_url")]

    operations = [
        migrations.AlterField("application", "auth_type", models.CharField(default="bearer", max_length=32)),
        migrations.AddField("application", "auth", models.JSONField(default=dict, db_default={})),
        migrations.AddField("application", "secret_expires", models.DateTimeField(null=True)),
        migrations.AddField("application", "secret_expires_from", models.CharField(max_length=16, null=True)),
        migrations.AddField("application", "tls", models.JSONField(null=True)),
        migrations.AddField("application", "tls_key", models.BinaryField(null=True)),
        migrations.AddField("application", "proxy", models.JSONField(null=True)),
        migrations.AddField("application", "proxy_secret", models.BinaryField(null=True)),
        migrations.AddField("application", "expiry_told", models.JSONField(default=dict, db_default={})),
        migrations.CreateModel(
            name="NextCredential",
            fields=[
                ("application", one_application("next_credential")),
                ("auth_type", models.CharField(max_length=32)),
                ("auth", models.JSONField(default=dict)),
                ("secret", models.BinaryField()),
                ("expires", models.DateTimeField(null=True)),
                ("expires_from", models.CharField(max_length=16, null=True)),
                ("set_at", models.DateTimeField()),
                ("tested", models.JSONField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="OAuthToken",
            fields=[
                ("application", one_application("oauth_token")),
                ("access", models.BinaryField(null=True)),
                ("refresh", models.BinaryField(null=True)),
                ("access_expires", models.DateTimeField(null=True)),
                ("version", models.BigIntegerField(default=1)),
                ("leased_until", models.DateTimeField(null=True)),
                ("refused", models.TextField(null=True)),
                ("authorised_at", models.DateTimeField()),
                ("authorised_by", models.JSONField()),
            ],
        ),
    ]
