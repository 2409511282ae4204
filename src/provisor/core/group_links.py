"""What the engine knows of one group, and of the case it decides on. Values only, as core.links for accounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from provisor.core import undone
from provisor.core.links import Policy
from provisor.core.resource import Known

GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"


@dataclass(frozen=True, slots=True)
class GroupLink:
    """One group's resource in one application, as last recorded. `intent` as in core.links.Link."""

    id: UUID
    status: str = "due"
    remote_id: str | None = None
    known: Known = field(default_factory=dict)
    created_here: bool = False
    intent: Mapping[str, Any] | None = None
    attempts: int = 0
    ignored: str | None = None
    code: str | None = None

    @property
    def creating(self) -> bool:
        """A create left this house and its answer never came."""
        return self.remote_id is None and self.intent is not None and self.intent.get("kind") == "create"


@dataclass(frozen=True, slots=True)
class RemoteGroup:
    """A group as just read from the SP. `members`: remote ids, None where the answer doesn't show any (G6); `owner`: the
    group of ours that this remote id is linked to."""

    id: str
    name: str | None
    external_id: str | None
    members: tuple[str, ...] | None
    raw: Mapping[str, Any]
    owner: str | None = None

    def as_json(self) -> dict[str, Any]:
        """How a person sees it as a candidate."""
        return {
            "remote_id": self.id,
            "name": self.name,
            "external_id": self.external_id,
            "members": None if self.members is None else len(self.members),
            "owner": self.owner,
        }


@dataclass(frozen=True, slots=True)
class GroupCase:
    """All that is needed to decide on one group. `id` and `name` are the directory's; `exists`: it is still there;
    `assigned`: to this application; `filled`: at least one of its members has an account there; `filling` stands for its
    members in the directory, where it matters (core.undo)."""

    id: str
    name: str
    exists: bool
    assigned: bool
    filled: bool
    link: GroupLink
    policy: Policy
    decision: Mapping[str, Any] | None = None
    filling: str | None = None

    @property
    def undo_mark(self) -> str:
        """Changes whenever the directory wants something else of this group (core.undo)."""
        return undone.group_mark(name=self.name, exists=self.exists, assigned=self.assigned, filling=self.filling)

    @property
    def stays_undone(self) -> bool:
        """Whether what a person undid here is to be left alone."""
        if self.link.code != undone.CODE or undone.reopened(self.decision):
            return False
        return self.link.ignored == self.undo_mark

    @property
    def desired(self) -> dict[str, Any]:
        """The group's own attributes as they should be."""
        marked = {"externalId": self.id} if self.policy.form.group_external_id else {}
        return {"displayName": self.name, **marked}

    @property
    def paths(self) -> tuple[str, ...]:
        """The attributes that are kept up to date."""
        form = self.policy.form
        return (*(("displayName",) if form.group_rename else ()), *(("externalId",) if form.group_external_id else ()))

    def knowing(self, **changes: Any) -> GroupCase:
        return replace(self, link=replace(self.link, **changes))
