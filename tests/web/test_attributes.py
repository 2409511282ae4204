"""Custom attributes with a schema: what can be said of them, what users may then hold, and what is there only once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from provisor.directory.models import CustomAttribute, UniqueValue, User


def define(api: Any, name: str, type: str = "text", **more: Any) -> Any:
    return api.post("/attributes", {"name": name, "type": type, **more})


def make(api: Any, username: str, **attributes: Any) -> Any:
    return api.post("/users", {"username": username, "email": f"{username}@example.com", "attributes": attributes})


def fields(answer: Any) -> dict[str, str]:
    return dict(answer.json()["error"]["fields"])


def test_a_schema_is_defined_read_changed_and_taken_back(api: Any, happened: Any) -> None:
    made = define(api, "badge", label="Badge", description="On the card", unique=True, editable_by="user")
    assert made.status_code == 201
    shown = made.json()
    assert {name: shown[name] for name in ("name", "type", "label", "choices", "unique", "editable_by")} == {
        "name": "badge", "type": "text", "label": "Badge", "choices": [], "unique": True, "editable_by": "user",
    }  # fmt: skip
    assert api.get("/attributes").json()["items"] == [shown]
    assert api.get("/attributes/badge").json() == shown | {"used_by": []}
    changed = api.patch("/attributes/badge", {"label": "Card"}).json()
    assert (changed["label"], changed["unique"]) == ("Card", True)
    assert changed["updated"] > shown["updated"]
    assert api.patch("/attributes/badge", {"label": "X"}, If_Match=shown["updated"]).status_code == 412
    assert api.delete("/attributes/badge").status_code == 204
    assert api.get("/attributes/badge").status_code == 404
    kinds = ("attribute_create", "attribute_update", "attribute_delete")
    assert [happened(kind)[-1].changes[0]["to"] for kind in kinds] == ["badge"] * 3


def test_what_changes_nothing_writes_nothing(api: Any, happened: Any) -> None:
    before = define(api, "badge", label="Badge").json()
    assert api.patch("/attributes/badge", {"label": "Badge"}).json() == before
    assert happened("attribute_update") == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "a b"}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 65}, "name"),
        ({"name": "a", "type": "colour"}, "type"),
        ({"name": "a", "type": "choice"}, "choices"),
        ({"name": "a", "type": "choice", "choices": ["x", "x"]}, "choices"),
        ({"name": "a", "type": "choice", "choices": [""]}, "choices[0]"),
        ({"name": "a", "choices": ["x"]}, "choices"),
        ({"name": "a", "type": "boolean", "unique": True}, "unique"),
        ({"name": "a", "type": "list", "unique": True}, "unique"),
        ({"name": "a", "editable_by": "everybody"}, "editable_by"),
        ({"name": "a", "secret": True}, "secret"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_is_no_schema(api: Any, body: dict[str, Any], field: str) -> None:
    answer = api.post("/attributes", body)
    assert (answer.status_code, list(fields(answer))) == (422, [field])
    assert not CustomAttribute.objects.exists()


def test_an_attribute_has_one_schema(api: Any) -> None:
    define(api, "team")
    answer = define(api, "team")
    assert (answer.status_code, list(fields(answer))) == (409, ["name"])


GOOD = [
    ("text", {}, "x"),
    ("number", {}, 3),
    ("number", {}, 2.5),
    ("boolean", {}, False),
    ("date", {}, "2026-02-28"),
    ("choice", {"choices": ["S", "M"]}, "M"),
    ("list", {}, ["x", "y"]),
]
BAD = [
    ("text", {}, 3),
    ("number", {}, "3"),
    ("number", {}, True),
    ("number", {}, 10**20),
    ("boolean", {}, "yes"),
    ("date", {}, "28.2.2026"),
    ("date", {}, "2026-02-30"),
    ("date", {}, 20260228),
    ("choice", {"choices": ["S", "M"]}, "L"),
    ("choice", {"choices": ["S", "M"]}, ["S"]),
    ("list", {}, "x"),
    ("list", {}, ["x", 3]),
    ("list", {}, ["x"] * 51),
]


@pytest.mark.parametrize(("type", "more", "value"), GOOD, ids=lambda value: str(value)[:30])
def test_a_value_that_fits(api: Any, type: str, more: dict[str, Any], value: Any) -> None:
    define(api, "it", type, **more)
    assert make(api, "ada", it=value).json()["attributes"] == {"it": value}


@pytest.mark.parametrize(("type", "more", "value"), BAD, ids=lambda value: str(value)[:30])
def test_a_value_that_does_not_fit(api: Any, type: str, more: dict[str, Any], value: Any) -> None:
    define(api, "it", type, **more)
    refused = make(api, "ada", it=value)
    assert (refused.status_code, list(fields(refused))) == (422, ["attributes.it"])
    user = make(api, "bob", other=value).json()
    refused = api.patch(f"/users/{user['id']}", {"attributes": {"it": value}})
    assert (refused.status_code, list(fields(refused))) == (422, ["attributes.it"])
    assert api.get(f"/users/{user['id']}").json()["attributes"] == {"other": value}


@pytest.mark.parametrize("nothing", [None, "", []], ids=["null", "empty text", "empty list"])
def test_an_empty_value_is_none(api: Any, nothing: Any) -> None:
    define(api, "level", "number")
    user = make(api, "ada", level=3).json()
    assert api.patch(f"/users/{user['id']}", {"attributes": {"level": nothing}}).json()["attributes"] == {}


def test_what_has_no_schema_stays_free(api: Any) -> None:
    define(api, "level", "number")
    anything = {"a": [1, {"b": None}], "c": True}
    assert make(api, "ada", **anything).json()["attributes"] == anything


def test_a_schema_never_stands_over_values_that_do_not_fit(api: Any) -> None:
    for n in range(12):
        make(api, f"user{n:02}", level="high")
    make(api, "ada", level=3)
    answer = define(api, "level", "number")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "misfits")
    told = fields(answer)
    assert told.pop("count") == "12"
    assert len(told) == 10
    assert told["users.user00"] == "This must be a number."
    assert not CustomAttribute.objects.exists()


def test_a_change_of_type_asks_the_values_too(api: Any) -> None:
    define(api, "level")
    make(api, "ada", level="high")
    assert api.patch("/attributes/level", {"type": "number"}).json()["error"]["code"] == "misfits"
    assert api.patch("/attributes/level", {"type": "choice", "choices": ["low"]}).status_code == 409
    assert api.patch("/attributes/level", {"type": "choice", "choices": ["low", "high"]}).status_code == 200
    back = api.patch("/attributes/level", {"type": "text"}).json()
    assert (back["type"], back["choices"]) == ("text", [])


@pytest.mark.parametrize("other", ["B-1", "b-1", " Ｂ-1 "], ids=["the same", "another case", "full width"])
def test_a_unique_value_is_there_once(api: Any, other: str) -> None:
    define(api, "badge", unique=True)
    make(api, "ada", badge="B-1")
    refused = make(api, "bob", badge=other)
    assert (refused.status_code, list(fields(refused))) == (409, ["attributes.badge"])
    bob = make(api, "bob", badge="B-2").json()
    refused = api.patch(f"/users/{bob['id']}", {"attributes": {"badge": other}})
    assert (refused.status_code, list(fields(refused))) == (409, ["attributes.badge"])
    assert api.patch(f"/users/{bob['id']}", {"attributes": {"badge": "B-2 "}}).status_code == 200


def test_a_unique_value_is_free_again(api: Any) -> None:
    define(api, "badge", unique=True)
    ada = make(api, "ada", badge="B-1").json()
    api.patch(f"/users/{ada['id']}", {"attributes": {"badge": None}})
    bob = make(api, "bob", badge="B-1")
    assert bob.status_code == 201
    assert api.delete(f"/users/{bob.json()['id']}").status_code == 204
    assert make(api, "carl", badge="b-1").status_code == 201
    api.delete("/attributes/badge")
    assert not UniqueValue.objects.exists()
    assert make(api, "dora", badge="B-1").status_code == 201


def test_numbers_that_are_the_same_are_the_same(api: Any) -> None:
    define(api, "number", "number", unique=True)
    make(api, "ada", number=3)
    assert make(api, "bob", number=3.0).status_code == 409


def test_a_schema_that_is_unique_is_asked_of_what_is_there(api: Any) -> None:
    make(api, "ada", badge="B-1")
    make(api, "bob", badge="b-1")
    make(api, "carl", badge="B-2")
    answer = define(api, "badge", unique=True)
    assert (answer.status_code, fields(answer)["count"]) == (409, "1")
    assert not UniqueValue.objects.exists()
    define(api, "badge")
    assert api.patch("/attributes/badge", {"unique": True}).json()["error"]["code"] == "misfits"
    User.objects.filter(username="bob").update(attributes={})
    assert api.patch("/attributes/badge", {"unique": True}).status_code == 200
    assert make(api, "dora", badge="B-2").status_code == 409


def test_twins_in_one_batch(api: Any) -> None:
    define(api, "badge", unique=True)
    people = [{"username": f"u{n}", "email": f"u{n}@example.com", "attributes": {"badge": "B-1"}} for n in range(3)]
    results = api.post("/users:batch", {"users": people}).json()["results"]
    assert [each["status"] for each in results] == [201, 409, 409]
    assert results[1]["error"]["fields"].keys() == {"attributes.badge"}


@pytest.mark.django_db(transaction=True)
def test_two_at_once_get_one(api: Any) -> None:
    define(api, "badge", unique=True)
    users = [make(api, f"u{n}").json()["id"] for n in range(6)]

    def take(id: str) -> int:
        try:
            return int(api.patch(f"/users/{id}", {"attributes": {"badge": "B-1"}}).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(take, users)) == [200, *[409] * 5]
    holders = [user for user in User.objects.values_list("attributes", flat=True) if user.get("badge")]
    assert len(holders) == UniqueValue.objects.count() == 1


def test_users_are_found_by_a_custom_attribute(api: Any) -> None:
    make(api, "ada", team="Blue", level=3)
    make(api, "bob", team="Red", tags=["x", "y"])
    for asked, found in (("team:Blue", ["ada"]), ("level:3", ["ada"]), ("tags:y", ["bob"]), ("team:blue", [])):
        shown = api.get(f"/users?attribute={asked}").json()["items"]
        assert [user["username"] for user in shown] == found, asked
    assert api.get("/users?attribute=team").status_code == 422


@pytest.fixture
def used(api: Any) -> Any:
    """An application whose attributes read user.attributes.vip."""
    given = {"name": "Sample", "base_url": "https://sample.example.com/scim", "auth": {"type": "bearer", "token": "x"}}
    application = api.post("/applications", given).json()
    rows = api.get(f"/applications/{application['id']}/mapping").json()["rows"]
    rows.append({"scim": "title", "source": {"expression": 'user.attributes.vip == "yes" ? "VIP" : ""'}})
    rows = [row for at, row in enumerate(rows) if row["scim"] != "title" or at == len(rows) - 1]
    rows.append({"scim": "nickName", "source": {"attribute": "attributes.vip"}})
    assert api.put(f"/applications/{application['id']}/mapping", {"rows": rows}).status_code == 200
    return application


def test_where_an_attribute_is_used(api: Any, used: Any) -> None:
    define(api, "vip")
    use = {"kind": "attributes", "id": used["id"], "name": "Sample"}
    assert api.get("/attributes/vip").json()["used_by"] == [use]


def test_what_an_absent_value_means_does_not_change_under_an_expression(api: Any, used: Any) -> None:
    refused = define(api, "vip", "boolean")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "in_use")
    assert "Sample" in refused.json()["error"]["message"]
    assert define(api, "vip").status_code == 201
    assert api.patch("/attributes/vip", {"type": "list"}).json()["error"]["code"] == "in_use"
    assert api.patch("/attributes/vip", {"type": "date"}).status_code == 200
    assert api.delete("/attributes/vip").status_code == 204


def test_a_preview_of_rows_for_a_real_user(api: Any, used: Any) -> None:
    user = make(api, "ada", vip="yes", level="x").json()
    where = f"/applications/{used['id']}/mapping/preview"
    rows = [
        {"scim": "title", "source": {"expression": "upper(user.username)"}},
        {"scim": "roles", "source": {"expression": 'split("a,b", ",")'}, "included": False},
        {"scim": "nickName", "source": {"expression": "user.attributes.level + 1"}},
        {"scim": "userType", "source": {"expression": "user.nmae"}},
        {"scim": "locale", "source": {"attribute": "locale"}},
        {"scim": "nonsense"},
    ]
    shown = api.post(where, {"user": user["id"], "rows": rows}).json()["rows"]
    assert [row["value"] for row in shown] == ["ADA", [{"value": "a", "primary": True}, {"value": "b"}], *[None] * 4]
    assert [bool(row["error"]) for row in shown] == [False, False, True, True, False, True]
    assert "At character 6" in shown[3]["error"]
    one = api.post(where, {"user": user["id"], "row": rows[0]}).json()["rows"]
    assert one == [{"scim": "title", "value": "ADA", "error": None}]
    stored = {row["scim"]: row["value"] for row in api.post(where, {"user": user["id"]}).json()["rows"]}
    assert (stored["title"], stored["userName"], stored["nickName"]) == ("VIP", "ada", "yes")
    assert api.post(where, {"user": used["id"]}).status_code == 404


def test_a_wrong_expression_is_named_with_its_place(api: Any, used: Any) -> None:
    rows = api.get(f"/applications/{used['id']}/mapping").json()["rows"]
    rows[-1]["source"] = {"expression": 'upper(user.username) + "'}
    refused = api.put(f"/applications/{used['id']}/mapping", {"rows": rows})
    assert refused.status_code == 422
    assert fields(refused) == {f"rows.{len(rows) - 1}": "source: At character 24: This text has no closing quote."}
