"""POST /users and POST /users:batch."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection

from provisor.directory.models import User

FULL = {
    "username": "zoe.obrien",
    "email": "Zoë.O'Brien@example.com",
    "firstname": "Zoë",
    "middlename": None,
    "lastname": "O'Brien",
    "displayname": "Zoë O'Brien",
    "company": "Example Ltd",
    "department": "Ärzte",
    "jobTitle": "Surgeon",
    "employeeIdentifier": "E-0007",
    "employeeType": "permanent",
    "costCenter": "42",
    "location": "Zürich",
    "locale": "de-CH",
    "addresses": [{"type": "work", "streetAddress": "Bahnhofstr. 1\nc/o Empfang", "country": "CH"}],
    "phoneNumbers": [{"type": "work", "number": "+41 44 000 00 00"}, {"number": "0440000001"}],
    "attributes": {"badge": "7", "remote": True, "portrait": "https://example.com/" + "p" * 2000},
}


def test_every_attribute_comes_back_as_it_was_sent(api: Any) -> None:
    made = api.post("/users", FULL)
    assert made.status_code == 201
    shown = api.get(f"/users/{made.json()['id']}").json()
    assert {name: shown[name] for name in FULL} == FULL
    assert (shown["state"], shown["password_status"], shown["manager"]) == ("active", "pending", None)


def test_a_new_user_has_an_event_and_nothing_due(api: Any, happened: Any, marks: Any) -> None:
    id = api.post("/users", {"username": "ada", "email": "ada@example.com"}).json()["id"]
    (event,) = happened("user_create")
    assert (str(event.user_id), event.user_name, event.actor["kind"]) == (id, "ada", "token")
    assert {"name": "email", "from": None, "to": "ada@example.com"} in event.changes
    assert marks() == []


def test_staged_when_asked_for(api: Any) -> None:
    made = api.post("/users", {"username": "ada", "email": "ada@example.com", "state": "staged"})
    assert made.json()["state"] == "staged"


def test_a_manager_by_id_or_by_username(api: Any, make_user: Any) -> None:
    boss = make_user("Boss")
    for manager in (str(boss.id), {"id": str(boss.id)}, {"username": "BOSS"}):
        name = f"u{len(str(manager))}"
        made = api.post("/users", {"username": name, "email": f"{name}@example.com", "manager": manager})
        assert (made.status_code, made.json().get("manager")) == (201, str(boss.id))


@pytest.mark.parametrize(
    ("change", "field", "why"),
    [
        ({"username": None}, "username", "required"),
        ({"username": ""}, "username", "empty"),
        ({"username": " ada"}, "username", "white space is refused visibly"),
        ({"username": "a\tb"}, "username", "control character"),
        ({"username": "a\u0000b"}, "username", "NUL can't be stored"),
        ({"username": "a\ud800b"}, "username", "half a surrogate pair can't be stored"),
        ({"username": "a" * 257}, "username", "longer than 256"),
        ({"username": "\ufdfa" * 256}, "username", "its key is 18 times as long"),
        ({"username": 7}, "username", "a number is no text"),
        ({"email": "ada"}, "email", "no @"),
        ({"email": "ada@b@example.com"}, "email", "two @"),
        ({"email": "ada@"}, "email", "no domain"),
        ({"email": "ada@example..com"}, "email", "an empty label"),
        ({"email": "ada @example.com"}, "email", "white space inside"),
        ({"email": "ada@example.com\n"}, "email", "a line break at the end"),
        ({"firstname": "x" * 257}, "firstname", "longer than 256"),
        ({"firstname": ["Ada"]}, "firstname", "a list is no text"),
        ({"state": "suspended"}, "state", "nobody starts suspended"),
        ({"password_status": "active"}, "password_status", "not settable"),
        ({"password": "secret words"}, "password", "has a call of its own"),
        ({"nickname": "A"}, "nickname", "unknown"),
        ({"manager": "nobody"}, "manager", "no UUID"),
        ({"manager": "7e57ab1e-0000-4000-8000-000000000000"}, "manager", "unknown user"),
        ({"manager": {"username": "nobody"}}, "manager", "unknown username"),
        ({"addresses": [{"type": "work"}, {"zip": "1"}]}, "addresses[1].zip", "unknown inside a list"),
        ({"addresses": {}}, "addresses", "an object is no list"),
        ({"phoneNumbers": [{"type": "work"}]}, "phoneNumbers[0].number", "a number is needed"),
        ({"phoneNumbers": [{"number": "1"}] * 51}, "phoneNumbers", "more than 50"),
        ({"attributes": {"a b": "x"}}, "attributes.a b", "a space in a name"),
        ({"attributes": {"a": "x" * 257}}, "attributes.a", "longer than 256"),
        ({"attributes": {"a": ["\u0000"]}}, "attributes.a[0]", "NUL deep inside"),
        ({"attributes": {f"a{n}": "x" * 250 for n in range(300)}}, "attributes", "more than 64 KB"),
    ],
)
def test_what_is_refused_names_its_field(api: Any, change: dict[str, Any], field: str, why: str) -> None:
    body = {"username": "ada", "email": "ada@example.com", **change}
    if change == {"username": None}:
        del body["username"]
    answer = api.post("/users", body)
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (422, [field]), why
    assert answer.json()["error"]["message"].startswith(field)
    assert User.objects.count() == 0


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"username": "ADA", "email": "other@example.com"}, ["username"]),
        ({"username": "Ａda", "email": "other@example.com"}, ["username"]),  # full-width, NFKC
        ({"username": "other", "email": "Ada@Example.COM"}, ["email"]),
        ({"username": "ada", "email": "ada@example.com"}, ["username", "email"]),
    ],
)
def test_taken_names_are_409_and_named(api: Any, make_user: Any, body: dict[str, str], fields: list[str]) -> None:
    make_user("ada")
    answer = api.post("/users", body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")
    assert list(answer.json()["error"]["fields"]) == fields
    assert User.objects.count() == 1


def test_strasse_and_straße_are_one_name(api: Any, make_user: Any) -> None:
    make_user("strasse")
    assert api.post("/users", {"username": "STRAßE", "email": "s@example.com"}).status_code == 409


def test_a_batch_has_an_outcome_for_each_row_in_order(api: Any, make_user: Any, happened: Any) -> None:
    make_user("taken")
    rows = [_row("one"), _row("taken"), {**_row("two"), "nickname": 1}, _row("ONE"), "no object", _row("three")]
    answer = api.post("/users:batch", {"users": rows})
    results = answer.json()["results"]
    assert answer.status_code == 200
    assert [(each["index"], each["status"]) for each in results] == list(enumerate([201, 409, 422, 409, 422, 201]))
    assert results[0]["user"]["username"] == "one"
    assert [list(results[n]["error"]["fields"]) for n in (1, 2, 3)] == [
        ["username", "email"],
        ["nickname"],
        ["username", "email"],
    ]
    assert sorted(User.objects.values_list("username", flat=True)) == ["one", "taken", "three"]
    assert [event.user_name for event in happened("user_create")] == ["one", "three"]


def test_an_atomic_batch_with_a_bad_row_writes_nothing(api: Any, happened: Any) -> None:
    answer = api.post("/users:batch", {"users": [_row("one"), {"username": "two"}, _row("ONE")], "atomic": True})
    assert answer.status_code == 422
    assert sorted(answer.json()["error"]["fields"]) == ["users[1].email", "users[2].email", "users[2].username"]
    assert (User.objects.count(), happened("user_create")) == (0, [])


def test_a_row_may_name_an_earlier_one_as_manager(api: Any) -> None:
    rows = [
        _row("boss"),
        {**_row("one"), "manager": {"username": "boss"}},
        {**_row("two"), "manager": {"username": "x"}},
    ]
    results = api.post("/users:batch", {"users": rows}).json()["results"]
    assert results[1]["user"]["manager"] == results[0]["user"]["id"]
    assert list(results[2]["error"]["fields"]) == ["manager"]


def test_a_thousand_users_take_a_handful_of_statements(api: Any, django_assert_max_num_queries: Any) -> None:
    rows = [_row(f"user{n:04}") for n in range(1000)]
    with django_assert_max_num_queries(20):
        answer = api.post("/users:batch", {"users": rows})
    assert {each["status"] for each in answer.json()["results"]} == {201}
    assert User.objects.count() == 1000


def test_more_than_a_thousand_are_refused(api: Any) -> None:
    answer = api.post("/users:batch", {"users": [_row(f"u{n}") for n in range(1001)]})
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (422, ["users"])


@pytest.mark.django_db(transaction=True)
def test_two_callers_with_one_name_at_once(api: Any) -> None:
    """Neither sees the other's row; the unique constraint decides, and the loser learns the field."""
    start, codes, names = threading.Barrier(2), [], []

    def create() -> None:
        start.wait(10)
        answer = api.post("/users", _row("ada"))
        codes.append(answer.status_code)
        names.append(list(answer.json().get("error", {"fields": {}})["fields"]))
        connection.close()

    threads = [threading.Thread(target=create) for _ in range(2)]
    [thread.start() for thread in threads]
    [thread.join(20) for thread in threads]
    assert sorted(codes) == [201, 409]
    assert sorted(names) == [[], ["username", "email"]]


def _row(name: str) -> dict[str, Any]:
    return {"username": name, "email": f"{name}@example.com"}
