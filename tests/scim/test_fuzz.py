"""Whatever a service provider answers, reading it ends in a value or in Unreadable, and never in somebody's wrong
account. `FUZZ_ANSWERS=100000` tries that many answers in all instead of a few thousand."""

from __future__ import annotations

import copy
import os
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.core.conftest import case, person, policy

from provisor.core import resource
from provisor.core.links import Account
from provisor.core.mapping import DEFAULT_ROWS, managed
from provisor.core.takeover import Ours, judge
from provisor.core.verdict import Reply
from provisor.core.verdict import judge as verdict_on
from provisor.engine.exchange import account_of
from provisor.scim import answers, discovery, names, reader
from provisor.scim.answers import Answer, Limits, Received
from provisor.scim.schemas import ENTERPRISE_USER, ERROR, GROUP, LIST_RESPONSE, USER

EXAMPLES = int(os.environ.get("FUZZ_ANSWERS", "4000")) // 8  # for each of eight properties
fuzzed = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
ADA = case(person(firstname="Ada"))
OURS = ADA.external_id
NOW = datetime(2026, 1, 1, tzinfo=UTC)

NAMES = [
    "schemas", "id", "externalId", "userName", "name", "emails", "active", "meta", "version", "members", "groups",
    "Resources", "totalResults", "startIndex", "itemsPerPage", "nextCursor", "status", "scimType", "detail", "Errors",
    "error", "message", "value", "type", "primary", "supported", "patch", "bulk", "filter", "maxResults",
    "maxOperations", "pagination", "cursor", "name.givenName", "emails.value", "password", "displayName", "USERNAME",
    "eMails", "ACTIVE",
]  # fmt: skip
keys = st.sampled_from(
    [*NAMES, ENTERPRISE_USER, f"{ENTERPRISE_USER}:manager", f"{ENTERPRISE_USER}.department", USER]
) | (st.text(max_size=6))
WORDS = [
    "ada",
    "ADA",
    "ada@example.com",
    "grace@example.com",
    OURS,
    "True",
    "false",
    "work",
    "r1",
    "",
    " ",
    "404",
    "-1",
    "1e9",
]
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(WORDS)
    | st.text(max_size=8)
)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=6), max_leaves=12
)


def user(number: int = 1, name: str = "grace") -> dict[str, Any]:
    return {
        "schemas": [USER, ENTERPRISE_USER],
        "id": f"r{number}",
        "externalId": f"x{number}",
        "userName": name,
        "name": {"givenName": name.title(), "familyName": "Hopper"},
        "emails": [{"value": f"{name}@example.com", "type": "work", "primary": True}],
        "active": True,
        "meta": {"resourceType": "User", "version": 'W/"1"'},
        ENTERPRISE_USER: {"department": "Navy", "manager": {"value": "r9"}},
    }


VALID: list[Any] = [
    user(),
    user(2, "ada"),
    {"schemas": [LIST_RESPONSE], "totalResults": 2, "startIndex": 1, "Resources": [user(), user(2, "ada")]},
    [user(), user(2, "linus")],
    {"schemas": [ERROR], "status": "409", "scimType": "uniqueness", "detail": "Taken."},
    {"Errors": [{"description": "Old.", "code": "400"}]},
    {"schemas": [GROUP], "id": "g1", "displayName": "Sales", "members": [{"value": "r1", "display": "Grace"}]},
    {"patch": {"supported": True}, "bulk": {"supported": True, "maxOperations": 9}, "filter": {"maxResults": 200}},
    {"Resources": [{"id": USER, "name": "User", "attributes": [{"name": "userName"}]}]},
]


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """A valid answer with up to three of its parts replaced, renamed, doubled or dropped."""
    value = copy.deepcopy(draw(st.sampled_from(VALID)))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.sampled_from(list(_places(value)))) if (found := list(_places(value))) and found else None
        if place is None:
            break
        holder, at = place
        _mutate(draw, holder, at)
    return value


def _places(value: Any) -> Any:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for at, child in inner:
        yield value, at
        yield from _places(child)


def _mutate(draw: st.DrawFn, holder: Any, at: Any) -> None:
    what = draw(st.sampled_from(["replace", "replace", "wrap", "drop", "rename", "double"]))
    if what == "drop":
        del holder[at]
    elif what == "wrap":
        holder[at] = draw(st.sampled_from([[holder[at]], {"value": holder[at]}, str(holder[at])]))
    elif what == "double" and isinstance(holder, list):
        holder.append(copy.deepcopy(holder[at]))
    elif what == "rename" and isinstance(holder, dict):
        holder[draw(keys)] = holder.pop(at)
    else:
        holder[at] = draw(anything)


bodies = anything | mutated()


def has_words(problem: Exception) -> None:
    assert str(problem)


def accounts_in(body: Any) -> list[Account]:
    try:
        return [account_of(each) for each in reader.listing(body).resources]
    except reader.Unreadable as problem:
        has_words(problem)
        return []


def is_a_match(account: Account) -> bool:
    """Ours by externalId, or by user name and an e-mail both, nobody else's: whatever else the answer says."""
    if account.external_id == OURS:
        return True
    email = any(text.strip().casefold() == "ada@example.com" for text in account.emails)
    return not account.external_id and (account.user_name or "").strip().casefold() == "ada" and email


@fuzzed
@given(bodies)
def test_what_is_read_adopts_nobody_else(body: Any) -> None:
    found = accounts_in(body)
    judgement = judge(ADA, found)
    if isinstance(judgement, Ours):
        assert is_a_match(judgement.account)
        assert isinstance(judgement.account.id, str)
        assert judgement.account.id
        assert sum(is_a_match(account) for account in found) == 1


@fuzzed
@given(bodies)
def test_a_resource_is_read_or_refused(body: Any) -> None:
    try:
        read = reader.resource(body)
    except reader.Unreadable as problem:
        has_words(problem)
        return
    assert read.id == body["id"] if "id" in body else read.id
    assert read.active in (True, False, None)
    assert "password" not in read.raw
    assert names.canonical(read.raw) == read.raw, "once is enough"
    known = resource.observe({}, read.raw, managed(DEFAULT_ROWS))
    resource.differences(ADA.desired, known, managed(DEFAULT_ROWS))


@fuzzed
@example({"totalResults": "٣", "Resources": []})
@given(bodies)
def test_a_listing_counts_what_came(body: Any) -> None:
    try:
        page = reader.listing(body)
    except reader.Unreadable as problem:
        has_words(problem)
        return
    assert page.received == len(page.resources) + len(page.unreadable)
    assert page.total is None or page.total >= 0
    assert all(isinstance(each.id, str) and each.id for each in page.resources)
    assert all(page.unreadable)


@fuzzed
@given(bodies, st.integers(100, 599), st.sampled_from([None, "not_json", "html", "cut", "too_large", "too_deep"]))
def test_an_error_has_words(body: Any, status: int, problem: Any) -> None:
    told = reader.error(Answer(status, body=body, problem=problem))
    assert len(told.detail) <= answers.TEXT_KEPT
    assert not answers._CONTROL.search(f"{told.scim_type}{told.detail}")
    for method in ("GET", "POST", "PATCH"):
        verdict = verdict_on(Reply(method, told.status, told.scim_type, told.detail, problem=problem))
        assert verdict.code == "ok" or (verdict.message and verdict.hint)


@fuzzed
@given(bodies, bodies)
def test_a_description_is_a_hint(config: Any, types: Any) -> None:
    said = discovery._said(discovery._lowered(config))
    assert {said.patch, said.bulk, said.filter, said.cursor} <= {True, False, None}
    assert all(count is None or count > 0 for count in (said.max_results, said.bulk_operations, said.bulk_bytes))
    assert all(isinstance(name, str) for name in discovery._names(types, "name"))


@fuzzed
@given(st.binary(max_size=200) | bodies.map(orjson.dumps), st.sampled_from(["application/scim+json", "text/html", ""]))
def test_bytes_become_an_answer(raw: bytes, content_type: str) -> None:
    received = Received(200, {"content-type": content_type}, raw)
    read = answers.answer(received, secrets=["hidden-token"], limits=Limits(depth=8, string=100), now=NOW)
    assert (read.body is None) or read.problem is None
    accounts_in(read.body)


@fuzzed
@given(mutated())
def test_a_cut_answer_is_told(body: Any) -> None:
    raw = orjson.dumps(body)
    read = answers.answer(Received(200, {}, raw[: len(raw) // 2]), secrets=[], limits=Limits(), now=NOW)
    assert read.problem in ("not_json", "html") or not raw[: len(raw) // 2].strip() or read.body is not None


@pytest.mark.parametrize("takeover", ["exact", "review", "never"])
@settings(fuzzed, max_examples=max(100, EXAMPLES // 3))
@given(body=mutated())
def test_no_policy_adopts_a_stranger(takeover: str, body: Any) -> None:
    judgement = judge(replace(ADA, policy=policy(takeover=takeover)), accounts_in(body))
    assert not isinstance(judgement, Ours) or is_a_match(judgement.account)
