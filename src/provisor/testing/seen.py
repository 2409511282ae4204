"""A request as the rules for clients see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from provisor.testing.profile import Profile
from provisor.testing.schema import BY_ENDPOINT, ResourceSchema


@dataclass(frozen=True, repr=False)
class Seen:
    """A request as the rules see it. `path`: decoded segments below the base URL; `target`: as it was sent; `headers`
    are found in any case; `body`: parsed JSON or None; `profile`: how the provider deviates: what it
    demands is no breach."""

    method: str
    target: str
    path: tuple[str, ...]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any
    has_body: bool
    token: str
    profile: Profile

    @property
    def schema(self) -> ResourceSchema | None:
        """The schema of the resource type that the request is about, if it is about one."""
        return BY_ENDPOINT.get(self.path[0]) if self.path else None

    @property
    def writes(self) -> bool:
        """True if the body is meant to create or change a resource."""
        return self.schema is not None and self.path[-1] != ".search" and isinstance(self.body, dict)

    @property
    def whole(self) -> dict[str, Any]:
        """The resource that a POST or PUT sends; empty for anything else."""
        return self.body if self.writes and self.method in ("POST", "PUT") else {}

    @property
    def operations(self) -> list[dict[str, Any]]:
        """The operations of a PATCH; empty for anything else."""
        listed = self.body.get("Operations") if self.writes and self.method == "PATCH" else None
        return [op for op in listed if isinstance(op, dict)] if isinstance(listed, list) else []


def paths(seen: Seen) -> list[str]:
    """The paths of the operations of a PATCH."""
    return [str(op["path"]) for op in seen.operations if op.get("path")]
