"""Drift: what somebody changed there is told from the SP's habits and from what the directory changed; and what of it the
directory may take over."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.conftest import case, known, link, person, policy

from provisor.core import drift, resource
from provisor.core.form import Form
from provisor.core.links import Case
from provisor.core.mapping import DEFAULT_ROWS, ENTERPRISE, Row

ROWS = (
    *DEFAULT_ROWS,
    Row("nickName", "attributes.badge"),
    Row("preferredLanguage", "attributes.level"),
    Row(f"{ENTERPRISE}:division", "location"),
    Row("timezone", "location"),
)
ADA = person(
    firstname="Ada",
    jobTitle="Clerk",
    location="Sample Town",
    department="Finance",
    phoneNumbers=[{"type": "work", "number": "+44 1632 960001"}],
    attributes={"badge": "B1", "level": 3},
)
LOCATION = {ENTERPRISE: {"division": "Sample Town", "department": "Finance"}, "timezone": "Sample Town"}


def synced(user=ADA, **settings: Any) -> Case:
    """Ada's account as we left it."""
    wanted = case(user, policy=policy(ROWS, **settings))
    return replace(wanted, link=link(status="synced", remote_id="r1", active=True, known=known(wanted.desired)))


def held_there(of: Case, **changes: Any) -> dict[str, Any]:
    """The account there, with what somebody changed."""
    return {**resource.body(copy.deepcopy(of.desired)), "id": "r1", **changes}


def names(sight: drift.Sight) -> list[str]:
    return [each.name for each in sight.drifted]


def test_an_account_as_we_left_it_is_quiet() -> None:
    sight = drift.look(synced(), held_there(synced()), True)
    assert sight == drift.Sight(synced().link.known, True)


def test_a_change_by_hand_goes_from_what_it_should_be_to_what_is_there() -> None:
    (found,) = drift.look(synced(), held_there(synced(), title="Chief"), True).drifted
    assert (found.name, found.was, found.to) == ("title", "Clerk", "Chief")


def test_a_change_that_the_answer_to_another_write_showed_is_drift_although_it_moved_no_more() -> None:
    shown = synced()
    shown = shown.knowing(known={**shown.link.known, "title": {"echo": "Chief"}})
    (found,) = drift.look(shown, held_there(synced(), title="Chief"), True).drifted
    assert (found.name, found.was, found.to) == ("title", "Clerk", "Chief")


def test_what_the_directory_changed_without_telling_is_not_drift() -> None:
    later = replace(synced(), user=replace(ADA, values={**ADA.values, "jobTitle": "Director"}))
    sight = drift.look(later, held_there(synced()), True)
    assert (sight.drifted, sight.untold) == ((), True)


def test_what_a_held_account_waits_for_is_not_untold_and_what_moved_there_is_drift() -> None:
    later = replace(synced(), user=replace(ADA, values={**ADA.values, "jobTitle": "Director"}))
    later = later.knowing(status="held")
    assert not drift.look(later, held_there(synced()), True).untold
    assert names(drift.look(later, held_there(synced(), displayName="X"), True)) == ["displayName"]


def test_a_value_that_the_sp_filled_in_on_the_create_is_its_habit() -> None:
    made = synced()
    sent = resource.made_there(made.desired, {"displayName": "Ada"}, made.policy.paths)
    made = made.knowing(known=resource.acknowledge({}, {**sent, **made.desired}, held_there(made, displayName="Ada")))
    assert drift.look(made, held_there(synced(), displayName="Ada"), True).drifted == ()
    assert names(drift.look(made, held_there(synced(), displayName="Augusta"), True)) == ["displayName"]


LEAVERS = [
    ("stays inactive", "deactivate", False, False, []),
    ("is back", "deactivate", False, True, ["active"]),
    ("is back, and leavers are deleted", "delete", False, True, ["active"]),
    ("is back, and leavers are none of our business", "nothing", False, True, []),
    ("was never deactivated", "deactivate", True, True, []),
]


@pytest.mark.parametrize(("why", "deprovision", "before", "now", "found"), LEAVERS, ids=[row[0] for row in LEAVERS])
def test_leavers(why: str, deprovision: str, before: bool, now: bool, found: list[str]) -> None:
    gone = replace(synced(deprovision=deprovision), access=False).knowing(status="inactive", active=before)
    raw = held_there(synced(), active=now, title="Somebody changed it")
    assert names(drift.look(gone, raw, now)) == found


def test_an_account_that_does_not_show_active_is_looked_at_before_anybody_is_ended() -> None:
    gone = replace(synced(), access=False).knowing(status="inactive", active=False)
    raw = {name: value for name, value in held_there(synced()).items() if name != "active"}
    sight = drift.look(gone, raw, None)
    assert (sight.drifted, sight.unsure, sight.active) == ((), True, False)


TITLE = {"jobTitle": "Chief"}
PHONES = [{"value": "+44 1632 960002", "type": "mobile", "display": "theirs"}]
ADOPTIONS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("text", {"title": "Chief"}, TITLE),
    ("part of a name", {"name": {"givenName": "Augusta"}}, {"firstname": "Augusta"}),
    ("of the extension", {ENTERPRISE: {**LOCATION[ENTERPRISE], "department": "Research"}}, {"department": "Research"}),
    ("a list", {"phoneNumbers": PHONES}, {"phoneNumbers": [{"type": "mobile", "number": "+44 1632 960002"}]}),
    ("a custom attribute", {"nickName": "B2"}, {"attributes": {"badge": "B2"}}),
    ("a custom attribute that is a number", {"preferredLanguage": "4"}, {}),
    ("nothing where something was", {"title": None}, {}),
    ("an empty text", {"title": ""}, {}),
    ("an empty list", {"phoneNumbers": []}, {}),
    ("a number where text should be", {"title": 7}, {}),
    ("a list where text should be", {"title": ["Chief"]}, {}),
    ("text where a list should be", {"phoneNumbers": "+44 1632 960002"}, {}),
    ("user name", {"userName": "eve"}, {}),
    ("externalId", {"externalId": "eve"}, {}),
    ("e-mail", {"emails": [{"value": "eve@example.org", "type": "work", "primary": True}]}, {}),
    ("active", {"active": False}, {}),
    ("an attribute that makes two", {"timezone": "Other Town"}, {}),
    ("one that can be, one that can't", {"title": "Chief", "userName": "eve"}, TITLE),
]


@pytest.mark.parametrize(("why", "there", "values"), ADOPTIONS, ids=[row[0] for row in ADOPTIONS])
def test_what_can_be_adopted(why: str, there: dict[str, Any], values: dict[str, Any]) -> None:
    raw = held_there(synced(), **there)
    sight = drift.look(synced(), raw, raw["active"])
    assert sight.drifted, "the case shows no drift at all"
    assert drift.adoptable(synced(), sight.drifted)[0] == values


@pytest.mark.parametrize(
    "form",
    [Form(external_id_source="jobTitle"), Form(formats={"title": "lower_case"})],
    ids=["marks the account", "formatted"],
)
def test_what_would_not_come_out_as_it_is_there_is_not_adopted(form: Form) -> None:
    shaped = synced(form=form)
    sight = drift.look(shaped, held_there(shaped, title="Chief"), True)
    assert "title" in names(sight)
    assert drift.adoptable(shaped, sight.drifted) == ({}, frozenset())


scalars = st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=4)
keys = st.sampled_from(["value", "type", "primary", "givenName", "department", "x"])
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=6
)
tops = st.sampled_from(
    ["userName", "externalId", "name", "emails", "phoneNumbers", "addresses", "active", "title", ENTERPRISE]
)
raws = st.dictionaries(tops, anything, max_size=5)


@settings(max_examples=300)
@given(raws, st.booleans(), st.none() | st.booleans(), st.sampled_from(["synced", "inactive", "held"]))
def test_nothing_that_an_sp_holds_breaks_a_look_or_becomes_what_the_directory_would_not_write_back(
    changes: dict[str, Any], access: bool, active: bool | None, status: str
) -> None:
    of = replace(synced(), access=access).knowing(status=status)
    sight = drift.look(of, held_there(synced(), **changes), active)
    values, taken = drift.adoptable(of, sight.drifted)
    assert taken <= set(names(sight)) - drift.NEVER_ADOPTED
    assert bool(values) == bool(taken)


@settings(max_examples=300)
@given(raws, st.booleans())
def test_what_was_corrected_once_is_not_corrected_again(changes: dict[str, Any], active: bool) -> None:
    raw = held_there(synced(), **changes)
    first = drift.look(synced(), raw, active)
    again = synced().knowing(known=drift.corrected(synced(), first), active=first.active)
    second = drift.look(again, raw, active)
    assert drift.corrected(again, second) == again.link.known
    assert names(second) == names(first)


@settings(max_examples=300)
@given(raws, raws, st.booleans())
def test_the_short_way_says_what_the_long_way_says(
    before: dict[str, Any], changes: dict[str, Any], access: bool
) -> None:
    """What is found to be quiet at a glance has no difference by the rules either."""
    raw = held_there(synced(), **before)
    of = replace(synced(), access=access)
    of = of.knowing(known=resource.observe(of.link.known, raw, of.policy.paths))
    raw |= changes
    sight = drift.look(of, raw, True)
    after = resource.observe(of.link.known, raw, of.policy.paths)
    if sight == drift.Sight(of.link.known, True) and access:
        assert not resource.differences(of.desired, after, of.policy.paths)
