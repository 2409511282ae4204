"""Rules for clients, for requests of SCIM 1.1: those of `rules` that make sense there, and what they mean in its PATCH."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from provisor.testing.group_rules import MOST
from provisor.testing.records import Finding
from provisor.testing.rules import RULES
from provisor.testing.schema import ENTERPRISE_URN
from provisor.testing.seen import Seen
from provisor.testing.version_1_1.reading import ENTERPRISE

_NOT_HERE = frozenset({"T3", "A14"})  # media types: others are refused; schemas: see below


def findings(seen: Seen) -> list[Finding]:
    """Every breach by one request, its body read as `reading` does."""
    found = [Finding(rule, said) for rule, check in RULES.items() if rule not in _NOT_HERE for said in check(seen)]
    if not seen.writes:
        return found
    return [*found, *_of_schemas(seen.body), *(_of_a_patch(seen.body, seen) if seen.method == "PATCH" else ())]


def _of_schemas(body: Mapping[str, Any]) -> Iterator[Finding]:
    if (ENTERPRISE_URN in body) is not (ENTERPRISE_URN in body["schemas"]):
        yield Finding("A14", f"schemas must name {ENTERPRISE} where the extension is used, and only there.")


def _of_a_patch(body: Mapping[str, Any], seen: Seen) -> Iterator[Finding]:
    attributes = [name for name in body if name not in ("schemas", "meta")]
    meta = body.get("meta", {})
    gone = meta.get("attributes", []) if isinstance(meta, Mapping) else []
    if "password" in attributes and (len(attributes) > 1 or gone):
        yield Finding("A12", "A password goes into a PATCH of its own.")
    if "groups" in attributes:
        yield Finding("A13", "A user's groups are read-only.")
    if set(meta) - {"attributes"}:
        yield Finding("A16", "Of meta only attributes means something in a PATCH.")
    if not isinstance(body.get("active", True), bool) and seen.profile.booleans != "text":
        yield Finding("A11", "active must be a JSON boolean.")
    if {"userName", "active"} & set(gone):
        yield Finding("U9", "userName and active can't be removed: replace them.")
    yield from _of_members(body.get("members") or [], gone, seen)


def _of_members(members: list[Any], gone: list[str], seen: Seen) -> Iterator[Finding]:
    most = seen.profile.members_per_request or MOST
    if len(members) > most:
        yield Finding("G2", f"{len(members)} members in one request are more than {most}: send them in chunks.")
    if "members" in gone:
        yield Finding("G5", "Replacing members loses those whom others added.")
    parts = {"value", "$ref"} if seen.profile.member_ref else {"value"}
    for member in members:
        named = set(member) if isinstance(member, Mapping) else set()
        if named != parts and named != {"value", "operation"}:
            yield Finding("G3", "A member is said as {value}, who leaves with operation beside it.")
            return
