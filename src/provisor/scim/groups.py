"""The operations on /Groups, each exactly one request (RFC 7644 sections 3.3 to 3.6). As scim.users.

Members make a group large: who only wants to know that it is there asks without them (G7).
"""

from __future__ import annotations

from typing import Any, Final

from provisor.scim.answers import JSON, Answer
from provisor.scim.http import HttpClient, segment
from provisor.scim.paging import Paging, first_page
from provisor.scim.schemas import PATCH_OP

GROUPS: Final = "/Groups"
WITHOUT_MEMBERS: Final = {"excludedAttributes": "members"}


async def create(client: HttpClient, body: JSON) -> Answer:
    """POST of a whole group, without an id (A1)."""
    return await client.request("POST", GROUPS, body=body)


async def get(client: HttpClient, id: str, *, members: bool = True) -> Answer:
    """GET of one group."""
    return await client.request("GET", _group(id), query=None if members else WITHOUT_MEMBERS)


async def patch(client: HttpClient, id: str, operations: list[dict[str, Any]]) -> Answer:
    """PATCH with these operations, in order."""
    return await client.request("PATCH", _group(id), body={"schemas": [PATCH_OP], "Operations": operations})


async def replace(client: HttpClient, id: str, body: JSON) -> Answer:
    """PUT of a whole group, its members with it."""
    return await client.request("PUT", _group(id), body=body)


async def delete(client: HttpClient, id: str) -> Answer:
    """DELETE of one group."""
    return await client.request("DELETE", _group(id))


async def find(client: HttpClient, filter: str, paging: Paging = "index") -> Answer:
    """GET of the groups that a filter finds, without their members; compare each again (F4)."""
    query = {"filter": filter, **first_page(100, paging), **WITHOUT_MEMBERS}
    return await client.request("GET", GROUPS, query=query)


def _group(id: str) -> str:
    return f"{GROUPS}/{segment(id)}"
