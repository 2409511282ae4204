"""The table of roles against the routes: who may call what. 403 comes before parameters and body are looked at."""

from __future__ import annotations

from typing import Any

import pytest

ALL = {"owner", "admin", "operator", "auditor"}
OPERATE = {"owner", "admin", "operator"}
ADMINISTER = {"owner", "admin"}
ID = "7e57ab1e-0000-4000-8000-000000000000"

TABLE = [
    ("GET", "/users", ALL),
    ("GET", f"/users/{ID}", ALL),
    ("GET", f"/users/{ID}/accounts", ALL),
    ("GET", f"/users/{ID}/access", ALL),
    ("GET", f"/users/{ID}/groups", ALL),
    ("GET", "/groups", ALL),
    ("GET", f"/groups/{ID}", ALL),
    ("GET", f"/groups/{ID}/members", ALL),
    ("POST", f"/users/{ID}/suspend", OPERATE),
    ("POST", f"/users/{ID}/unsuspend", OPERATE),
    ("POST", f"/users/{ID}/expire-password", OPERATE),
    ("POST", "/users", ADMINISTER),
    ("POST", "/users:batch", ADMINISTER),
    ("PATCH", f"/users/{ID}", ADMINISTER),
    ("DELETE", f"/users/{ID}", ADMINISTER),
    ("POST", f"/users/{ID}/activate", ADMINISTER),
    ("PUT", f"/users/{ID}/password", ADMINISTER),
    ("POST", f"/users/{ID}/assignments", ADMINISTER),
    ("POST", "/groups", ADMINISTER),
    ("PATCH", f"/groups/{ID}", ADMINISTER),
    ("DELETE", f"/groups/{ID}", ADMINISTER),
    ("POST", f"/groups/{ID}/members", ADMINISTER),
]


@pytest.mark.parametrize(("method", "path", "roles"), TABLE)
def test_who_may_call(as_role: Any, method: str, path: str, roles: set[str]) -> None:
    body = None if method in ("GET", "DELETE") else b"{"
    codes = {role: as_role(role).call(method, path, body).status_code for role in ALL}
    assert {role for role, code in codes.items() if code != 403} == roles
    assert all(code in (200, 400, 404, 422) for role, code in codes.items() if role in roles), codes


def test_a_refusal_names_the_permission_and_who_has_it(as_role: Any) -> None:
    error = as_role("auditor").post("/users", {}).json()["error"]
    assert error["code"] == "forbidden"
    assert "users.write" in error["message"]
    assert "admin, owner" in error["message"]
