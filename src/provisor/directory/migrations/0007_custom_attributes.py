"""Custom attributes with a schema."""

from typing import Any

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
# Users are deleted by statements too: the database lets the rows go with them.
CASCADE = """
ALTER TABLE directory_uniquevalue
    ADD CONSTRAINT directory_uniquevalue_attribute
        FOREIGN KEY (attribute_id) REFERENCES directory_customattribute (name) ON DELETE CASCADE,
    ADD CONSTRAINT directory_uniquevalue_user
        FOREIGN KEY (user_id) REFERENCES directory_user (id) ON DELETE CASCADE
"""


def of(model: str, *, db_index: bool = True) -> Any:
    return models.ForeignKey(
        db_constraint=False,
        db_index=db_index,
        on_delete=django.db.models.deletion.DO_NOTHING,
        related_name="+",
        to=model,
    )


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
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("key", models.CharField(max_length=1024)),
                ("attribute", of("directory.customattribute", db_index=False)),
                ("user", of("directory.user")),
            ],
        ),
        migrations.AddConstraint(
            model_name="uniquevalue",
            constraint=models.UniqueConstraint(fields=("attribute", "key"), name="one_value_of_attribute"),
        ),
        migrations.RunSQL(CASCADE, migrations.RunSQL.noop),
    ]
