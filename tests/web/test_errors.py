"""Errors have one shape everywhere below the prefix, and tell nothing that they shouldn't."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import DatabaseError

from provisor.directory import queries
from provisor.directory.models import User

ADA = {"username": "ada", "email": "ada@example.com"}


def shape(answer: Any) -> tuple[int, str]:
    """Status and code of an answer that has the contract's shape."""
    error = answer.json()["error"]
    assert set(error) == {"code", "message", "fields"}
    assert error["message"]
    assert answer["Content-Type"].startswith("application/json")
    return answer.status_code, error["code"]


@pytest.mark.parametrize(
    ("body", "status", "why"),
    [
        (b"{", 400, "cut off"),
        (b"ada", 400, "no JSON"),
        (b'{"username": "a", "username": "b"}', 400, "a name twice"),
        (b'{"attributes": {"a": {"b": 1, "b": 2}}}', 400, "a name twice inside"),
        (b'{"username": NaN}', 400, "NaN is not JSON"),
        (b'{"username": -Infinity}', 400, "nor is this"),
        (b'{"attributes": {"a": 1e999}}', 400, "a number that becomes infinite"),
        (b'{"attributes": {"a": ' + b"9" * 5000 + b"}}", 400, "a number that takes forever"),
        (b'{"username": "\xff"}', 400, "not UTF-8"),
        (b'\xef\xbb\xbf{"username": "ada"}', 400, "a byte order mark"),
        (b"[" * 100_000, 400, "deep nesting"),
        (b'{"attributes": {"a": ' + b"[" * 40 + b"]" * 40 + b"}}", 400, "deeper than 32"),
        (b"[]", 422, "a list is no user"),
        (b"null", 422, "null is no user"),
        (b'"ada"', 422, "text is no user"),
        (b"", 422, "nothing: the required fields are missing"),
    ],
)
def test_bodies_that_can_not_be_read(api: Any, body: bytes, status: int, why: str) -> None:
    assert shape(api.post("/users", body)) == (status, "malformed" if status == 400 else "invalid"), why


def test_a_body_above_16_mb_is_413(api: Any) -> None:
    assert shape(api.post("/users", b" " * (16 * 1024 * 1024 + 1))) == (413, "too_large")


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("", "the prefix itself"),
        ("/", "with a slash"),
        ("/nothing", "unknown"),
        ("/users/", "a trailing slash"),
        ("/users/no-uuid", "an id that is no UUID is an id of nothing"),
        ("/users/%00", "NUL"),
        ("/users/a%0Ab", "a line break"),
        ("/users/%2e%2e/groups", "dots"),
        ("/users/7e57ab1e-0000-4000-8000-000000000000", "unknown id"),
        ("/groups/7e57ab1e-0000-4000-8000-000000000000", "unknown id"),
        ("/users/7e57ab1e-0000-4000-8000-000000000000/accounts", "unknown id"),
        ("/users/7e57ab1e-0000-4000-8000-000000000000/groups", "unknown id"),
    ],
)
def test_what_is_not_there_is_404(api: Any, path: str, why: str) -> None:
    assert shape(api.get(path)) == (404, "not_found"), why


def test_other_methods_are_405_and_told(api: Any, make_user: Any) -> None:
    answer = api.put(f"/users/{make_user('ada').id}", ADA)
    assert shape(answer) == (405, "method_not_allowed")
    assert {"GET", "PATCH", "DELETE"} == set(answer["Allow"].replace(" ", "").split(","))
    assert shape(api.call("OPTIONS", "/users")) == (405, "method_not_allowed")


def test_head_is_a_get_without_its_body(api: Any) -> None:
    answer = api.call("HEAD", "/users")
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_mistake_of_ours_is_500_and_tells_only_where_to_look(api: Any, monkeypatch: Any, caplog: Any) -> None:
    def fails(_id: Any) -> None:
        raise RuntimeError("the words of a mistake")

    monkeypatch.setattr(queries, "get_user", fails)
    answer = api.get("/users/7e57ab1e-0000-4000-8000-000000000000")
    assert shape(answer) == (500, "internal")
    assert b"mistake" not in answer.content
    assert answer["X-Correlation-Id"] in answer.json()["error"]["message"]
    assert answer["X-Correlation-Id"] in caplog.text


def test_a_deadlock_is_409_and_can_be_repeated(api: Any, monkeypatch: Any) -> None:
    class Deadlock(Exception):
        sqlstate = "40P01"

    def fails(_id: Any) -> None:
        raise DatabaseError("deadlock detected") from Deadlock()

    monkeypatch.setattr(queries, "get_user", fails)
    answer = api.get("/users/7e57ab1e-0000-4000-8000-000000000000")
    assert (*shape(answer), answer["Retry-After"]) == (409, "busy", "1")


def test_a_host_that_is_not_ours_is_refused_in_the_same_shape(api: Any, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["directory.example"]
    assert shape(api.get("/users")) == (400, "malformed")


def test_other_addresses_have_the_same_shape(nobody: Any) -> None:
    assert shape(nobody.client.get("/nothing")) == (404, "not_found")


def test_a_correlation_id_ties_answer_and_event_together(api: Any, happened: Any) -> None:
    answer = api.post("/users", ADA)
    assert str(happened("user_create")[0].correlation) == answer["X-Correlation-Id"]
    assert answer["Cache-Control"] == "no-store"


def test_other_content_types_are_read_as_json(api: Any) -> None:
    """curl -d says form; the body is what counts."""
    headers = {"Authorization": api.headers["Authorization"]}
    form = "application/x-www-form-urlencoded"
    answer = api.client.generic("POST", "/api/v1/users", json.dumps(ADA), form, headers=headers)
    assert (answer.status_code, User.objects.count()) == (201, 1)


def test_markup_in_a_value_stays_text(api: Any) -> None:
    made = api.post("/users", {**ADA, "displayname": "<script>alert(1)</script>"})
    assert made.json()["displayname"] == "<script>alert(1)</script>"
    assert (made["Content-Type"], made["X-Content-Type-Options"]) == ("application/json; charset=utf-8", "nosniff")
