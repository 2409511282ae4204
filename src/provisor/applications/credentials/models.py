"""What an application signs in with, beyond its own row: the next credential, and what an authorisation server gave out.

The current credential stands in the application's row (applications/models.py). Every secret is sealed (provisor.vault),
bound to its table, its application and its field.
"""

from __future__ import annotations

from django.db import models


class NextCredential(models.Model):
    """The credential that is to follow the current one, tested before it does. `tested`: `{at, ok, message}` of the last
    test, or null."""

    application = models.OneToOneField(
        "applications.Application", on_delete=models.CASCADE, primary_key=True, related_name="next_credential"
    )
    auth_type = models.CharField(max_length=32)
    auth = models.JSONField(default=dict)
    secret = models.BinaryField()
    expires = models.DateTimeField(null=True)
    expires_from = models.CharField(max_length=16, null=True)
    set_at = models.DateTimeField()
    tested = models.JSONField(null=True)


class OAuthToken(models.Model):
    """What an administrator's agreement gave us (authorization code): renewed by whoever holds the lease.

    `version` grows with every renewal; `refused` holds the authorisation server's words once it took the grant back."""

    application = models.OneToOneField(
        "applications.Application", on_delete=models.CASCADE, primary_key=True, related_name="oauth_token"
    )
    access = models.BinaryField(null=True)
    refresh = models.BinaryField(null=True)
    access_expires = models.DateTimeField(null=True)
    version = models.BigIntegerField(default=1)
    leased_until = models.DateTimeField(null=True)
    refused = models.TextField(null=True)
    authorised_at = models.DateTimeField()
    authorised_by = models.JSONField()
