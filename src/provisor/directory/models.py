"""The directory: the organisation, its users, groups and memberships. `commands.py` is the only writer."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from provisor.directory.custom_attributes.models import AttributeType as AttributeType
from provisor.directory.custom_attributes.models import CustomAttribute as CustomAttribute
from provisor.directory.custom_attributes.models import EditableBy as EditableBy
from provisor.directory.custom_attributes.models import UniqueValue as UniqueValue
from provisor.directory.passwords.models import OneTimeLink as OneTimeLink
from provisor.directory.passwords.models import PasswordHistory as PasswordHistory
from provisor.directory.passwords.models import Purpose as Purpose
from provisor.directory.passwords.models import Tries as Tries
from provisor.directory.rules.models import GroupRule as GroupRule
from provisor.directory.rules.models import ProposalState as ProposalState
from provisor.directory.rules.models import RuleFailure as RuleFailure
from provisor.directory.rules.models import RuleProposal as RuleProposal
from provisor.directory.rules.models import RuleStatus as RuleStatus
from provisor.directory.trash.models import Trash as Trash
from provisor.directory.trash.models import TrashKind as TrashKind


class Organisation(models.Model):
    """One organisation per installation: always the row with id 1. `stopped`: `{since, reason, by}` while nothing at all may
    be written to any application. `expiry_since`: since when passwords end as early as they do now."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    name = models.CharField(max_length=256, default="", blank=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    stopped = models.JSONField(null=True)
    settings = models.JSONField(default=dict)
    expiry_since = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_organisation")]


class State(models.TextChoices):
    STAGED = "staged", _("Staged")
    ACTIVE = "active", _("Active")
    SUSPENDED = "suspended", _("Suspended")
    DELETING = "deleting", _("Deleting")


class PasswordStatus(models.TextChoices):
    PENDING = "pending", _("Pending")
    ACTIVE = "active", _("Active")
    EXPIRED = "expired", _("Expired")
    LOCKED = "locked", _("Locked")


class User(models.Model):
    """A person. `username_key` and `email_key` are NFKC and casefolded: they carry uniqueness. `start_date`: the day on
    which a staged one becomes active. `failed_tries`: at the password, since the last right one; `password_warned`:
    when a mail said that it ends soon. `suspend_at`: when a planned suspension comes; `suspend_plan`: `{actor, cause}`
    of who planned it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    username = models.CharField(max_length=256)
    username_key = models.CharField(max_length=1024, unique=True)
    email = models.CharField(max_length=256)
    email_key = models.CharField(max_length=1024, unique=True)
    firstname = models.CharField(max_length=256, null=True)
    middlename = models.CharField(max_length=256, null=True)
    lastname = models.CharField(max_length=256, null=True)
    displayname = models.CharField(max_length=256, null=True)
    company = models.CharField(max_length=256, null=True)
    department = models.CharField(max_length=256, null=True)
    job_title = models.CharField(max_length=256, null=True)
    employee_identifier = models.CharField(max_length=256, null=True)
    employee_type = models.CharField(max_length=256, null=True)
    cost_center = models.CharField(max_length=256, null=True)
    location = models.CharField(max_length=256, null=True)
    locale = models.CharField(max_length=256, null=True)
    manager = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="reports", db_constraint=False
    )
    addresses = models.JSONField(default=list)
    phone_numbers = models.JSONField(default=list)
    attributes = models.JSONField(default=dict)
    state = models.CharField(max_length=16, choices=State.choices, default=State.ACTIVE)
    password_status = models.CharField(max_length=16, choices=PasswordStatus.choices, default=PasswordStatus.PENDING)
    password = models.CharField(max_length=256, null=True)
    password_changed = models.DateTimeField(null=True)
    password_warned = models.DateTimeField(null=True)
    failed_tries = models.PositiveIntegerField(default=0, db_default=0)
    locked_until = models.DateTimeField(null=True)
    start_date = models.DateField(null=True)
    deleting_since = models.DateTimeField(null=True)
    suspend_at = models.DateTimeField(null=True)
    suspend_plan = models.JSONField(null=True)
    created = models.DateTimeField(auto_now_add=True)
    updated = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["state"], name="user_by_state"),
            models.Index(fields=["suspend_at"], name="user_leaving", condition=models.Q(suspend_at__isnull=False)),
            models.Index(fields=["start_date"], name="user_by_start_date", condition=models.Q(state="staged")),
            models.Index(fields=["locked_until"], name="user_by_lock", condition=models.Q(locked_until__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.username


class Group(models.Model):
    """A set of users. `name_key` is NFKC and casefolded."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=256)
    name_key = models.CharField(max_length=1024, unique=True)
    description = models.CharField(max_length=256, null=True)
    created = models.DateTimeField(auto_now_add=True)
    updated = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """One user in one group."""

    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "user"], name="one_membership")]


class Nesting(models.Model):
    """One group inside another: whoever is in `child` is in `parent` as well. Never in a circle (commands/nesting.py)."""

    parent = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="inside")
    child = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="around")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["parent", "child"], name="one_nesting"),
            models.CheckConstraint(condition=~models.Q(parent=models.F("child")), name="not_inside_itself"),
        ]


class Closure(models.Model):
    """The nesting, followed to its end: `descendant` is `ancestor` itself, or somewhere inside it. A group's own row comes
    with the group (a trigger); commands/nesting.py keeps the others. Readers take the view `directory_effective`."""

    ancestor = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="below", db_index=False)
    descendant = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="above", db_index=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ancestor", "descendant"], name="one_closure")]
        indexes = [models.Index(fields=["descendant", "ancestor"], name="closure_upwards")]
