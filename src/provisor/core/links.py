"""What the engine knows of one account, and of the case it decides on. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any
from uuid import UUID

from provisor.core import dialect
from provisor.core.form import Form
from provisor.core.mapping import Failure, Row, desired, failures, managed, only_on_create
from provisor.core.protected import Protected
from provisor.core.resource import Known
from provisor.core.users import User


@dataclass(frozen=True, slots=True)
class Link:
    """One user's account in one application, as last recorded. `intent` is set while the outcome of a write is unknown:
    `{"kind": ..., "looked": how often it was looked up since}`. `code`: of the error that it is held or retried for."""

    id: UUID
    status: str = "due"
    remote_id: str | None = None
    active: bool | None = None
    known: Known = field(default_factory=dict)
    created_here: bool = False
    intent: Mapping[str, Any] | None = None
    attempts: int = 0
    unconfirmed: int = 0
    ignored: str | None = None
    code: str | None = None

    @property
    def creating(self) -> bool:
        """A create left this house and its answer never came: the account may or may not be there."""
        return self.remote_id is None and self.intent is not None and self.intent.get("kind") == "create"


@dataclass(frozen=True)
class Policy:
    """An application as the pure parts see it: its mapping, the settings that decide, and the SP form at the start of a
    pass. What follows from them is worked out once: every account of a pass asks for it."""

    application: str
    rows: tuple[Row, ...]
    takeover: str = "exact"
    deprovision: str = "deactivate"
    drift: str = "repair"
    mapping_version: int = 1
    settings_version: int = 1
    form: Form = field(default_factory=Form)
    protected: Protected = field(default_factory=Protected)
    approved_rows: tuple[Row, ...] | None = None  # where nobody approved of `rows` yet (core.trips)

    @cached_property
    def as_approved(self) -> Policy | None:
        """The policy with the mapping that somebody approved; None where that is the one in force."""
        return None if self.approved_rows is None else replace(self, rows=self.approved_rows, approved_rows=None)

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """What is kept as desired at the SP."""
        return dialect.allowed(managed(self.rows), self.form)

    @cached_property
    def computes(self) -> bool:
        """Whether any row has an expression: only those can fail for a user."""
        return any(row.included and row.expression is not None for row in self.rows)

    @cached_property
    def left_alone(self) -> frozenset[str]:
        """What is sent when an account is created, and left alone afterwards."""
        return only_on_create(self.rows) | frozenset(self.form.create_only)


@dataclass(frozen=True, slots=True)
class Case:
    """All that is needed to decide on one account. `user` is None once the directory has no such user.
    `access`: there is an assignment path. `decision`: what a person decided about a held account."""

    user: User | None
    access: bool
    link: Link
    policy: Policy
    decision: Mapping[str, Any] | None = None
    grace_over: bool = False  # it was off for as long as the application's setting says: it may be deleted

    @property
    def wanted(self) -> bool:
        """Whether the user has access, so that the account is to be as desired; otherwise it is to be ended."""
        return self.access and self.user is not None and not self.user.leaving

    @property
    def desired(self) -> dict[str, Any]:
        """The account as it is to be kept; `when: create` rows are only part of `desired_on_create`."""
        wanted, left_alone = self.desired_on_create, self.policy.left_alone
        kept = {path: wanted[path] for path in wanted if path not in left_alone}
        return kept | self._unchanged() if self.policy.computes else kept

    @property
    def failures(self) -> tuple[Failure, ...]:
        """What can't be computed for this user: such an account is held, and what can't be told stays as it is."""
        if self.user is None or not self.policy.computes:
            return ()
        alone = self.policy.left_alone if self.link.remote_id is not None else frozenset()
        return tuple(each for each in failures(self.user, self.policy.rows) if each.scim not in alone)

    def _unchanged(self) -> dict[str, Any]:
        """Of what can't be computed, what is known to be there."""
        entries = ((each.scim, self.link.known.get(each.scim)) for each in self.failures)
        return {path: entry["echo"] for path, entry in entries if entry and path in self.policy.paths}

    @property
    def desired_on_create(self) -> dict[str, Any]:
        if self.user is None:
            return {}
        return dialect.adapted(
            desired(self.user, self.policy.rows, self.policy.form.external_id_source), self.policy.form
        )

    @property
    def external_id(self) -> str:
        """What marks an account there as this user's: the externalId that we send, normally the user's id."""
        assert self.user is not None
        return str(self.desired_on_create.get("externalId") or self.user.id)

    def under(self, policy: Policy) -> Case:
        """The same case by another policy."""
        return replace(self, policy=policy)

    def knowing(self, **changes: Any) -> Case:
        """The same case with some fields of the link replaced: after a look at the SP."""
        return replace(self, link=replace(self.link, **changes))


@dataclass(frozen=True, slots=True)
class Account:
    """An account as just read from the SP. `owner`: the id of the user that this remote id is linked to in this application;
    `former_owner`: the deleted user's name that a tombstone remembers. `came_back`: the tombstone is of this very user, who
    was restored."""

    id: str
    user_name: str | None
    external_id: str | None
    emails: tuple[str, ...]
    active: bool | None
    raw: Mapping[str, Any]
    owner: str | None = None
    former_owner: str | None = None
    came_back: bool = False

    def as_json(self) -> dict[str, Any]:
        """How a person sees it as a candidate."""
        return {
            "remote_id": self.id,
            "username": self.user_name,
            "external_id": self.external_id,
            "emails": list(self.emails),
            "active": self.active,
            "owner": self.owner or self.former_owner,
        }
