"""A user as the engine sees one: the directory's row as plain values, under the contract's attribute names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class User:
    """`values` holds the contract's attributes (username, email, firstname, ..., addresses, phoneNumbers, attributes);
    `manager_remote_id` is the manager's account in the application at hand, once there is one. `groups` are the names of
    the user's groups and `group_values` what the groups that give access say about roles and licences: they are there
    where the application's mapping reads them."""

    id: str
    state: str
    password_status: str
    values: Mapping[str, Any] = field(default_factory=dict)
    manager_remote_id: str | None = None
    groups: tuple[str, ...] = ()
    group_values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What people recognise the user by."""
        return str(self.values.get("username") or self.id)

    @property
    def active(self) -> bool:
        """SCIM `active` (contract, "Users"): suspended and an expired password make it false."""
        return self.state == "active" and self.password_status != "expired"  # noqa: S105

    @property
    def leaving(self) -> bool:
        """Deleted in the directory: the account goes, whatever access says."""
        return self.state == "deleting"
