"""Who may call at all: 401 comes before everything else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from tests.web.conftest import Api, make_token

from provisor.administrators.actor import system
from provisor.administrators.commands import create_token
from provisor.administrators.models import ApiToken
from provisor.directory.models import User


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/users", None),
        ("GET", "/nothing", None),
        ("GET", "", None),
        ("GET", "/users/no-uuid", None),
        ("GET", "/users?limit=0", None),
        ("PUT", "/users", None),
        ("POST", "/users", b"{"),
        ("POST", "/users", b" " * (17 * 1024 * 1024)),
        ("OPTIONS", "/users", None),
    ],
)
def test_without_a_token_everything_is_401(nobody: Any, method: str, path: str, body: Any) -> None:
    answer = nobody.call(method, path, body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorised")
    assert answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer"])
def test_the_schemes_case_does_not_matter(db: None, scheme: str) -> None:
    caller = Api(None)
    caller.headers = {"Authorization": f"{scheme} {make_token('auditor')}"}
    assert caller.get("/users").status_code == 200


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic {token}", "{token}", "Bearer {token}x", "Bearer \xff"]
)
def test_headers_that_carry_no_token(db: None, header: str) -> None:
    caller = Api(None)
    caller.headers = {"Authorization": header.replace("{token}", make_token("owner"))}
    assert caller.get("/users").status_code == 401


def test_expired_and_revoked_tokens_are_401(as_role: Any) -> None:
    now = timezone.now()
    assert as_role("owner", expires=now + timedelta(minutes=1)).get("/users").status_code == 200
    assert as_role("owner", expires=now - timedelta(seconds=1)).get("/users").status_code == 401
    assert as_role("owner", revoked=now).get("/users").status_code == 401


def test_last_use_is_noted_at_most_once_a_minute(api: Any) -> None:
    api.get("/users")
    first = ApiToken.objects.get().last_used
    api.get("/users")
    assert first is not None
    assert ApiToken.objects.get().last_used == first
    ApiToken.objects.update(last_used=first - timedelta(seconds=61))
    api.get("/users")
    assert ApiToken.objects.get().last_used > first


def test_a_token_is_kept_as_its_digest_only(db: None) -> None:
    token, plain = create_token(system(), name="ci", role="operator", expires_days=1)
    assert plain.startswith("prv_")
    assert len(plain) >= 44
    assert plain not in repr(list(ApiToken.objects.values()))
    assert token.prefix == plain[:8]
    assert Api(plain).get("/users").status_code == 200


def test_the_documents_and_probes_take_no_token(nobody: Any) -> None:
    for path in ("/api/v1/openapi.json", "/api/v1/docs", "/healthz", "/readyz"):
        assert nobody.client.get(path).status_code == 200, path
    assert nobody.client.get("/")["Location"] == "/sign-in?next=%2F"  # the portal


def test_a_browser_needs_nothing_from_elsewhere_for_the_docs(nobody: Any) -> None:
    page = nobody.client.get("/api/v1/docs").content.decode()
    assert "/api/v1/users:batch" in page
    assert "<script" not in page
    assert "://" not in page.replace("http://www.w3.org", "")


def test_metrics_take_a_token_unless_made_public(
    api: Any, nobody: Any, make_user: Any, make_application: Any, monkeypatch: Any
) -> None:
    ada = make_user("ada")
    make_application("Chat", ada)
    api.patch(f"/users/{ada.id}", {"firstname": "Ada"})
    shown = nobody.client.get("/metrics", headers=api.headers).content.decode()
    assert 'name="Chat"} 1.0' in next(line for line in shown.splitlines() if line.startswith("provisor_accounts_due{"))
    assert nobody.client.get("/metrics").status_code == 401
    monkeypatch.setenv("PROVISOR_METRICS_PUBLIC", "1")
    assert nobody.client.get("/metrics").status_code == 200


def test_cookies_are_no_way_in(nobody: Any) -> None:
    nobody.client.cookies["provisor"] = "x"
    assert nobody.post("/users", {"username": "a", "email": "a@example.com"}).status_code == 401
    assert User.objects.count() == 0
