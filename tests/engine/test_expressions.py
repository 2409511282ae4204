"""Attributes that expressions make: what the SP holds in the end, and what becomes of somebody for whom one fails."""

from __future__ import annotations

from typing import Any

import pytest

from provisor.applications import commands as applications
from provisor.applications.models import Link, Run
from provisor.applications.queries.mapping_preview import preview_mapping
from provisor.core import mapping
from provisor.directory import commands as directory
from provisor.directory.models import User

TITLE = 'title(user.department) + " " + string(user.attributes.level + 0)'
TEAM = 'lookup({"Sales": ["seller", "reader"], "Law": ["lawyer"]}, user.department, [])'


def rows(**sources: Any) -> list[dict[str, Any]]:
    """The default mapping with these SCIM attributes from these expressions."""
    others = [row for row in mapping.rows_as_json(mapping.DEFAULT_ROWS) if row["scim"] not in sources]
    return others + [{"scim": scim, "source": {"expression": source}} for scim, source in sources.items()]


def map_so(world: Any, **sources: Any) -> None:
    applications.replace_mapping(world.actor, world.application.id, rows(**sources))


def link_of(user: User) -> Link:
    return Link.objects.get(user_id=user.id)


def test_what_expressions_make_is_sent_and_kept_up_to_date(world):
    map_so(
        world,
        title=TITLE,
        userName='lower(before(user.email, "@"))',
        roles=TEAM,
        nickName="slice(user.firstname, 0, 1)",
    )
    ada = world.employee("Ada.King", department="SALES dach", attributes={"level": 3})
    law = world.employee("law", department="Law", attributes={"level": 1})
    world.work()
    account = world.account(ada)
    assert (account["userName"], account["title"], account["nickName"]) == ("ada.king", "Sales Dach 3", "A")
    assert "roles" not in account
    assert [role["value"] for role in world.account(law)["roles"]] == ["lawyer"]
    world.edit(law, department="Sales")
    world.work()
    roles = world.account(law)["roles"]
    assert [(role["value"], role.get("primary", False)) for role in roles] == [("seller", True), ("reader", False)]
    assert world.account(law)["title"] == "Sales 1"
    world.edit(law, department=None)
    world.work()
    assert "roles" not in world.account(law)
    assert link_of(law).status == "synced"


def test_a_second_pass_writes_nothing(world):
    map_so(world, title=TITLE, roles=TEAM)
    world.employee("ada", department="Sales", attributes={"level": 3})
    world.work()
    world.sp.clear_requests()
    world.run("reconcile")
    assert world.sp.writes == []


def test_where_it_fails_for_one_the_others_go_on(world):
    map_so(world, title=TITLE)
    bad = world.employee("bad", department="Law", attributes={"level": "three"})
    good = world.employee("good", department="Law", attributes={"level": 3})
    world.work()
    assert world.account(good)["title"] == "Law 3"
    assert world.account(bad) is None
    held = link_of(bad)
    assert (held.status, held.error["code"]) == ("held", "expression_failed")
    assert held.error["message"].endswith("“+” can't take a text and a number; string(x) makes a text of a number.")
    assert "title:" in held.error["message"]
    world.edit(bad, attributes={"level": 4})
    world.work()
    assert world.account(bad)["title"] == "Law 4"
    assert link_of(bad).status == "synced"


@pytest.fixture
def broken(world):
    """An account that was right, and whose title can't be told any more."""
    map_so(world, title=TITLE)
    ada = world.employee("ada", department="Law", attributes={"level": 3})
    world.work()
    world.edit(ada, attributes={"level": "three"}, lastname="Byron")
    world.work()
    return ada


def test_an_account_stays_as_it_is_while_its_expression_fails(world, broken):
    assert link_of(broken).error["code"] == "expression_failed"
    account = world.account(broken)
    assert (account["title"], account["name"]["familyName"], account["active"]) == ("Law 3", "Example", True)


def test_who_is_suspended_is_locked_out_all_the_same(world, broken):
    directory.suspend_user(world.actor, broken.id)
    world.work()
    account = world.account(broken)
    assert account["active"] is False
    assert account["title"] == "Law 3"


def test_who_leaves_is_locked_out_all_the_same(world, broken):
    world.leave(broken)
    world.work()
    assert world.account(broken)["active"] is False
    assert link_of(broken).status == "inactive"


def test_a_full_read_neither_mends_nor_empties_what_cant_be_told(world, broken):
    world.run("reconcile")
    assert world.account(broken)["title"] == "Law 3"
    assert link_of(broken).status == "held"


def test_nobody_is_taken_over_while_an_expression_fails(world):
    map_so(world, title=TITLE)
    mail = {"value": "ada@example.com", "type": "work", "primary": True}
    world.sp.put_user({"userName": "ada", "emails": [mail], "title": "Chief", "active": True})
    ada = world.employee("ada", department="Law", attributes={"level": "three"})
    world.work()
    assert link_of(ada).error["code"] == "expression_failed"
    assert [user["title"] for user in world.sp.users] == ["Chief"]
    assert world.sp.writes == []


def test_a_user_name_that_comes_out_empty_is_held(world):
    map_so(world, userName="user.attributes.login")
    ada = world.employee("ada")
    world.work()
    assert "every account needs a value" in link_of(ada).error["message"]
    world.edit(ada, attributes={"login": "a.king"})
    world.work()
    assert world.account(ada)["userName"] == "a.king"


def test_a_preview_counts_who_would_change_and_a_large_edit_waits(world):
    people = world.people(12)
    world.work()
    new = rows(nickName='user.username.endsWith("1") ? "One" : ""')
    assert preview_mapping(world.application.id, new).count == 2
    everybody = rows(nickName='"x"')
    assert preview_mapping(world.application.id, everybody).count == len(people)
    world.configure(guard={"max_percent": 5, "max_count": 5})
    applications.replace_mapping(world.actor, world.application.id, everybody)
    world.work()
    assert Run.objects.filter(status="waiting_approval").exists()
    assert not any(user.get("nickName") for user in world.sp.users)
