"""Administrators and tokens: made by who may, never above the maker's own role."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from tests.web.conftest import Api

from provisor.administrators import commands, roles
from provisor.administrators.actor import Actor, shell
from provisor.administrators.models import Administrator, ApiToken
from provisor.errors import Conflict, Invalid, NotAllowed, NotFound

GOOD = "correct horse battery"


def test_an_administrator_is_made_with_a_hashed_password(db: None, happened: Any) -> None:
    made = commands.create_administrator(shell(), email="Ada@example.com", role="admin", password=GOOD)
    assert (made.email, made.email_key, made.role) == ("Ada@example.com", "ada@example.com", "admin")
    assert made.check_password(GOOD)
    [event] = happened("admin_create")
    assert (event.message, event.changes[0]["to"]) == ("Ada@example.com", "admin")
    assert GOOD not in repr(vars(event))


@pytest.mark.parametrize(
    ("change", "field"),
    [({"email": "ada"}, "email"), ({"role": "king"}, "role"), ({"password": "short"}, "password")],
)
def test_what_is_refused_names_its_field(db: None, change: dict[str, str], field: str) -> None:
    given = {"email": "ada@example.com", "role": "admin", "password": GOOD, **change}
    with pytest.raises(Invalid) as refusal:
        commands.create_administrator(shell(), **given)
    assert list(refusal.value.fields) == [field]
    assert Administrator.objects.count() == 0


def test_one_address_is_one_administrator(db: None) -> None:
    commands.create_administrator(shell(), email="ada@example.com", role="admin", password=GOOD)
    with pytest.raises(Conflict):
        commands.create_administrator(shell(), email="ADA@example.com", role="owner", password=GOOD)


def test_a_reset_password_replaces_the_old_one(db: None) -> None:
    commands.create_administrator(shell(), email="ada@example.com", role="admin", password=GOOD)
    commands.reset_password(shell(), email="ADA@example.com", password="another good one")
    assert Administrator.objects.get().check_password("another good one")
    with pytest.raises(NotFound):
        commands.reset_password(shell(), email="ben@example.com", password=GOOD)


@pytest.mark.parametrize("role", ["admin", "operator", "auditor"])
def test_only_an_owner_makes_tokens(db: None, role: str) -> None:
    actor = Actor(kind="token", id="t", name="t", role=role)
    with pytest.raises(roles.Forbidden):
        commands.create_token(actor, name="x", role="auditor")
    assert ApiToken.objects.count() == 0


def test_nobody_hands_out_more_than_they_have(db: None, monkeypatch: Any) -> None:
    """Should another role be allowed to make tokens one day."""
    monkeypatch.setitem(roles.PERMISSIONS, "administrators.write", frozenset({"owner", "admin"}))
    admin = Actor(kind="token", id="t", name="t", role="admin")
    commands.create_token(admin, name="x", role="operator")
    with pytest.raises(NotAllowed):
        commands.create_token(admin, name="x", role="owner")


def test_a_revoked_token_ends_at_once(db: None, happened: Any) -> None:
    token, plain = commands.create_token(shell(), name="ci", role="owner", expires_days=30)
    assert token.expires > timezone.now() + timedelta(days=29)
    assert Api(plain).get("/users").status_code == 200
    commands.revoke_token(shell(), token.id)
    commands.revoke_token(shell(), token.id)
    assert Api(plain).get("/users").status_code == 401
    assert (len(happened("token_revoke")), len(commands.list_tokens(shell()))) == (1, 1)


@pytest.mark.parametrize(("name", "days"), [("", None), ("x" * 257, None), ("a\nb", None), ("x", 0), ("x", 99999)])
def test_odd_names_and_lives_of_tokens(db: None, name: str, days: int | None) -> None:
    with pytest.raises(Invalid):
        commands.create_token(shell(), name=name, role="auditor", expires_days=days)
