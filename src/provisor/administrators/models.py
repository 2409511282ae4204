"""Administrators, their roles and their API tokens. People of the directory are no administrators."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What an administrator or a token may do; `administrators.roles` holds the table."""

    OWNER = "owner", _("Owner")
    ADMIN = "admin", _("Administrator")
    OPERATOR = "operator", _("Operator")
    AUDITOR = "auditor", _("Auditor")


class AdministratorManager(BaseUserManager["Administrator"]):
    def get_by_natural_key(self, username: str | None) -> Administrator:
        return self.get(email_key=(username or "").casefold())


class Administrator(AbstractBaseUser):
    """A person who signs in to the admin portal."""

    id: models.UUIDField[Any, Any] = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.CharField(max_length=256)
    email_key = models.CharField(max_length=512, unique=True)
    name = models.CharField(max_length=256, blank=True)
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.ADMIN)
    is_active = models.BooleanField(default=True)
    created = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email_key"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["email"]
    objects = AdministratorManager()

    def __str__(self) -> str:
        return self.email


class ApiToken(models.Model):
    """A bearer token of the API. Only its SHA-256 is kept; `prefix` is what people recognise it by."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=256)
    prefix = models.CharField(max_length=16)
    digest = models.BinaryField(unique=True)
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.ADMIN)
    created = models.DateTimeField(auto_now_add=True)
    expires = models.DateTimeField(null=True)
    last_used = models.DateTimeField(null=True)
    revoked = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class IdempotencyKey(models.Model):
    """An answer kept for 24 hours, so that a repeated POST with the same key is not carried out twice."""

    key = models.CharField(max_length=256)
    actor = models.CharField(max_length=64)
    request_digest = models.BinaryField()
    status = models.IntegerField(null=True)
    body = models.BinaryField(null=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["actor", "key"], name="one_answer_per_key")]
