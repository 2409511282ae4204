"""Which answer belongs to which operation of a Bulk request: by its name, and never by guessing (B1)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisor.scim.bulk import ENVELOPE, Operation, id_in, outcomes, send

ADA = Operation("b-ada", "POST", "/Users", {"userName": "ada", "password": "a long secret"})
BOB = Operation("b-bob", "PATCH", "/Users/2", {"Operations": []})
CY = Operation("b-cy", "PATCH", "/Users/a%2Fb", {"Operations": []})
ALL = (ADA, BOB, CY)


def _told(*entries: Any) -> dict[str, int]:
    """By bulkId, the status."""
    found = outcomes(ALL, {"Operations": list(entries)})
    assert found is not None
    return {name: answer.status for name, answer in found.answers.items()}


READ = [
    ({"method": "POST", "bulkId": "b-ada", "status": "201"}, {"b-ada": 201}, "as the RFC has it"),
    ({"method": "post", "bulkId": "b-ada", "status": 201}, {"b-ada": 201}, "a number"),
    ({"METHOD": "POST", "BulkID": "b-ada", "Status": "201 Created"}, {"b-ada": 201}, "names in any case, a phrase"),
    ({"bulkId": "b-ada", "status": {"code": "201"}}, {"b-ada": 201}, "an old draft, and no method"),
    ({"method": "PATCH", "location": "https://sp.example/v2/Users/2", "status": "200"}, {"b-bob": 200}, "its place"),
    ({"method": "PATCH", "location": "/Users/a%2Fb", "status": "204"}, {"b-cy": 204}, "its place, encoded"),
    ({"method": "PATCH", "bulkId": "b-ada", "status": "200"}, {}, "another method"),
    ({"method": "POST", "bulkId": "b-eve", "status": "201"}, {}, "a name that nobody gave"),
    ({"method": "POST", "location": "/Users/2", "status": "201"}, {}, "a new account has no place yet"),
    ({"method": "POST", "status": "201"}, {}, "no name"),
    ({"method": "POST", "bulkId": "b-ada"}, {}, "no status"),
    ({"method": "POST", "bulkId": "b-ada", "status": "soon"}, {}, "a status that is none"),
    ({"method": "POST", "bulkId": "b-ada", "status": "99999"}, {}, "a status that is none either"),
    ({"method": "POST", "bulkId": "b-ada", "status": True}, {}, "true"),
    ({"method": "POST", "bulkId": ["b-ada"], "status": "201"}, {}, "a list for a name"),
    ("x", {}, "text for an answer"),
    (None, {}, "nothing for an answer"),
]


@pytest.mark.parametrize(("entry", "expected", "reason"), READ, ids=[row[2] for row in READ])
def test_an_answer_names_its_operation(entry: Any, expected: dict[str, int], reason: str) -> None:
    assert _told(entry) == expected, reason


def test_the_order_says_nothing() -> None:
    entries = [{"bulkId": each.bulk_id, "status": status} for each, status in zip(ALL, (201, 200, 204), strict=True)]
    assert _told(*entries[::-1]) == {"b-ada": 201, "b-bob": 200, "b-cy": 204}


def test_two_answers_to_one_operation() -> None:
    """The same twice is the same; two that differ are none."""
    good, bad = ({"bulkId": "b-ada", "status": status} for status in ("201", "409"))
    assert _told(good, good) == {"b-ada": 201}
    assert _told(good, bad) == _told(bad, good) == _told(good, bad, good) == {}


def test_two_updates_of_one_account_are_not_told_apart_by_their_place() -> None:
    twice = (BOB, Operation("b-bob2", "PATCH", "/Users/2", {}))
    found = outcomes(twice, {"Operations": [{"method": "PATCH", "location": "/Users/2", "status": "200"}]})
    assert found is not None
    assert (found.answers, found.nameless) == ({}, 1)


def test_an_answer_is_what_a_single_request_would_have_had() -> None:
    entry = {"method": "POST", "bulkId": "b-ada", "status": "201", "location": "/Users/7", "response": {"id": "7"}}
    found = outcomes(ALL, {"operations": [entry]})
    assert found is not None
    answer = found.answers["b-ada"]
    assert (answer.ok, answer.headers, answer.body) == (True, {"location": "/Users/7"}, {"id": "7"})


@pytest.mark.parametrize("where", ["response", "entry"])
def test_an_error_is_told_without_our_password(where: str) -> None:
    error = {"scimType": "invalidValue", "detail": "a long secret is too short"}
    entry = {"bulkId": "b-ada", "status": "400", **({"response": error} if where == "response" else error)}
    found = outcomes(ALL, {"Operations": [entry]})
    assert found is not None
    told = json.dumps(found.answers["b-ada"].body)
    assert "is too short" in told
    assert "invalidValue" in told
    assert "secret" not in told


@pytest.mark.parametrize(
    ("data", "misread"),
    [({"title": "bulkId:7"}, True), ({"manager": {"value": "/Users/bulkId:7"}}, True), ({"title": "bulk"}, False)],
)
def test_what_would_be_read_as_a_reference_to_another_operation(data: dict[str, Any], misread: bool) -> None:
    assert Operation("b-ada", "POST", "/Users", data).can_be_misread is misread


@pytest.mark.parametrize("body", [None, [], "x", {}, {"Operations": None}, {"Operations": {}}, {"hello": 1}])
def test_what_is_no_answer_to_a_bulk_request(body: Any) -> None:
    assert outcomes(ALL, body) is None


PLACES = [
    ("https://sp.example/scim/v2/Users/2819", "2819"),
    ("/scim/v2/Users/2819/", "2819"),
    ("Users/2819", "2819"),
    ("/Users/a%2Fb", "a/b"),
    ("https://sp.example/Users/../admin", None),
    ("https://sp.example/Groups/2819", None),
    ("https://sp.example/Users/", None),
    ("https://sp.example/Users/1?x=/Users/2#/Users/3", "1"),
    ("https://[sp.example/Users/1", None),
    ("", None),
    (None, None),
]


@pytest.mark.parametrize(("location", "id"), PLACES)
def test_the_id_in_a_location(location: str | None, id: str | None) -> None:
    assert id_in(location, "/Users") == id


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["b-ada", "201", "POST", "/Users/2"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["Operations", "bulkId", "method", "status", "location", "response"]), inner)
    ),
    max_leaves=20,
)


@given(json_values)
def test_whatever_comes_is_read_without_an_error(body: Any) -> None:
    found = outcomes(ALL, {"Operations": body if isinstance(body, list) else [body]})
    assert found is not None
    assert set(found.answers) <= {each.bulk_id for each in ALL}


@given(st.permutations(range(6)), st.sets(st.integers(0, 5)))
def test_each_answer_goes_to_its_own_operation(order: list[int], missing: set[int]) -> None:
    operations = [Operation(f"b{n}", "POST", "/Users", {}) for n in range(6)]
    entries = [{"bulkId": f"b{n}", "method": "POST", "status": 200 + n} for n in order if n not in missing]
    found = outcomes(operations, {"Operations": entries})
    assert found is not None
    assert {name: answer.status for name, answer in found.answers.items()} == {
        f"b{n}": 200 + n for n in range(6) if n not in missing
    }


@given(st.dictionaries(st.text(max_size=9), st.text(max_size=60), max_size=6))
async def test_its_size_is_never_underestimated(data: dict[str, str]) -> None:
    sent: list[bytes] = []

    class Client:
        async def request(self, method: str, path: str, *, body: Any) -> None:
            sent.append(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())

    operations = [Operation("b" * 32, "PATCH", f"/Users/{n}", data) for n in range(3)]
    await send(Client(), operations)  # type: ignore[arg-type]
    assert len(sent[0]) <= ENVELOPE + sum(operation.size for operation in operations)


async def test_over_the_wire(serve: Any, connect: Any) -> None:
    server = await serve((200, {"Operations": []}))
    await send(await connect(server), [ADA])
    asked = server.heard[0]
    assert (asked.method, asked.target) == ("POST", "/scim/v2/Bulk")
    assert asked.body == {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "failOnErrors": 2,
        "Operations": [{"method": "POST", "path": "/Users", "bulkId": "b-ada", "data": ADA.data}],
    }
