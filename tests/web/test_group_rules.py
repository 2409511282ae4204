"""Groups whose members are computed: setting a rule, what it does to members and accounts, what waits for a person."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from provisor import jobs
from provisor.applications.due import LEAVING, SET
from provisor.applications.models import Due
from provisor.applications.scopes import evaluating
from provisor.directory.commands import rules
from provisor.directory.models import GroupRule, Membership, RuleProposal, User

SALES = 'user.department == "Sales"'


def names(group: Any) -> list[str]:
    found = Membership.objects.filter(group=group).order_by("user__username_key")
    return list(found.values_list("user__username", flat=True))


def proposed(api: Any, group: Any, state: str = "waiting") -> dict[str, str]:
    items = api.get(f"/groups/{group.id}/rule/proposals?state={state}").json()["items"]
    return {item["user"]["username"]: item["change"] for item in items}


@pytest.fixture
def people(make_user: Any) -> dict[str, User]:
    """Twelve in Sales, s00 to s11, and three in Law."""
    made = {f"s{n:02}": make_user(f"s{n:02}", department="Sales") for n in range(12)}
    return made | {f"l{n}": make_user(f"l{n}", department="Law") for n in range(3)}


def test_the_rule_says_who_is_in_the_group(api: Any, people: Any, make_group: Any, happened: Any) -> None:
    group = make_group("Sellers", people["l0"])
    answer = api.put(f"/groups/{group.id}/rule", {"expression": f"  {SALES} "})
    rule = answer.json()
    assert (answer.status_code, rule["expression"], rule["status"], rule["members"]) == (200, SALES, "settled", 12)
    assert names(group) == [f"s{n:02}" for n in range(12)]
    assert api.get(f"/groups/{group.id}").json()["rule"] == {"expression": SALES, "review": False, "status": "settled"}
    assert api.get("/groups").json()["items"][0]["rule"]["expression"] == SALES
    (told,) = happened("membership_change")
    assert {one["name"]: one["to"] for one in told.changes} == {"members": 12, "joined": 12, "left": 1}
    assert [change["to"] for change in happened("group_rule_set")[0].changes] == [SALES, False]


def test_the_history_says_what_the_rule_was(api: Any, people: Any, make_group: Any, happened: Any) -> None:
    group = make_group("Sales")
    for department in ("Sales", "Law"):
        api.put(f"/groups/{group.id}/rule", {"expression": f'user.department == "{department}"', "confirm": 9})
    changes = happened("group_rule_set")[1].changes
    assert changes == [{"name": "expression", "from": 'user.department == "Sales"', "to": 'user.department == "Law"'}]


def test_the_same_rule_again_changes_nothing(api: Any, people: Any, make_group: Any, happened: Any) -> None:
    group = make_group("Sellers")
    first = api.put(f"/groups/{group.id}/rule", {"expression": SALES}).json()
    again = api.put(f"/groups/{group.id}/rule", {"expression": SALES}).json()
    assert (again["version"], again["updated"]) == (first["version"], first["updated"])
    assert len(happened("group_rule_set")) == 1


def test_edits_of_people_move_them(api: Any, people: Any, make_group: Any, make_application: Any, marks: Any) -> None:
    group = make_group("Sellers")
    make_application("Chat", group)
    api.put(f"/groups/{group.id}/rule", {"expression": SALES})
    Due.objects.all().delete()
    api.patch(f"/users/{people['l0'].id}", {"department": "Sales"})
    api.patch(f"/users/{people['s00'].id}", {"department": "Law"})
    api.patch(f"/users/{people['s01'].id}", {"firstname": "Ida"})
    assert names(group) == ["l0", *(f"s{n:02}" for n in range(1, 12))]
    moved = [mark for mark in marks() if mark[2] == "set"]
    assert moved == [("l0", SET, "set"), ("s00", LEAVING, "set")]


def test_every_way_in_is_followed(api: Any, people: Any, make_group: Any) -> None:
    group = make_group("Active sellers")
    api.put(f"/groups/{group.id}/rule", {"expression": f'{SALES} && user.state == "active"'})
    new = api.post("/users", {"username": "new", "email": "new@example.com", "department": "Sales"}).json()
    batch = [{"username": f"b{n}", "email": f"b{n}@example.com", "department": "Sales"} for n in range(3)]
    api.post("/users:batch", {"users": [*batch, {"username": "b9", "email": "b9@example.com", "state": "staged"}]})
    assert {"new", "b0", "b1", "b2"} <= set(names(group))
    api.post(f"/users/{new['id']}/suspend")
    assert "new" not in names(group)
    api.post(f"/users/{new['id']}/unsuspend")
    assert "new" in names(group)


def test_members_cannot_be_changed_by_hand(api: Any, people: Any, make_group: Any) -> None:
    group, inner = make_group("Sellers"), make_group("Inner")
    api.put(f"/groups/{group.id}/rule", {"expression": SALES})
    law, seller = str(people["l0"].id), str(people["s00"].id)
    for body in ({"add": [law]}, {"remove": [seller]}, {"groups": {"add": [str(inner.id)]}}):
        answer = api.post(f"/groups/{group.id}/members", body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "computed_members")
    around = api.post(f"/groups/{inner.id}/members", {"groups": {"add": [str(group.id)]}})
    assert (around.status_code, len(names(group))) == (200, 12)


def test_a_group_with_groups_inside_takes_no_rule(api: Any, people: Any, make_group: Any) -> None:
    group, inner = make_group("Sellers"), make_group("Inner")
    api.post(f"/groups/{group.id}/members", {"groups": {"add": [str(inner.id)]}})
    answer = api.put(f"/groups/{group.id}/rule", {"expression": SALES})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "groups_inside")
    assert not GroupRule.objects.exists()


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("", "condition"),
        ("user.department ==", "missing"),
        ("user.departmint == 'x'", "department"),
        ("'x' in user.groups", "by themselves"),
        ('values.role == "x"', "by themselves"),
        ('user.password_status == "active"', "by themselves"),
        ("user.active", "by themselves"),
    ],
)
def test_what_is_no_condition_is_refused(api: Any, make_group: Any, expression: str, words: str) -> None:
    group = make_group("Sellers")
    answer = api.put(f"/groups/{group.id}/rule", {"expression": expression})
    assert answer.status_code == 422
    assert words in answer.json()["error"]["fields"]["expression"]
    assert not GroupRule.objects.exists()


def test_an_edit_that_takes_out_many_waits(api: Any, people: Any, make_group: Any) -> None:
    group = make_group("Sellers", *people.values())
    rule = api.put(f"/groups/{group.id}/rule", {"expression": 'user.department == "Law"'}).json()
    assert (rule["status"], rule["members"], rule["waiting"]) == ("waiting", 15, {"joins": 0, "leaves": 12})
    assert proposed(api, group)["s00"] == "leave"
    decided = api.post(f"/groups/{group.id}/rule/approve", {"users": [str(people["s00"].id)]}).json()
    assert (decided["decided"], decided["rule"]["status"], decided["rule"]["members"]) == (1, "waiting", 14)
    rejected = api.post(f"/groups/{group.id}/rule/reject", {"users": [str(people["s01"].id)]}).json()
    assert (rejected["decided"], rejected["rule"]["waiting"]["leaves"]) == (1, 10)
    done = api.post(f"/groups/{group.id}/rule/approve").json()
    assert (done["decided"], done["rule"]["status"]) == (10, "settled")
    assert names(group) == ["l0", "l1", "l2", "s01"]
    assert proposed(api, group, "rejected") == {"s01": "leave"}
    assert api.post(f"/groups/{group.id}/rule/approve").json()["error"]["code"] == "nothing_waits"


def test_who_was_rejected_stays_whatever_is_judged_again(api: Any, people: Any, make_group: Any) -> None:
    """Until their own values say something else: neither the nightly look nor an edit that changes nothing in it."""
    group = make_group("Staff", *people.values())
    api.put(f"/groups/{group.id}/rule", {"expression": 'user.department in ["Law", "Board"]'})
    api.post(f"/groups/{group.id}/rule/reject")
    rules.judge_again(None)
    api.patch(f"/users/{people['s00'].id}", {"department": "Sales, too"})
    assert (len(names(group)), len(proposed(api, group, "rejected"))) == (15, 12)
    for department in ("Board", "Sales"):
        api.patch(f"/users/{people['s01'].id}", {"department": department})
    assert (len(names(group)), len(proposed(api, group, "rejected"))) == (14, 11)


def test_five_may_go_at_once_and_six_may_not(api: Any, make_user: Any, make_group: Any) -> None:
    users = [make_user(f"u{n}", department="A" if n < 5 else "B") for n in range(11)]
    five, six = make_group("Five", *users), make_group("Six", *users)
    assert api.put(f"/groups/{five.id}/rule", {"expression": 'user.department == "B"'}).json()["status"] == "settled"
    assert api.put(f"/groups/{six.id}/rule", {"expression": 'user.department == "A"'}).json()["status"] == "waiting"


@pytest.mark.parametrize(("confirm", "status"), [(12, "settled"), (99, "settled"), (11, "waiting")])
def test_what_was_seen_and_confirmed_does_not_wait(
    api: Any, people: Any, make_group: Any, confirm: int, status: str
) -> None:
    group = make_group("Sellers", *people.values())
    body = {"expression": 'user.department == "Law"', "confirm": confirm}
    assert api.put(f"/groups/{group.id}/rule", body).json()["status"] == status
    assert len(names(group)) == (3 if status == "settled" else 15)


def test_while_it_waits_edits_of_people_are_proposed_too_and_go_when_moot(
    api: Any, people: Any, make_group: Any
) -> None:
    group = make_group("Sellers", *people.values())
    api.put(f"/groups/{group.id}/rule", {"expression": 'user.department == "Law"'})
    api.patch(f"/users/{people['s00'].id}", {"department": "Law"})  # stays: nothing to decide
    api.patch(f"/users/{people['l0'].id}", {"department": "Sales"})
    assert "s00" not in proposed(api, group)
    assert (proposed(api, group)["l0"], len(names(group))) == ("leave", 15)
    for name, user in people.items():
        if name.startswith("s"):
            api.patch(f"/users/{user.id}", {"department": "Law"})
    api.patch(f"/users/{people['l0'].id}", {"department": "Law"})
    assert (proposed(api, group), api.get(f"/groups/{group.id}/rule").json()["status"]) == ({}, "settled")
    api.patch(f"/users/{people['l1'].id}", {"department": "Sales"})  # nothing waits any more: it is followed at once
    assert "l1" not in names(group)


def test_with_review_everybody_is_asked_about(api: Any, people: Any, make_group: Any, happened: Any) -> None:
    group = make_group("Sellers")
    rule = api.put(f"/groups/{group.id}/rule", {"expression": SALES, "review": True}).json()
    assert (rule["status"], rule["members"], rule["waiting"]) == ("settled", 0, {"joins": 12, "leaves": 0})
    api.post(f"/groups/{group.id}/rule/approve")
    assert len(names(group)) == 12
    api.patch(f"/users/{people['s00'].id}", {"department": "Law"})
    (row,) = api.get(f"/groups/{group.id}/rule/proposals").json()["items"]
    assert (row["change"], row["because"], row["user"]["username"]) == ("leave", "user", "s00")
    assert "s00" in names(group)
    api.post(f"/groups/{group.id}/rule/reject", {"users": [row["user"]["id"]]})
    api.patch(f"/users/{people['s00'].id}", {"department": "Finance"})  # still out by the rule: not asked again
    assert (proposed(api, group), "s00" in names(group)) == ({}, True)
    api.patch(f"/users/{people['s00'].id}", {"department": "Sales"})
    api.patch(f"/users/{people['s00'].id}", {"department": "Law"})
    assert proposed(api, group) == {"s00": "leave"}
    assert [event.changes[0]["to"] for event in happened("group_rule_reject")] == [1]


def test_for_whom_it_cannot_be_evaluated_nothing_changes(api: Any, make_user: Any, make_group: Any) -> None:
    ada = make_user("ada", attributes={"level": "high"})
    ben = make_user("ben", attributes={"level": 7})
    make_user("cleo", attributes={"level": 2})
    group = make_group("Seniors", ada)
    rule = api.put(f"/groups/{group.id}/rule", {"expression": "user.attributes.level > 5", "confirm": 0}).json()
    assert (rule["status"], rule["failed"], names(group)) == ("settled", 1, ["ada", "ben"])
    (problem,) = api.get(f"/groups/{group.id}/rule/problems").json()["items"]
    assert problem["username"] == "ada"
    assert problem["message"]
    api.patch(f"/users/{ada.id}", {"attributes": {"level": 1}})
    assert (names(group), api.get(f"/groups/{group.id}/rule").json()["failed"]) == (["ben"], 0)
    api.patch(f"/users/{ben.id}", {"attributes": {"level": "unknown"}})
    assert names(group) == ["ben"]


def test_an_edit_with_failures_waits(api: Any, make_user: Any, make_group: Any) -> None:
    make_user("ada", attributes={"level": "high"})
    make_user("ben", attributes={"level": 7})
    group = make_group("Seniors")
    rule = api.put(f"/groups/{group.id}/rule", {"expression": "user.attributes.level > 5"}).json()
    assert (rule["status"], rule["failed"], rule["waiting"]["joins"], names(group)) == ("waiting", 1, 1, [])


def test_a_preview_writes_nothing(api: Any, people: Any, make_group: Any, make_application: Any) -> None:
    group = make_group("Sellers", people["l0"], people["s00"])
    make_application("Chat", group)
    found = api.post(f"/groups/{group.id}/rule/preview", {"expression": SALES, "limit": 2}).json()
    assert (found["members"], found["after"]) == (2, 12)
    assert (found["joins"]["count"], [user["username"] for user in found["joins"]["users"]]) == (11, ["s01", "s02"])
    assert [user["username"] for user in found["leaves"]["users"]] == ["l0"]
    assert [(one["application"]["name"], one["create"]) for one in found["accounts"]] == [("Chat", 11)]
    assert (names(group), GroupRule.objects.count(), Due.objects.count()) == (["l0", "s00"], 0, 0)


def test_taking_the_rule_away_leaves_the_members(api: Any, people: Any, make_group: Any, happened: Any) -> None:
    group = make_group("Sellers")
    api.put(f"/groups/{group.id}/rule", {"expression": SALES})
    assert api.delete(f"/groups/{group.id}/rule").status_code == 204
    assert (len(names(group)), api.get(f"/groups/{group.id}").json()["rule"]) == (12, None)
    assert api.get(f"/groups/{group.id}/rule").status_code == 404
    assert api.post(f"/groups/{group.id}/members", {"remove": [str(people["s00"].id)]}).status_code == 200
    api.patch(f"/users/{people['l0'].id}", {"department": "Sales"})
    assert (len(names(group)), len(happened("group_rule_delete"))) == (11, 1)


def test_a_large_directory_is_a_job(api: Any, people: Any, make_group: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluating, "AT_ONCE", 3)
    monkeypatch.setattr(evaluating, "SLICE", 4)
    group = make_group("Sellers", people["l0"])
    rule = api.put(f"/groups/{group.id}/rule", {"expression": SALES}).json()
    assert (rule["status"], rule["done"], rule["total"], names(group)) == ("computing", 0, 15, ["l0"])
    api.patch(f"/users/{people['l1'].id}", {"department": "Sales"})  # meanwhile
    assert names(group) == ["l0"]
    jobs.run_all()
    assert names(group) == ["l1", *(f"s{n:02}" for n in range(12))]
    rule = api.get(f"/groups/{group.id}/rule").json()
    assert (rule["status"], rule["done"], rule["total"]) == ("settled", 14, 14)


def test_a_deleted_group_or_user_leaves_nothing_behind(api: Any, people: Any, make_group: Any) -> None:
    group = make_group("Sellers", *people.values())
    api.put(f"/groups/{group.id}/rule", {"expression": 'user.department == "Law"'})
    assert api.delete(f"/users/{people['s00'].id}").status_code == 204
    assert RuleProposal.objects.count() == 11
    assert api.delete(f"/groups/{group.id}").status_code == 204
    assert (RuleProposal.objects.count(), GroupRule.objects.count()) == (0, 0)


def test_an_operator_may_and_an_auditor_may_not(as_role: Any, people: Any, make_group: Any) -> None:
    group, auditor = make_group("Sellers"), as_role("auditor")
    assert auditor.put(f"/groups/{group.id}/rule", {"expression": SALES}).status_code == 403
    assert auditor.post(f"/groups/{group.id}/rule/preview", {"expression": SALES}).status_code == 200
    assert auditor.put(f"/groups/{uuid.uuid4()}/rule", {"expression": SALES}).status_code == 403
