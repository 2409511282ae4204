"""How resources look in an answer: which ones (filter, page), which parts (attributes, excludedAttributes), and with
what the provider adds (RFC 7644 3.4.2, 3.9)."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from provisor.testing.discovery import list_response
from provisor.testing.errors import ScimError, invalid_value
from provisor.testing.filters import Filter, parse_filter
from provisor.testing.profile import Profile, as_answered
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
    if groups and meta["resourceType"] == "User":
        full["groups"] = groups
    return as_answered(projection.of(full), store.profile)


def _membership(store: Store, group: Resource) -> Resource:
    return {"value": group["id"], "$ref": store.location(group), "display": group["displayName"], "type": "direct"}


def list_resources(
    store: Store, endpoints: tuple[str, ...], asked: Mapping[str, Any], *, chance: random.Random
) -> Resource:
    """A page of the resources below `endpoints` as a ListResponse. `asked` holds filter, startIndex, count, attributes
    and excludedAttributes, from a query or a search body. Raises ScimError 400 invalidFilter or invalidValue."""
    rows = [row for endpoint in endpoints for row in _rows(store, endpoint, asked.get("filter"), endpoints)]
    if store.profile.unstable_order:
        chance.shuffle(rows)
    start = max(1, _number(asked, "startIndex", 1))
    count = max(0, min(_number(asked, "count", store.profile.default_page), store.profile.max_page))
    wanted = Projection.asked(asked)
    page = [shown(store, row, wanted) for row in islice(rows, start - 1, start - 1 + count)]
    return list_response(page, total=len(rows), start=start)


def _rows(store: Store, endpoint: str, text: Any, endpoints: tuple[str, ...]) -> Iterable[Resource]:
    table = store.tables[endpoint]
    if not text or store.profile.ignore_filter:
        return table.matching(None)
    try:
        parsed = parse_filter(str(text), table.schema)
    except ScimError:
        if len(endpoints) > 1:  # searching everything: an attribute that this type lacks matches none of it
            return []
        raise
    _refuse_unsupported(parsed, store.profile)
    return table.matching(parsed)


def _refuse_unsupported(parsed: Filter, profile: Profile) -> None:
    names = {clause.target.name.partition(".")[0] for clause in parsed.clauses}
    refused = {"emails": not profile.filter_emails, "externalId": not profile.filter_external_id}
    for name in names:
        if refused.get(name):
            raise ScimError(400, "invalidFilter", f"Filtering by {name} isn't supported.")


def _number(asked: Mapping[str, Any], name: str, default: int) -> int:
    try:
        return int(asked.get(name, default))
    except (TypeError, ValueError):
        raise invalid_value(f"{name} must be a whole number.") from None
