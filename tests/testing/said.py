"""Bodies that the tests of the strict service provider send."""

from __future__ import annotations

from typing import Any

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"


def user(username: str = "ada", /, **more: Any) -> dict[str, Any]:
    extended = [ENTERPRISE] if ENTERPRISE in more else []
    return {
        "schemas": [USER, *extended],
        "userName": username,
        "externalId": f"x-{username}",
        "active": True,
        **more,
    }


def group(name: str, *ids: str, **more: Any) -> dict[str, Any]:
    members = {"members": [{"value": id} for id in ids]} if ids else {}
    return {"schemas": [GROUP], "displayName": name, **members, **more}


def patch(*operations: dict[str, Any]) -> dict[str, Any]:
    return {"schemas": [PATCH], "Operations": list(operations)}


def replace(path: str, value: Any) -> dict[str, Any]:
    return {"op": "replace", "path": path, "value": value}


def pathless(**values: Any) -> dict[str, Any]:
    return {"op": "replace", "value": values}


def remove(path: str, **more: Any) -> dict[str, Any]:
    return {"op": "remove", "path": path, **more}


def add_members(*ids: str) -> dict[str, Any]:
    return {"op": "add", "path": "members", "value": [{"value": id} for id in ids]}


def remove_member(id: str) -> dict[str, Any]:
    return remove(f'members[value eq "{id}"]')


def remove_listed(*ids: str) -> dict[str, Any]:
    return remove("members", value=[{"value": id} for id in ids])
