"""How resources look in an answer: which parts (attributes, excludedAttributes), and with what the provider adds
(RFC 7644 3.9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from provisor.testing.normalising import as_answered, members_as_shown
from provisor.testing.passwords import repeated
from provisor.testing.resources import Resource, Store

_ALWAYS = frozenset({"id", "schemas"})


@dataclass(frozen=True)
class Projection:
    """The parts of a resource that were asked for, in lower case; with empty sets, everything."""

    wanted: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()

    @staticmethod
    def asked(query: Mapping[str, Any]) -> Projection:
        """From the query of a URL (names with commas between them) or from a search body (lists)."""
        if not ("attributes" in query or "excludedAttributes" in query):
            return _EVERYTHING
        return Projection(_names(query.get("attributes")), _names(query.get("excludedAttributes")))

    def of(self, resource: Resource) -> Resource:
        """`resource` with the parts that were asked for; id and schemas are always among them."""
        if not (self.wanted or self.excluded):
            return resource
        return {name: part for name, value in resource.items() if (part := self._part(name, value)) is not None}

    def _part(self, name: str, value: Any) -> Any:
        if name in _ALWAYS:
            return value
        if self.wanted:
            return _chosen(name.lower(), value, self.wanted)
        return _remaining(name.lower(), value, self.excluded)


_EVERYTHING = Projection()


def _names(given: Any) -> frozenset[str]:
    names = given if isinstance(given, list) else str(given or "").split(",")
    cleaned = (str(name).strip().lower() for name in names)
    return frozenset(_without_core(name) for name in cleaned if name)


def _without_core(name: str) -> str:
    """Core attributes may be named with their schema in front."""
    head, _, tail = name.rpartition(":")
    return tail if head.startswith("urn:ietf:params:scim:schemas:core:") else name


def _separator(name: str) -> str:
    return ":" if name.startswith("urn:") else "."


def _chosen(name: str, value: Any, wanted: frozenset[str]) -> Any:
    if name in wanted:
        return value
    prefix = name + _separator(name)
    inside = frozenset(entry.removeprefix(prefix) for entry in wanted if entry.startswith(prefix))
    return _picked(value, lambda key: _chosen(key[0].lower(), key[1], inside)) if inside else None


def _remaining(name: str, value: Any, excluded: frozenset[str]) -> Any:
    if name in excluded:
        return None
    prefix = name + _separator(name)
    inside = frozenset(entry.removeprefix(prefix) for entry in excluded if entry.startswith(prefix))
    return _picked(value, lambda key: _remaining(key[0].lower(), key[1], inside)) if inside else value


def _picked(value: Any, pick: Any) -> Any:
    if isinstance(value, list):
        return [_picked(item, pick) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: part for key, inner in value.items() if (part := pick((key, inner))) is not None}


def shown(store: Store, resource: Resource, projection: Projection = _EVERYTHING) -> Resource:
    """One resource as the provider shows it: with its location, and a user with the groups it is in."""
    meta = {**resource["meta"], "location": store.location(resource)}
    groups = [_membership(store, group) for group in store.groups_of(resource["id"])]
    full = {**resource, "meta": meta}
    if meta["resourceType"] == "Group":
        full = full if store.profile.members_shown == "yes" else members_as_shown(full, store.profile)
    elif groups:
        full["groups"] = groups
    full = repeated(full, store.passwords.get(resource["id"]), store.profile)
    return as_answered(projection.of(full), store.profile)


def _membership(store: Store, group: Resource) -> Resource:
    return {"value": group["id"], "$ref": store.location(group), "display": group["displayName"], "type": "direct"}
