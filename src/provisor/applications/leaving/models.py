"""What the offboarding report of a person is made of. It outlives the person's row, the accounts' links and the
application: nothing here refers to them by a foreign key."""

from __future__ import annotations

import uuid

from django.db import models


class Offboarding(models.Model):
    """One leaving: who was suspended or deleted, by whom, when. `call`: suspend, planned (a suspension that was planned) or
    delete. `closed`: the person came back, was deleted (a new one goes on), or was restored."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user_id = models.UUIDField()
    username = models.CharField(max_length=256)
    name = models.CharField(max_length=1024)
    call = models.CharField(max_length=16)
    actor = models.JSONField(null=True)
    correlation = models.UUIDField(null=True)
    at = models.DateTimeField()
    closed = models.DateTimeField(null=True)
    told_open = models.DateTimeField(null=True)
    told_done = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["user_id", "-at"], name="offboarding_by_user"),
            models.Index(
                fields=["correlation"],
                condition=models.Q(closed__isnull=True, told_done__isnull=True),
                name="offboarding_untold",
            ),
        ]


class OffboardingAccount(models.Model):
    """One account of a leaving. `outcome`: open until something ends it; confirmed (seen off there), already (off before),
    none (there never was one), left (the application's setting is to do nothing), given_up (not done within 24 hours of
    a deletion). `error` is why it is still open, in the service provider's words; `held`: it waits for a person."""

    id = models.BigAutoField(primary_key=True)
    offboarding = models.ForeignKey(Offboarding, on_delete=models.CASCADE, related_name="accounts")
    application_id = models.UUIDField()
    application_name = models.CharField(max_length=256)
    link_id = models.UUIDField()
    remote_id = models.TextField(null=True)
    outcome = models.CharField(max_length=16, default="open")
    deleted = models.BooleanField(default=False)
    held = models.BooleanField(default=False)
    tries = models.IntegerField(default=0)
    first_try = models.DateTimeField(null=True)
    next_try = models.DateTimeField(null=True)
    confirmed = models.DateTimeField(null=True)
    error = models.JSONField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["offboarding", "link_id"], name="one_account_of_a_leaving")]
        indexes = [
            models.Index(fields=["link_id"], condition=models.Q(outcome="open"), name="offboarding_open"),
        ]
