"""What is known of the password of one account: sealed while it is on its way there, and what became of it.

`sealed` is a sealed box (provisor.sealed_box) that only waits: it goes with the outcome, and after `expires` in any case.
`id` is made anew with each password that is set, so that what the worker records of one never touches a newer one.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _


class PasswordState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    PUSHED = "pushed", _("Pushed")
    REFUSED = "refused", _("Refused")
    DROPPED = "dropped", _("Needs to be set again")
    TEMPORARY = "temporary", _("Temporary")


class AccountPassword(models.Model):
    """One row for each pair of application and user whose password was pushed, is to be, or was made up at creation.

    `error` says why it was refused or dropped: `{code, message, hint}`. No foreign key to the user: erasing one doesn't
    wait for the worker."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    application = models.ForeignKey("applications.Application", on_delete=models.CASCADE, related_name="+")
    user_id = models.UUIDField()
    status = models.CharField(max_length=16, choices=PasswordState.choices, default=PasswordState.WAITING)
    at = models.DateTimeField()
    sealed = models.BinaryField(null=True)
    expires = models.DateTimeField(null=True)
    next_try = models.DateTimeField(null=True)
    attempts = models.IntegerField(default=0)
    error = models.JSONField(null=True)
    actor = models.JSONField(null=True)
    correlation = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "user_id"], name="one_password_of_an_account"),
            models.CheckConstraint(
                condition=models.Q(
                    status="waiting", sealed__isnull=False, expires__isnull=False, next_try__isnull=False
                )
                | (~models.Q(status="waiting") & models.Q(sealed__isnull=True)),
                name="sealed_only_while_waiting",
            ),
        ]
        indexes = [
            models.Index(fields=["expires"], condition=models.Q(status="waiting"), name="password_waiting"),
            models.Index(fields=["user_id"], name="password_by_user"),
        ]
