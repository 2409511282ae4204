"""Custom attributes that have a schema, and the values of those that may be there only once."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class AttributeType(models.TextChoices):
    TEXT = "text", _("Text")
    NUMBER = "number", _("Number")
    BOOLEAN = "boolean", _("Yes or no")
    DATE = "date", _("Date")
    CHOICE = "choice", _("One of a list")
    LIST = "list", _("List of texts")


class EditableBy(models.TextChoices):
    ADMINISTRATOR = "administrator", _("Administrators")
    USER = "user", _("Administrators and the user")


class CustomAttribute(models.Model):
    """What the organisation says of one custom attribute. A value stays in the user's row, under this name; an attribute
    without a row here may hold anything. `choices`: what a value of type choice may be."""

    name = models.CharField(max_length=64, primary_key=True)
    label = models.CharField(max_length=256, default="", blank=True)
    description = models.CharField(max_length=256, default="", blank=True)
    type = models.CharField(max_length=16, choices=AttributeType.choices, default=AttributeType.TEXT)
    choices = models.JSONField(default=list)
    unique = models.BooleanField(default=False)
    editable_by = models.CharField(max_length=16, choices=EditableBy.choices, default=EditableBy.ADMINISTRATOR)
    created = models.DateTimeField(auto_now_add=True)
    updated = models.DateTimeField()

    def __str__(self) -> str:
        return self.label or self.name


class UniqueValue(models.Model):
    """One user's value of an attribute that is unique, folded: the database lets no second one in. It goes with the user
    and with the attribute, whoever deletes them (migration 0007)."""

    id = models.BigAutoField(primary_key=True)
    attribute = models.ForeignKey(
        CustomAttribute, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    user = models.ForeignKey("directory.User", on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    key = models.CharField(max_length=1024)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["attribute", "key"], name="one_value_of_attribute")]
