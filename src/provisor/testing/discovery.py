"""What the service provider says about itself: ServiceProviderConfig, ResourceTypes and Schemas (RFC 7644 4)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from scim2_models import EnterpriseUser, Group, ResourceType, Schema, ServiceProviderConfig, User

from provisor.testing.profile import Profile
from provisor.testing.schema import GROUP_URN

Document = dict[str, Any]

LIST_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
_CONFIG = "ServiceProviderConfig"
_LISTED: Any = (User, EnterpriseUser, Group, ServiceProviderConfig, ResourceType, Schema)
_BEARER = {
    "type": "oauthbearertoken",
    "name": "Bearer token",
    "description": "The token goes into the Authorization header.",
    "specUri": "https://www.rfc-editor.org/info/rfc6750",
    "primary": True,
}


@cache
def schemas() -> Mapping[str, Document]:
    """Schema documents by URN, without meta."""
    return {document["id"]: document for document in (model.to_schema().model_dump() for model in _LISTED)}


@cache
def resource_types() -> Mapping[str, Document]:
    """ResourceType documents by name, without meta."""
    types: Any = (User[EnterpriseUser], Group)
    return {model.__name__.partition("[")[0]: ResourceType.from_resource(model).model_dump() for model in types}


def asked_for(path: tuple[str, ...], profile: Profile) -> tuple[str, ...] | None:
    """The discovery path that `path` means here ("Schemas", ...); None if it means none. Descriptions may be below a
    folder of their own, and the ServiceProviderConfig misspelt."""
    folder = tuple(filter(None, profile.discovery_path.split("/")))
    if path[: len(folder)] != folder or len(path) == len(folder):
        return None
    kind, *rest = path[len(folder) :]
    if profile.scim == "1.1":
        return (kind, *rest) if kind in (f"{_CONFIG}s", "Schemas") else None
    config = f"{_CONFIG}s" if profile.discovery_misspelt else _CONFIG
    if kind == config:
        return _CONFIG, *rest
    return (kind, *rest) if kind in ("ResourceTypes", "Schemas") else None


def service_provider_config(profile: Profile) -> Document:
    """RFC 7643 5, as `profile` makes it: what is so, unless `discovery_says` otherwise."""
    described = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "documentationUri": "https://www.rfc-editor.org/info/rfc7644",
        "patch": {"supported": profile.patch},
        "bulk": {"supported": profile.bulk > 0, "maxOperations": profile.bulk, "maxPayloadSize": _bulk_bytes(profile)},
        "filter": {"supported": True, "maxResults": profile.max_page},
        "changePassword": {"supported": True},
        "sort": {"supported": False},
        "etag": {"supported": profile.etag},
        "authenticationSchemes": [_BEARER],
    }
    if profile.paging in ("cursor", "both"):
        described["pagination"] = {"cursor": True, "index": profile.paging == "both"}
    for pair in profile.discovery_says:
        _say(described, pair)
    return described


def _bulk_bytes(profile: Profile) -> int:
    return profile.bulk_bytes or (1_048_576 if profile.bulk else 0)


def _say(described: Document, pair: str) -> None:
    name, _, value = pair.partition(":")
    head, _, part = name.partition(".")
    said = {"true": True, "false": False}.get(value, int(value) if value.isdigit() else value)
    described[head] = {**described.get(head, {}), part or "supported": said}


def document(path: tuple[str, ...], profile: Profile, base_url: str) -> Document | None:
    """What GET of a discovery path answers; None: nothing is there."""
    kind, *rest = path
    if kind == _CONFIG:
        found = None if rest else service_provider_config(profile)
        return _located(found, _CONFIG, f"{base_url}/{_CONFIG}")
    listed = _there(schemas() if kind == "Schemas" else resource_types(), profile)
    if not rest:
        rows = [_located(row, kind[:-1], f"{base_url}/{kind}/{row['id']}") for row in listed.values()]
        return list_response(rows, total=len(rows), start=1)
    return _located(listed.get("/".join(rest)), kind[:-1], f"{base_url}/{kind}/{'/'.join(rest)}")


def _there(listed: Mapping[str, Document], profile: Profile) -> Mapping[str, Document]:
    if profile.groups:
        return listed
    return {name: row for name, row in listed.items() if name not in ("Group", GROUP_URN)}


def _located(found: Document | None, kind: str, location: str) -> Document | None:
    return found and {**found, "meta": {"resourceType": kind, "location": location}}


def list_response(rows: list[Any], *, total: int, start: int) -> Document:
    """RFC 7644 3.4.2: `total` counts all matches, `start` is the 1-based place of the first row."""
    return {
        "schemas": [LIST_RESPONSE],
        "totalResults": total,
        "startIndex": start,
        "itemsPerPage": len(rows),
        "Resources": rows,
    }
