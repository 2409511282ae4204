"""Groups whose members are computed: the rule, what it proposes, and for whom it can't be evaluated."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class RuleStatus(models.TextChoices):
    COMPUTING = "computing", _("Computing")
    WAITING = "waiting", _("Waiting for approval")
    APPLYING = "applying", _("Applying")
    SETTLED = "settled", _("Settled")


class GroupRule(models.Model):
    """Who is in `group` is whoever `expression` holds for (commands/rules.py, commands/computing.py).

    `review`: members come and go only once a person approved it. `version` counts the edits. `status`: an edit is first
    computed over all users (`done` of `total`, up to the user `after`), then applied, unless it waits because it takes out
    many members (`held`, until all of it is decided); `confirmed` is the number of leaving members that whoever edited it
    saw and accepted. `actor` and `correlation`: who edited it last, and in which call."""

    group = models.OneToOneField("directory.Group", primary_key=True, on_delete=models.CASCADE, related_name="rule")
    expression = models.TextField()
    references = ArrayField(models.TextField())
    review = models.BooleanField(default=False)
    version = models.IntegerField(default=1)
    status = models.CharField(max_length=16, choices=RuleStatus.choices, default=RuleStatus.COMPUTING)
    held = models.BooleanField(default=False)
    confirmed = models.IntegerField(null=True)
    done = models.IntegerField(default=0)
    total = models.IntegerField(default=0)
    after = models.UUIDField(null=True)
    actor = models.JSONField()
    correlation = models.UUIDField()
    created = models.DateTimeField(auto_now_add=True)
    updated = models.DateTimeField()

    def __str__(self) -> str:
        return self.expression


class ProposalState(models.TextChoices):
    WAITING = "waiting", _("Waiting for approval")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")


class RuleProposal(models.Model):
    """A member who would come (`joins`) or go by the rule of a group, and isn't let to yet. One that the user's own
    values made moot goes; a rejected one is kept, so that it isn't proposed again. `by_edit`: the rule was changed, and
    not the user; `actor` and `correlation` are whose act it was."""

    id = models.BigAutoField(primary_key=True)
    group = models.ForeignKey("directory.Group", on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    user = models.ForeignKey("directory.User", on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    joins = models.BooleanField()
    state = models.CharField(max_length=16, choices=ProposalState.choices, default=ProposalState.WAITING)
    by_edit = models.BooleanField()
    actor = models.JSONField()
    correlation = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "user"], name="one_proposal")]
        indexes = [models.Index(fields=["user"], name="proposal_by_user")]


class RuleFailure(models.Model):
    """A user for whom the rule of a group can't be evaluated, and why: whether a member or not, it stays so."""

    id = models.BigAutoField(primary_key=True)
    group = models.ForeignKey("directory.Group", on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    user = models.ForeignKey("directory.User", on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    message = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "user"], name="one_rule_failure")]
        indexes = [models.Index(fields=["user"], name="rule_failure_by_user")]
