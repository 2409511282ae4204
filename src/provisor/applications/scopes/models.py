"""Which of the assigned an application is sent: who the filter leaves out, and for whom it can't be evaluated."""

from __future__ import annotations

from django.db import models


class OutOfScope(models.Model):
    """A user whom the application's filter (`Application.scope`) leaves out, assigned or not: the view
    `applications_access` has no row for the pair. Kept by scoping.py."""

    id = models.BigAutoField(primary_key=True)
    application = models.ForeignKey(
        "applications.Application", on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    user = models.ForeignKey("directory.User", on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["application", "user"], name="out_of_scope_once")]
        indexes = [models.Index(fields=["user"], name="out_of_scope_by_user")]


class ScopeFailure(models.Model):
    """A user for whom the filter can't be evaluated, and why: in or out, it stays so; a new one is out."""

    id = models.BigAutoField(primary_key=True)
    application = models.ForeignKey(
        "applications.Application", on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    user = models.ForeignKey("directory.User", on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    message = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["application", "user"], name="one_scope_failure")]
        indexes = [models.Index(fields=["user"], name="scope_failure_by_user")]
