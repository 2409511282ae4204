"""A service provider may answer with anything that is JSON. None of it may break the pure parts, or make them say yes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.core.conftest import account, case, link, person, policy

from provisor.core import patch, resource
from provisor.core.changes import Change
from provisor.core.form import Form
from provisor.core.links import Account
from provisor.core.mapping import DEFAULT_ROWS, ENTERPRISE, managed
from provisor.core.plan import PlanHash, decide
from provisor.core.takeover import Ours, judge

PATHS = (*managed(DEFAULT_ROWS), f"{ENTERPRISE}:manager")
PHONES = [{"type": "work", "number": "1"}]
ADA = case(person(firstname="Ada", jobTitle="Dr", phoneNumbers=PHONES, addresses=[{"locality": "Köln"}]))

scalars = st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False) | st.text(max_size=4)
keys = st.sampled_from(["value", "type", "primary", "givenName", "department", "x"])
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=6
)
names = [
    "userName",
    "externalId",
    "name",
    "emails",
    "phoneNumbers",
    "addresses",
    "active",
    "title",
    "schemas",
    ENTERPRISE,
]
resources = st.dictionaries(st.sampled_from(names), anything, max_size=6)


@settings(max_examples=400, deadline=None)
@given(resources, resources)
def test_reading_and_comparing(first: dict[str, Any], second: dict[str, Any]) -> None:
    known = resource.acknowledge({}, ADA.desired, first)
    known = resource.observe(known, second, PATHS)
    for difference in resource.differences(ADA.desired, known, PATHS):
        assert not resource.same(difference.name, difference.to, difference.was)
    for path in PATHS:
        assert resource.same_value(path, resource.read(first, path), resource.read(first, path))


@settings(max_examples=400, deadline=None)
@example({"schemas": False, ENTERPRISE: {"department": False}}, True)
@given(resources, st.booleans())
def test_writing_onto_it_says_what_is_desired(raw: dict[str, Any], value_path: bool) -> None:
    differences = resource.differences(ADA.desired, resource.observe({}, raw, PATHS), PATHS)
    assert len(patch.operations(differences, Form(value_path=value_path))) == len(differences)
    whole = patch.replacement(raw, differences, desired_active=True)
    assert all(resource.same(path, ADA.desired.get(path), resource.read(whole, path)) for path in PATHS)


@settings(max_examples=300, deadline=None)
@given(st.lists(resources, min_size=1, max_size=2), st.sampled_from(["exact", "review", "never"]))
def test_nothing_but_her_own_account_is_hers(raws: list[dict[str, Any]], takeover: str) -> None:
    found = [as_read(f"r{number}", raw) for number, raw in enumerate(raws)]
    judgement = judge(replace(ADA, policy=policy(takeover=takeover)), found)
    assert not isinstance(judgement, Ours) or judgement.account.user_name == "ada"


@settings(max_examples=300, deadline=None)
@given(resources)
def test_deciding_and_hashing(raw: dict[str, Any]) -> None:
    known = resource.observe({}, raw, PATHS)
    decision = decide(replace(ADA, link=link(remote_id="r1", known=known, active=True)))
    plan = PlanHash(ADA.policy)
    if isinstance(decision, Change):
        plan.add(decision.hashed())
    assert len(plan.hexdigest()) == 64


def as_read(id: str, raw: dict[str, Any]) -> Account:
    """As the tolerant reader would pass it on: text where there was text, e-mails with a value."""
    texts = {name: value if isinstance(value := raw.get(name), str) else None for name in ("userName", "externalId")}
    listed = raw.get("emails") if isinstance(raw.get("emails"), list) else []
    emails = [element for element in listed if isinstance(element, dict) and element.get("value")]
    return replace(
        account(id, user_name=texts["userName"], external_id=texts["externalId"], emails=()),
        emails=tuple(str(email["value"]) for email in emails),
        raw=raw,
    )
