"""Custom attributes with a schema."""

import django.db.models.deletion
from django.db import migrations, models

TYPES = [
    ("text", "Text"),
    ("number", "Number"),
    ("boolean", "Yes or no"),
    ("date", "Date"),
    ("choice", "One of a list"),
    ("list", "List of texts"),
]
EDITABLE_BY = [("administrator", "Administrators"), ("user", "Administrators and the user")]


class Migration(migrations.Migration):
    dependencies = [("directory", "0006_passwords")]

    operations = [
        migrations.CreateModel(
            name="CustomAttribute",
            fields=[
                ("name", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("label", models.CharField(blank=True, default="", max_length=256)),
                ("description", models.CharField(blank=True, default="", max_length=256)),
                ("type", models.CharField(choices=TYPES, default="text", max_length=16)),
                ("choices", models.JSONField(default=list)),
                ("unique", models.BooleanField(default=False)),
                ("editable_by", models.CharField(choices=EDITABLE_BY, default="administrator", max_length=16)),
                ("created", models.DateTimeField(auto_now_add=True)),
                ("updated", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="UniqueValue",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("key", models.CharField(max_length=1024)),
                (
                    "attribute",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="values",
                        to="directory.customattribute",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="unique_values",
                        to="directory.user",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="uniquevalue",
            constraint=models.UniqueConstraint(fields=("attribute", "key"), name="one_value_of_attribute"),
        ),
    ]
