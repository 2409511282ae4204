"""The operations on /Users, each exactly one request (RFC 7644 sections 3.3 to 3.6).

What an answer means is not decided here: that is the verdict's work. All of them raise NotSent and Unknown.
"""

from __future__ import annotations

from typing import Any, Final

from provisor.scim.answers import JSON, Answer
from provisor.scim.http import HttpClient, segment
from provisor.scim.paging import Paging, first_page
from provisor.scim.schemas import PATCH_OP

USERS: Final = "/Users"
_FOUND_AT_MOST: Final = 100


async def create(client: HttpClient, body: JSON) -> Answer:
    """POST of a whole user, without an id (A1)."""
    return await client.request("POST", USERS, body=body)


async def get(client: HttpClient, id: str) -> Answer:
    """GET of one user."""
    return await client.request("GET", path(id))


async def patch(client: HttpClient, id: str, operations: list[dict[str, Any]]) -> Answer:
    """PATCH with these operations, in order."""
    return await client.request("PATCH", path(id), body=patch_body(operations))


def patch_body(operations: list[dict[str, Any]]) -> dict[str, Any]:
    """What a PATCH with these operations carries."""
    return {"schemas": [PATCH_OP], "Operations": operations}


async def replace(client: HttpClient, id: str, body: JSON) -> Answer:
    """PUT of a whole user."""
    return await client.request("PUT", path(id), body=body)


async def delete(client: HttpClient, id: str) -> Answer:
    """DELETE of one user."""
    return await client.request("DELETE", path(id))


async def find(client: HttpClient, filter: str, paging: Paging = "index") -> Answer:
    """GET of the users that a filter (see `filters`) finds. Some service providers ignore filters: compare each
    resource again before believing it (F4)."""
    query = {"filter": filter, **first_page(_FOUND_AT_MOST, paging)}
    return await client.request("GET", USERS, query=query)


def path(id: str) -> str:
    """Where one user is, below the base URL."""
    return f"{USERS}/{segment(id)}"
