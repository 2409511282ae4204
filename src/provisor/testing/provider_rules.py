"""Rules for clients that only the provider can judge by, because it knows what it holds and what it said before. Each
function makes a finding."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisor.testing.attributes import value_of
from provisor.testing.errors import ScimError
from provisor.testing.filters import parse_filter
from provisor.testing.records import Finding
from provisor.testing.resources import Store
from provisor.testing.schema import ENTERPRISE_URN, ResourceSchema

# The ids that are found here and in `bulk` and `pages`, and not in `rules.RULES`.
FOUND = frozenset({"B1", "C1", "D6", "E1", "F1", "G1", "G8", "G10", "P4", "U8"})


def unfit(refusal: ScimError) -> Finding:
    """D6: the body isn't what the published schemas allow."""
    return Finding("D6", refusal.detail)


def filter_finding(text: str, schema: ResourceSchema) -> Finding | None:
    """F1: a filter that holds more than eq and and, or other than one space around an operator."""
    try:
        tidy = parse_filter(text, schema).tidy
    except ScimError as refusal:
        return Finding("F1", refusal.detail)
    return None if tidy else Finding("F1", "Exactly one space stands around an operator.")


def duplicate(kind: str) -> Finding:
    """C1: something of this externalId exists already."""
    return Finding("C1", f"A {kind} with this externalId exists already: look it up before a create.")


def without_effect() -> Finding:
    """U8: a PATCH that changes nothing."""
    return Finding("U8", "The PATCH changes nothing: without a difference no request is sent.")


def unknown_member(refusal: ScimError) -> Finding:
    """G8: a member that the provider doesn't have."""
    return Finding("G8", refusal.detail)


def unknown_manager(kept: Mapping[str, Any], store: Store) -> Finding | None:
    """G1: a manager that the provider doesn't have."""
    if ENTERPRISE_URN not in kept:
        return None
    manager = value_of(kept, "manager.value")
    if not isinstance(manager, str) or manager in store.tables["Users"].rows:
        return None
    return Finding("G1", f"The manager {manager!r} doesn't exist here: create users before what refers to them.")


def nested(kept: Mapping[str, Any]) -> list[Finding]:
    """G10: a group as a member of a group."""
    found = any(member.get("type") == "Group" for member in kept.get("members", ()))
    return [Finding("G10", "A group is a member: few providers know what that means. Send its users.")] if found else []


def early(name: str) -> Finding:
    """E1: a request that came although a 429 had asked to wait."""
    return Finding("E1", f"Retry-After hasn't ended yet for {name}.")
