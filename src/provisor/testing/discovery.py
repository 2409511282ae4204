"""What the service provider says about itself: ServiceProviderConfig, ResourceTypes and Schemas (RFC 7644 4)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from scim2_models import EnterpriseUser, Group, ResourceType, Schema, ServiceProviderConfig, User

from provisor.testing.profile import Profile

Document = dict[str, Any]

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


def service_provider_config(profile: Profile) -> Document:
    """RFC 7643 5, as `profile` makes it."""
    return {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "documentationUri": "https://www.rfc-editor.org/info/rfc7644",
        "patch": {"supported": profile.patch},
        "bulk": {"supported": False, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": True, "maxResults": profile.max_page},
        "changePassword": {"supported": True},
        "sort": {"supported": False},
        "etag": {"supported": profile.etag},
        "authenticationSchemes": [_BEARER],
    }


def document(path: tuple[str, ...], profile: Profile, base_url: str) -> Document | None:
    """What GET of a discovery path answers; None: nothing is there."""
    kind, *rest = path
    if kind == "ServiceProviderConfig":
        found = None if rest else service_provider_config(profile)
        return _located(found, "ServiceProviderConfig", f"{base_url}/ServiceProviderConfig")
    listed = schemas() if kind == "Schemas" else resource_types()
    if not rest:
        rows = [_located(row, kind[:-1], f"{base_url}/{kind}/{row['id']}") for row in listed.values()]
        return list_response(rows, total=len(rows), start=1)
    return _located(listed.get("/".join(rest)), kind[:-1], f"{base_url}/{kind}/{'/'.join(rest)}")


def _located(found: Document | None, kind: str, location: str) -> Document | None:
    return found and {**found, "meta": {"resourceType": kind, "location": location}}


def list_response(rows: list[Any], *, total: int, start: int) -> Document:
    """RFC 7644 3.4.2: `total` counts all matches, `start` is the 1-based place of the first row."""
    return {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": total,
        "startIndex": start,
        "itemsPerPage": len(rows),
        "Resources": rows,
    }
