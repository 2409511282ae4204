"""Imports through REST, as scripts use them."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from provisor import jobs
from provisor.administrators import commands as administrators
from provisor.administrators.actor import shell
from provisor.applications.importing.models import Candidate
from provisor.directory.models import User

if TYPE_CHECKING:
    from conftest import Source

Call = Callable[..., Any]


@pytest.fixture
def call(source: Source) -> Call:
    """One call as an admin; the answer's JSON with its status."""
    _row, token = administrators.create_token(shell(), name="script", role="admin")
    client = Client(headers={"Authorization": f"Bearer {token}"})

    def one(method: str, path: str, body: Any = None, expected: int = 200) -> Any:
        answer = client.generic(method, f"/api/v1{path}", *([] if body is None else [_json(body), "application/json"]))
        assert answer.status_code == expected, answer.content
        return answer.json()

    return one


def _json(body: Any) -> bytes:
    import orjson

    return orjson.dumps(body)


def test_the_whole_way(source: Source, call: Call) -> None:
    ada = source.person("ada", firstname="Ada")
    source.account("ada", "ada@example.com", name={"givenName": "Augusta"})
    source.account("bob", "bob@example.com")
    started = call("POST", f"/applications/{source.application.id}/imports", expected=202)
    assert (started["status"], started["kind"], started["application"]["name"]) == ("reading", "users", "Sample app")
    jobs.run_all()
    read = call("GET", f"/imports/{started['id']}")
    assert (read["status"], read["complete"], read["counts"]["exact"], read["counts"]["new"]) == ("ready", True, 1, 1)
    page = call("GET", f"/imports/{started['id']}/candidates?match=exact")
    (row,) = page["items"]
    assert (row["username"], row["match"], row["hit"]) == ("ada", "exact", {"id": str(ada.id), "name": "ada"})
    assert row["reason"] == {"code": "both", "message": "User name and e-mail are this user's."}
    detail = call("GET", f"/imports/{started['id']}/candidates/{row['id']}")
    assert detail["differences"] == [{"name": "firstname", "from": "Ada", "to": "Augusta"}]
    confirmed = call(
        "POST", f"/imports/{started['id']}/confirm", {"create": "all", "update": [row["id"]]}, expected=202
    )
    assert (confirmed["status"], confirmed["decided"]) == ("confirming", 2)
    jobs.run_all()
    done = call("GET", f"/imports/{started['id']}")
    assert (done["status"], done["results"]) == ("done", {"created": 1, "updated": 1})
    again = call("POST", f"/imports/{started['id']}/confirm", {"create": "all", "update": [row["id"]]}, expected=202)
    assert (again["status"], again["results"]) == ("done", {"created": 1, "updated": 1})
    assert User.objects.get(username="ada").firstname == "Augusta"


def test_pages_by_name_and_by_email_both_ways(source: Source, call: Call) -> None:
    for n in range(7):
        source.account(f"user{n}", f"{9 - n}@example.com")
    read = source.read()
    for sort, expected in (
        ("name", [f"user{n}" for n in range(7)]),
        ("-name", [f"user{n}" for n in range(6, -1, -1)]),
        ("email", [f"user{n}" for n in range(6, -1, -1)]),
        ("-email", [f"user{n}" for n in range(7)]),
    ):
        found, query = [], f"?limit=3&sort={sort}"
        while query:
            page = call("GET", f"/imports/{read.id}/candidates{query}")
            found += [row["username"] for row in page["items"]]
            query = page["next"] and f"?limit=3&sort={sort}&cursor={page['next']}"
        assert found == expected
    assert [row["username"] for row in call("GET", f"/imports/{read.id}/candidates?search=USER3")["items"]] == ["user3"]


def test_a_list_of_imports_by_application(source: Source, call: Call) -> None:
    read = source.read()
    listed = call("GET", f"/imports?application={source.application.id}&status=ready")
    assert [one["id"] for one in listed["items"]] == [str(read.id)]
    assert call("GET", f"/imports?application={uuid.uuid4()}", expected=404)["error"]["code"] == "not_found"


def test_cancel_and_then_nothing_more(source: Source, call: Call) -> None:
    started = call("POST", f"/applications/{source.application.id}/imports", {"kind": "groups"}, expected=202)
    assert call("POST", f"/imports/{started['id']}/cancel")["status"] == "cancelled"
    assert call("POST", f"/imports/{started['id']}/cancel", expected=409)["error"]["code"] == "wrong_state"
    refused = call("POST", f"/imports/{started['id']}/confirm", {"create": "all"}, expected=409)
    assert refused["error"]["code"] == "wrong_state"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        pytest.param({"create": "everybody"}, "create", id="an unknown word"),
        pytest.param({"create": ["x"]}, "create", id="no id"),
        pytest.param({"state": "suspended"}, "state", id="a state"),
        pytest.param({"link": {"x": "y"}}, "link", id="a link of nothing"),
        pytest.param({"creat": "all"}, "creat", id="a slip"),
    ],
)
def test_bad_bodies_are_named(source: Source, call: Call, body: dict[str, Any], field: str) -> None:
    read = source.read()
    fields = call("POST", f"/imports/{read.id}/confirm", body, expected=422)["error"]["fields"]
    assert any(name.startswith(field) for name in fields), fields
    assert not Candidate.objects.filter(decision__isnull=False).exists()


def test_a_link_by_a_person(source: Source, call: Call) -> None:
    ada = source.person("ada")
    source.account("x", "x@example.com")
    read = source.read()
    row = source.candidates(read)["x"]
    call("POST", f"/imports/{read.id}/confirm", {"link": {str(row.id): str(ada.id)}, "assign": True}, expected=202)
    jobs.run_all()
    (shown,) = call("GET", f"/imports/{read.id}/candidates?outcome=linked")["items"]
    assert (shown["outcome"]["result"], shown["made"]["name"]) == ("linked", "ada")
