"""The hash of a plan: the same world gives the same hash, and anything that would be sent differently another one."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from uuid import UUID

import pytest
from tests.core.conftest import ADA, LINK, account, case, known, link, person

from provisor.core.changes import Change, Kind
from provisor.core.links import Policy
from provisor.core.mapping import DEFAULT_ROWS
from provisor.core.plan import PlanHash, decide
from provisor.core.resource import Difference


def hashed(*changes: Change, policy: Policy | None = None) -> str:
    plan = PlanHash(policy or Policy("3d1f", DEFAULT_ROWS))
    for change in changes:
        plan.add(change.hashed())
    return plan.hexdigest()


UPDATE = Change(Kind.UPDATE, LINK, "differs", "r1", (Difference("title", "Dr", "Prof"),))

OTHER: list[tuple[str, Change]] = [
    ("kind", replace(UPDATE, kind=Kind.ADOPT)),
    ("link", replace(UPDATE, link_id=UUID(int=9))),
    ("remote id", replace(UPDATE, remote_id="r2")),
    ("remote id, in case", replace(UPDATE, remote_id="R1")),
    ("attribute", replace(UPDATE, attributes=(Difference("nickName", "Dr", "Prof"),))),
    ("from", replace(UPDATE, attributes=(Difference("title", None, "Prof"),))),
    ("to", replace(UPDATE, attributes=(Difference("title", "Dr", None),))),
    ("text and number", replace(UPDATE, attributes=(Difference("title", "Dr", 7),))),
    ("one attribute fewer", replace(UPDATE, attributes=())),
    ("one attribute more", replace(UPDATE, attributes=(*UPDATE.attributes, Difference("locale", None, "de")))),
]


@pytest.mark.parametrize(("what", "other"), OTHER, ids=[row[0] for row in OTHER])
def test_another_change_is_another_hash(what: str, other: Change) -> None:
    assert hashed(other) != hashed(UPDATE)


HEADS: list[tuple[str, Policy]] = [
    ("application", Policy("4e2a", DEFAULT_ROWS)),
    ("mapping", Policy("3d1f", DEFAULT_ROWS, mapping_version=2)),
    ("settings", Policy("3d1f", DEFAULT_ROWS, settings_version=2)),
]


@pytest.mark.parametrize(("what", "other"), HEADS, ids=[row[0] for row in HEADS])
def test_another_application_mapping_or_settings_is_another_hash(what: str, other: Policy) -> None:
    assert hashed(UPDATE, policy=other) != hashed(UPDATE)
    assert hashed(policy=other) != hashed(), "an empty plan too"


def test_the_same_world_gives_the_same_hash() -> None:
    edited = person(jobTitle="Countess")
    in_step = known(case().desired)
    one = decide(case(edited, link=link(remote_id="r1", active=True, known=in_step)))
    other = decide(case(edited, link=link(remote_id="r1", active=True, known=in_step, attempts=3, unconfirmed=1)))
    assert isinstance(one, Change)
    assert isinstance(other, Change)
    assert hashed(one) == hashed(other)
    assert hashed(one) == hashed(replace(one, reason="in other words", account=account(external_id=ADA)))


def test_the_order_of_changes_counts_and_that_of_names_in_an_object_does_not() -> None:
    second = replace(UPDATE, link_id=UUID(int=2))
    assert hashed(UPDATE, second) != hashed(second, UPDATE)
    one = replace(UPDATE, attributes=(Difference("addresses", None, [{"type": "work", "country": "DE"}]),))
    other = replace(UPDATE, attributes=(Difference("addresses", None, [{"country": "DE", "type": "work"}]),))
    assert hashed(one) == hashed(other)


def test_it_is_sha256_over_canonical_json() -> None:
    """So that somebody else can compute it: one line each, sorted names, no spaces, UTF-8."""
    lines = (
        '{"application":"3d1f","mapping":1,"settings":1}\n'
        '{"attributes":[{"from":"Dr","name":"title","to":"Pröf"}],"kind":"update",'
        '"link":"00000000-0000-4000-8000-000000000001","remote_id":"r1"}\n'
    )
    pruef = replace(UPDATE, attributes=(Difference("title", "Dr", "Pröf"),))
    assert hashed(pruef) == hashlib.sha256(lines.encode()).hexdigest()


def test_leavers_come_first_and_what_waits_for_people_last() -> None:
    assert [kind.value for kind in sorted(Kind, key=lambda kind: kind.rank)] == [
        "deactivate", "delete", "reactivate", "update", "adopt", "create", "add_members", "remove_members", "hold",
    ]  # fmt: skip


def test_two_changes_are_not_one_longer_change() -> None:
    assert hashed(UPDATE, UPDATE) != hashed(UPDATE)
    assert hashed() != hashed(UPDATE)
