"""Applications, who is assigned to them, what Provisor knows of each account, what is due, and the runs.

Who writes what: `commands.py` writes applications and assignments and marks pairs of user and application as due;
the worker (`store.py`) alone writes links, changes and the outcome of runs. `Due` is only ever appended to by
commands, and has no foreign keys, so that two edits never wait for each other (docs/decisions/0002).
"""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from provisor.applications.credentials.models import NextCredential as NextCredential
from provisor.applications.credentials.models import OAuthToken as OAuthToken
from provisor.applications.drift_models import Drift as Drift
from provisor.applications.drift_models import Orphan as Orphan
from provisor.applications.importing.models import Candidate as Candidate
from provisor.applications.importing.models import Census as Census
from provisor.applications.importing.models import Import as Import
from provisor.applications.importing.models import ImportStatus as ImportStatus
from provisor.applications.leaving.models import Offboarding as Offboarding
from provisor.applications.leaving.models import OffboardingAccount as OffboardingAccount
from provisor.applications.passwords.models import AccountPassword as AccountPassword
from provisor.applications.scopes.models import OutOfScope as OutOfScope
from provisor.applications.scopes.models import ScopeFailure as ScopeFailure


class Provisioning(models.TextChoices):
    CONFIGURED = "configured", _("Configured")
    ACTIVE = "active", _("Active")
    PAUSED = "paused", _("Paused")
    FAILING = "failing", _("Failing")


class Application(models.Model):
    """One configured connection to one service provider.

    `auth_type` and `auth` say how one signs in, without secrets; `secret`, `tls_key` and `proxy_secret` are sealed
    (provisor.vault). A way without a secret of its own keeps a sealed empty one: `secret` is null only while no credential
    is set. `secret_set_at` changes with anything of all that; `expiry_told` is what was told of its end.

    `learned` is what its behaviour showed of the SP form, and `evidence` what showed it: `{field: {evidence, at, by}}`,
    where `by` is use or probe.

    `protected` is what there is never touched: ids, user names, e-mails and group names as people typed them;
    `own_account` is the account that our token belongs to: `{remote_id, user_name, at}`, without a remote id where the
    SP doesn't tell. `paused`: `{since, until, reason, by}` while a person made it wait. `trip`: a mapping that changes
    many accounts and that nobody approved yet: `{rows, version, count}`, with the rows that hold meanwhile. `scope`: which
    of the assigned are sent: `{expression, references}`, and while an edit is being computed `{after, done, total}`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=256)
    name_key = models.CharField(max_length=1024, unique=True)
    connector = models.CharField(max_length=64, default="custom")
    parameters = models.JSONField(default=dict)
    base_url = models.CharField(max_length=2048)
    auth_type = models.CharField(max_length=32, default="bearer")
    auth = models.JSONField(default=dict, db_default={})
    secret = models.BinaryField(null=True)
    secret_set_at = models.DateTimeField(null=True)
    secret_expires = models.DateTimeField(null=True)
    secret_expires_from = models.CharField(max_length=16, null=True)
    tls = models.JSONField(null=True)
    tls_key = models.BinaryField(null=True)
    proxy = models.JSONField(null=True)
    proxy_secret = models.BinaryField(null=True)
    expiry_told = models.JSONField(default=dict, db_default={})
    label = models.CharField(max_length=256, null=True)
    show_in_portal = models.BooleanField(default=True)
    sign_in_url = models.CharField(max_length=2048, null=True)
    settings = models.JSONField(default=dict)
    settings_version = models.IntegerField(default=1)
    mapping = models.JSONField(default=list)
    mapping_version = models.IntegerField(default=1)
    provisioning = models.CharField(max_length=16, choices=Provisioning.choices, default=Provisioning.CONFIGURED)
    stopped = models.JSONField(null=True)
    probe_at = models.DateTimeField(null=True)
    learned = models.JSONField(default=dict)
    evidence = models.JSONField(default=dict)
    reconciled_at = models.DateTimeField(null=True)
    protected = models.JSONField(default=list)
    own_account = models.JSONField(null=True)
    paused = models.JSONField(null=True)
    trip = models.JSONField(null=True)
    scope = models.JSONField(null=True)
    first_run = models.BooleanField(default=True)
    grace_since = models.DateTimeField(null=True)
    created = models.DateTimeField(auto_now_add=True)
    updated = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Assignment(models.Model):
    """Grants a group, or a single user, access to an application: exactly one of the two. A group's carries `values`, such
    as a role: `{name: text or list of texts}`; of several groups those of the higher `priority` win (core/group_values)."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="assignments")
    group = models.ForeignKey("directory.Group", null=True, on_delete=models.CASCADE, related_name="assignments")
    user = models.ForeignKey("directory.User", null=True, on_delete=models.CASCADE, related_name="assignments")
    values = models.JSONField(default=dict, db_default={})
    priority = models.IntegerField(default=0, db_default=0)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application", "group"], condition=models.Q(group__isnull=False), name="group_once"
            ),
            models.UniqueConstraint(
                fields=["application", "user"], condition=models.Q(user__isnull=False), name="user_once"
            ),
            models.CheckConstraint(
                condition=models.Q(group__isnull=False, user__isnull=True)
                | models.Q(group__isnull=True, user__isnull=False),
                name="group_or_user",
            ),
        ]


class LinkStatus(models.TextChoices):
    DUE = "due", _("Due")
    RETRYING = "retrying", _("Retrying")
    HELD = "held", _("Held")
    SYNCED = "synced", _("Synced")
    INACTIVE = "inactive", _("Inactive")


class Link(models.Model):
    """What Provisor knows of one user's account in one application. Written by the worker alone.

    `id` is md5(application id || user id) as a UUID: known before the row exists (`due.link_id`).
    `known` is `{path: {"sent": value, "echo": value}}`: what we last sent and what the SP last echoed.
    `intent` is what was about to be sent: a row that still has one after a restart has an unknown outcome.
    `inactive_since`: since when it is off without access; `grace_asked`: when it was last marked to be deleted for that.
    """

    id = models.UUIDField(primary_key=True)
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="links")
    user = models.ForeignKey("directory.User", on_delete=models.DO_NOTHING, db_constraint=False, related_name="links")
    status = models.CharField(max_length=16, choices=LinkStatus.choices, default=LinkStatus.DUE)
    remote_id = models.TextField(null=True)
    active = models.BooleanField(null=True)
    known = models.JSONField(default=dict)
    created_here = models.BooleanField(default=False)
    intent = models.JSONField(null=True)
    error = models.JSONField(null=True)
    candidates = models.JSONField(null=True)
    attempts = models.IntegerField(default=0)
    unconfirmed = models.IntegerField(default=0)
    ignored = models.CharField(max_length=64, null=True)
    next_try = models.DateTimeField(null=True)
    last_synced = models.DateTimeField(null=True)
    inactive_since = models.DateTimeField(null=True)
    grace_asked = models.DateTimeField(null=True)
    updated = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "user"], name="one_link"),
            models.UniqueConstraint(
                fields=["application", "remote_id"],
                condition=models.Q(remote_id__isnull=False),
                name="one_owner_of_an_account",
            ),
        ]
        indexes = [
            models.Index(fields=["user"], name="link_by_user"),
            models.Index(fields=["application", "status"], name="link_by_status"),
            models.Index(
                fields=["application", "inactive_since"],
                condition=models.Q(inactive_since__isnull=False),
                name="link_inactive_since",
            ),
        ]


class GroupLink(models.Model):
    """What Provisor knows of one group's resource in one application. Written by the worker alone.

    `id` is md5(application id || group id) as a UUID. `name` is the group's, kept for when it is deleted in the
    directory. `known` and `intent` as in Link. The members that the SP acknowledged are in GroupMember."""

    id = models.UUIDField(primary_key=True)
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="group_links")
    group_id = models.UUIDField()
    name = models.CharField(max_length=256)
    status = models.CharField(max_length=16, choices=LinkStatus.choices, default=LinkStatus.DUE)
    remote_id = models.TextField(null=True)
    known = models.JSONField(default=dict)
    created_here = models.BooleanField(default=False)
    intent = models.JSONField(null=True)
    error = models.JSONField(null=True)
    candidates = models.JSONField(null=True)
    attempts = models.IntegerField(default=0)
    ignored = models.CharField(max_length=64, null=True)
    next_try = models.DateTimeField(null=True)
    last_synced = models.DateTimeField(null=True)
    updated = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "group_id"], name="one_group_link"),
            models.UniqueConstraint(
                fields=["application", "remote_id"],
                condition=models.Q(remote_id__isnull=False),
                name="one_owner_of_a_group",
            ),
        ]
        indexes = [models.Index(fields=["group_id"], name="group_link_by_group")]


class GroupMember(models.Model):
    """One member that we put into a group there: `remote_id` is the account's id. `confirmed`: the SP acknowledged it;
    else it may be there or not, because an answer is still out or was lost."""

    group_link = models.ForeignKey(GroupLink, on_delete=models.CASCADE, related_name="members")
    user_id = models.UUIDField()
    remote_id = models.TextField()
    confirmed = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group_link", "user_id"], name="one_group_member")]
        indexes = [models.Index(fields=["user_id"], name="group_member_by_user")]


class GroupDue(models.Model):
    """The queue of groups: a group's resource in an application is to be looked at. As Due, but for groups."""

    id = models.BigAutoField(primary_key=True)
    application_id = models.UUIDField()
    group_id = models.UUIDField()
    priority = models.SmallIntegerField()
    not_before = models.DateTimeField()
    since = models.DateTimeField()
    cause = models.CharField(max_length=8)
    actor = models.JSONField(null=True)
    correlation = models.UUIDField(null=True)
    decision = models.JSONField(null=True)

    class Meta:
        indexes = [models.Index(fields=["application_id", "priority", "id"], name="group_due_in_order")]


class Tombstone(models.Model):
    """Whose account a remote id was. Such an account is adopted by another user only by a person's decision."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="tombstones")
    remote_id = models.TextField()
    user_id = models.UUIDField()
    username = models.CharField(max_length=256)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["application", "remote_id"], name="one_tombstone")]


class Due(models.Model):
    """The only queue: a user's account in an application is to be looked at. Appended by edits, removed with the
    outcome. `priority`: 0 leavers, 1 single edits, 2 sets, 3 reconciles (see applications/due.py)."""

    id = models.BigAutoField(primary_key=True)
    application_id = models.UUIDField()
    user_id = models.UUIDField()
    priority = models.SmallIntegerField()
    not_before = models.DateTimeField()
    since = models.DateTimeField()
    cause = models.CharField(max_length=8)
    actor = models.JSONField(null=True)
    correlation = models.UUIDField(null=True)
    decision = models.JSONField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["application_id", "priority", "id"], name="due_in_order"),
            models.Index(fields=["user_id", "application_id"], name="due_by_user"),
        ]


class LookAgain(models.Model):
    """A group that got members (`users`) or was assigned (to `application_id`): the worker looks at the pairs once more
    after the commit, and removes the row (see applications/due.py, `_look_again`)."""

    id = models.BigAutoField(primary_key=True)
    group_id = models.UUIDField()
    users = ArrayField(models.UUIDField(), null=True)
    application_id = models.UUIDField(null=True)


class Reservation(models.Model):
    """What the guard let through: one account or group that may be ended, or was (`sent`). `named`: by a call that named
    its user; `approved`: by a person who saw the plan, so that it doesn't count."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="+")
    link_id = models.UUIDField()
    named = models.BooleanField()
    approved = models.BooleanField()
    sent = models.BooleanField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["application", "link_id", "named"], name="one_reservation")]


class RunStatus(models.TextChoices):
    QUEUED = "queued", _("Queued")
    PLANNING = "planning", _("Planning")
    WAITING_APPROVAL = "waiting_approval", _("Waiting for approval")
    APPLYING = "applying", _("Applying")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")
    REJECTED = "rejected", _("Rejected")
    EXPIRED = "expired", _("Expired")
    SUPERSEDED = "superseded", _("Superseded")


class Run(models.Model):
    """One pass of the loop over one application. `kind`: event, plan, sync or reconcile; or guard: what waits, or waited,
    for a person (docs/guide); or undo: what takes back the run `undoes`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="runs")
    kind = models.CharField(max_length=16)
    status = models.CharField(max_length=20, choices=RunStatus.choices, default=RunStatus.QUEUED)
    hash = models.CharField(max_length=64, null=True)
    counts = models.JSONField(default=dict)
    total = models.IntegerField(null=True)
    done = models.IntegerField(default=0)
    actor = models.JSONField(null=True)
    correlation = models.UUIDField(null=True)
    error = models.JSONField(null=True)
    cancel_requested = models.BooleanField(default=False)
    undoes = models.UUIDField(null=True)
    created = models.DateTimeField(auto_now_add=True)
    started = models.DateTimeField(null=True)
    finished = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["application", "-created"], name="run_by_application"),
            models.Index(
                fields=["created"],
                condition=models.Q(status__in=["queued", "planning", "applying"]),
                name="run_unfinished",
            ),
        ]


class Change(models.Model):
    """One change of a run, with before and after, of a user's account or a group. `user_name` is the name of either;
    `outcome` is null while it is only planned."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="changes")
    kind = models.CharField(max_length=16)
    rank = models.SmallIntegerField()
    link_id = models.UUIDField()
    user_id = models.UUIDField(null=True)
    user_name = models.CharField(max_length=256)
    group_id = models.UUIDField(null=True)
    remote_id = models.TextField(null=True)
    attributes = models.JSONField(default=list)
    reason = models.TextField(default="")
    cause = models.CharField(max_length=8, null=True)
    actor = models.JSONField(null=True)
    outcome = models.JSONField(null=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["run", "rank", "link_id"], name="change_in_plan_order")]
