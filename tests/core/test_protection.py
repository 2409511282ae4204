"""What is protected: whatever the case, whatever was found, the plan changes nothing of it. Nothing else is held for it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.conftest import CREATING, account, case, known, link, person, policy

from provisor.core import plan, protection
from provisor.core.changes import Change, Kind
from provisor.core.group_links import GroupCase, GroupLink, RemoteGroup
from provisor.core.groups import decide
from provisor.core.links import Account, Case
from provisor.core.protected import as_listed

ADA_THERE = known({"userName": "ada", "emails": [{"value": "ada@example.com", "type": "work", "primary": True}]})
LISTS = [("r1",), ("ada",), ("ADA",), ("Ada@Example.com",)]

people = st.builds(
    person,
    state=st.sampled_from(["active", "suspended", "staged", "deleting"]),
    password=st.sampled_from(["active", "expired", "pending"]),
    firstname=st.sampled_from([None, "Ada"]),
    username=st.sampled_from(["ada", "ada2"]),
)
links = st.builds(
    link,
    remote_id=st.sampled_from([None, "r1"]),
    known=st.just(ADA_THERE),
    active=st.sampled_from([None, True, False]),
    intent=st.sampled_from([None, CREATING, {"kind": "update", "looked": 1}]),
    status=st.sampled_from(["due", "held", "synced", "inactive"]),
)
policies = st.builds(
    lambda takeover, deprovision, listed: policy(
        takeover=takeover, deprovision=deprovision, protected=as_listed(listed, None)
    ),
    st.sampled_from(["exact", "review", "never"]),
    st.sampled_from(["deactivate", "delete", "nothing"]),
    st.sampled_from(LISTS),
)
decisions = st.sampled_from([None, {"action": "adopt", "remote_id": "r1"}, {"approved": "x"}, {"action": "ignore"}])
cases = st.builds(
    lambda user, access, link, policy, decision: case(user, access=access, link=link, policy=policy, decision=decision),
    people, st.booleans(), links, policies, decisions,
)  # fmt: skip
found = st.lists(
    st.builds(account, st.just("r1"), external_id=st.sampled_from([None, person().id]), active=st.booleans()),
    max_size=1,
)


@settings(max_examples=500, deadline=None)
@given(cases, found)
def test_the_plan_changes_nothing_of_it(asked: Case, there: list[Account]) -> None:
    """The account r1 is Ada's, or could be: nothing but a hold, or nothing at all, comes of it."""
    decision = plan.decide(asked, there)
    about_it = asked.link.remote_id or there
    assert not (isinstance(decision, Change) and about_it and decision.kind not in (Kind.HOLD, Kind.CREATE))
    if isinstance(decision, Change) and decision.kind is Kind.CREATE:
        assert protection.touched(asked.policy.protected, asked.link, decision) is None


@settings(max_examples=200, deadline=None)
@given(cases, found)
def test_who_is_not_on_the_list_is_planned_as_ever(asked: Case, there: list[Account]) -> None:
    open_to_all = policy(takeover=asked.policy.takeover, deprovision=asked.policy.deprovision)
    others = as_listed(["r2", "grace", "grace@example.com"], {"remote_id": "r3"})
    another = policy(takeover=asked.policy.takeover, deprovision=asked.policy.deprovision, protected=others)
    assert plan.decide(asked.under(another), there) == plan.decide(asked.under(open_to_all), there)


SAME: list[tuple[str, str, bool]] = [
    ("the id", "r1", True),
    ("an id is exact", "R1", False),
    ("white space around is nothing", " r1 ", True),
    ("half an id", "r", False),
    ("an empty entry protects nobody", "", False),
    ("only white space neither", "  ", False),
    ("a name in another case", "aDa", True),
    ("a name in full-width letters", "ａｄａ", True),
    ("half a name", "ad", False),
    ("half an e-mail", "example.com", False),
    ("her display name names nobody", "Ada Lovelace", False),
]


@pytest.mark.parametrize(("why", "entry", "protected"), SAME, ids=[row[0] for row in SAME])
def test_what_an_entry_names(why: str, entry: str, protected: bool) -> None:
    found = protection.account(as_listed([entry], None), account(displayName="Ada Lovelace"))
    assert (found is not None) is protected


def group(**link_values: Any) -> GroupCase:
    protected = as_listed(["Admins", "g1"], None)
    return GroupCase(
        "d1", link_values.pop("name", "Team"), True, True, True,
        GroupLink(link().id, **link_values), policy(protected=protected),
    )  # fmt: skip


GROUPS: list[tuple[str, GroupCase, tuple[RemoteGroup, ...]]] = [
    ("known by its id", group(remote_id="g1", known={"displayName": {"echo": "Old"}}), ()),
    ("named so there", group(remote_id="g2", known={"displayName": {"echo": "ADMINS"}}), ()),
    ("would be named so", group(name="admins", remote_id="g2", known={"displayName": {"echo": "Old"}}), ()),
    ("would be made", group(name="Admins"), ()),
    ("would be adopted", group(name="Team"), (RemoteGroup("g1", "Team", None, None, {"id": "g1"}),)),
]


@pytest.mark.parametrize(("why", "asked", "there"), GROUPS, ids=[row[0] for row in GROUPS])
def test_groups(why: str, asked: GroupCase, there: tuple[RemoteGroup, ...]) -> None:
    decision = decide(asked, there)
    assert isinstance(decision, Change)
    assert (decision.kind, decision.code) == (Kind.HOLD, "protected")
