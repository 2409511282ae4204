"""Each operation is exactly one request, in the form of RFC 7644."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from provisor.scim import users
from provisor.scim.http import HttpClient
from provisor.scim.schemas import PATCH_OP

OFF = [{"op": "replace", "path": "active", "value": False}]
FOUND = "/scim/v2/Users?filter=userName%20eq%20%22a%22&startIndex=1&count=100"
OPERATIONS: list[tuple[Callable[[HttpClient], Awaitable[Any]], str, str, Any]] = [
    (lambda client: users.create(client, {"userName": "a"}), "POST", "/scim/v2/Users", {"userName": "a"}),
    (lambda client: users.get(client, "a/b"), "GET", "/scim/v2/Users/a%2Fb", None),
    (lambda client: users.replace(client, "1", {"id": "1"}), "PUT", "/scim/v2/Users/1", {"id": "1"}),
    (lambda client: users.delete(client, "1"), "DELETE", "/scim/v2/Users/1", None),
    (lambda client: users.find(client, 'userName eq "a"'), "GET", FOUND, None),
    (
        lambda client: users.patch(client, "1", OFF),
        "PATCH",
        "/scim/v2/Users/1",
        {"schemas": [PATCH_OP], "Operations": OFF},
    ),
]


@pytest.mark.parametrize(("operation", "method", "target", "body"), OPERATIONS, ids=[row[1] for row in OPERATIONS])
async def test_one_request(serve: Any, connect: Any, operation: Any, method: str, target: str, body: Any) -> None:
    server = await serve((200, {"id": "1"}))
    answer = await operation(await connect(server))
    assert answer.body == {"id": "1"}
    assert [(heard.method, heard.target, heard.body) for heard in server.heard] == [(method, target, body)]
