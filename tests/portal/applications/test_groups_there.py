"""Groups as they are in an application: the switch, their states, and what is held."""

from __future__ import annotations

import hashlib
import uuid
from itertools import count

import pytest
from django.utils import timezone
from tests.portal.conftest import text_of

from provisor.applications.models import Change, GroupDue, GroupLink, GroupMember, Run

MATCH = {"code": "match_found", "message": "A group 'Staff' exists there.", "hint": "Choose."}
GONE_HERE = {
    "code": "confirm_delete",
    "message": "It was deleted in the directory.",
    "hint": "Delete it there, or not.",
}
CANDIDATE = {"remote_id": "g-1", "name": "staff", "external_id": None, "members": 7, "owner": None}
ON = {"manage_groups": True}


@pytest.fixture
def make_group_link(db):
    def make(page, group, **fields):
        pair = hashlib.md5(f"{page.application.id}{group.id}".encode(), usedforsecurity=False)
        values = {"status": "synced", "remote_id": f"remote-{group.name}", "name": group.name, **fields}
        return GroupLink.objects.create(
            id=uuid.UUID(pair.hexdigest()),
            application_id=page.application.id,
            group_id=group.id,
            updated=timezone.now(),
            **values,
        )

    return make


@pytest.fixture
def held(open_page, make_group, make_group_link):
    """An owner, and a held group: `held(error, candidates)`."""
    numbers = count()

    def make(error, candidates=None, name="Staff"):
        group = make_group(name)
        page = open_page(f"Chat {next(numbers)}", group, provisioning="active", settings=ON)
        link = make_group_link(page, group, status="held", error=error, candidates=candidates, remote_id=None)
        return page, link

    return make


def test_the_switch_says_what_it_does_and_does_it(page, make_group):
    assert "On: 0 assigned groups are made there" in page.says("groups/there")
    page.post("groups/manage", {"on": "1"})
    assert page.fresh().settings["manage_groups"] is True
    assert "Off: nothing is sent for groups any more." in page.says("groups/there")
    page.post("groups/manage")
    assert page.fresh().settings["manage_groups"] is False


def test_where_there_are_no_groups_it_cant_be_switched_on(open_page):
    page = open_page("Chat", settings={"form": {"groups": False}})
    body = page.get("groups/there").content.decode()
    assert "has no groups, as far as is known" in body
    assert 'id="manage-groups" disabled' in body


def test_each_group_has_its_state_and_its_acknowledged_members(open_page, make_group, make_group_link, make_user):
    page = open_page("Chat", settings=ON)
    link = make_group_link(page, make_group("Staff"))
    for name, confirmed in (("ada", True), ("ben", True), ("cleo", False)):
        user = make_user(name)
        GroupMember.objects.create(group_link=link, user_id=user.id, remote_id=name, confirmed=confirmed)
    assert "Staff Synced 2 remote-Staff" in page.says("groups/there")


def test_a_troubled_one_quotes_the_sp_and_is_retried(held):
    page, link = held({"code": "refused", "message": "The service provider answered 400: no such name", "hint": ""})
    said = page.says("groups/there")
    assert "400 · no such name" in said
    assert "Retry" in said
    answer = page.client.post(f"/accounts/{link.id}/retry")
    assert answer["Location"] == f"/applications/{page.application.id}/groups/there"
    assert GroupDue.objects.filter(group_id=link.group_id).exists()


@pytest.mark.parametrize(("status", "there"), [("right", False), ("due", False), ("held", True), ("", True)])
def test_segments_show_their_rows(held, status, there):
    page, link = held(MATCH, [CANDIDATE])
    assert (f"link-{link.id}" in page.get("groups/there", status=status).content.decode()) is there


def test_a_held_group_is_in_the_queue_on_home_and_among_the_causes(held):
    page, _link = held(MATCH, [CANDIDATE])
    assert "Group Staff" in text_of(page.client.get("/held"))
    assert "There is a group of this name" in text_of(page.client.get("/held"))
    assert f"1 group is held in {page.application.name}" in text_of(page.client.get("/"))
    assert "There is a group of this name 1 group" in page.says("activity")


def test_a_decision_that_is_under_way_is_no_longer_in_the_queue(held):
    page, link = held(MATCH, [CANDIDATE])
    page.client.post(f"/held/{link.id}", {"action": "create"})
    assert GroupDue.objects.get().decision == {"action": "create"}
    assert "Nothing is held" in text_of(page.client.get("/held"))
    assert "held in" not in text_of(page.client.get("/"))


def test_it_is_compared_with_its_candidate(held):
    page, link = held(MATCH, [CANDIDATE])
    said = text_of(page.client.get(f"/held/{link.id}"))
    assert "Name Staff staff" in said
    assert "Changes its external id there." in said
    assert "Members 0 7" in said


def test_nothing_is_sent_for_a_candidate_that_cant_be_seen(held, sp):
    page, link = held(MATCH, [CANDIDATE])
    answer = page.client.post(f"/held/{link.id}", {"action": "adopt", "remote_id": "g-1"})
    assert answer.status_code == 409
    assert "Nothing was sent. Look again" in text_of(answer)
    assert not GroupDue.objects.exists()


def test_a_group_that_was_deleted_here_is_deleted_there_only_after_asking_twice(held):
    page, link = held(GONE_HERE)
    body = page.client.get(f"/held/{link.id}").content.decode()
    assert "Delete it there…" in body
    assert 'value="create"' not in body
    asked = text_of(page.client.post(f"/held/{link.id}", {"action": "delete"}))
    assert "Delete the group Staff in Chat" in asked
    assert not GroupDue.objects.exists()
    page.client.post(f"/held/{link.id}", {"action": "delete", "sure": "1"})
    assert GroupDue.objects.get().decision == {"action": "delete"}


def test_what_may_not_be_decided_is_refused_with_words(held):
    page, link = held(GONE_HERE)
    answer = page.client.post(f"/held/{link.id}", {"action": "create"})
    assert answer.status_code == 409
    assert "delete, ignore" in text_of(answer)


def test_equal_reasons_are_decided_together(held):
    page, _link = held(MATCH, [CANDIDATE])
    where = {"application": str(page.application.id), "code": "match_found", "kind": "group"}
    assert "1 group with exactly one candidate" in text_of(page.client.get("/held/alike", where))
    page.client.post("/held/alike", where | {"action": "ignore"})
    assert GroupDue.objects.get().decision == {"action": "ignore"}


def test_the_page_of_the_group_tells_its_state_in_each_application(held):
    page, link = held(MATCH, [CANDIDATE])
    said = text_of(page.client.get(f"/groups/{link.group_id}/applications"))
    assert "Held 0 members there There is a group of this name · Decide" in said


def test_the_preview_counts_groups_where_they_are_kept(open_page, make_group, make_user, make_group_link):
    staff, empty, former = make_group("Staff", make_user("ada")), make_group("Empty"), make_group("Former")
    page = open_page("Chat", former, settings=ON, provisioning="active")
    make_group_link(page, former)
    ticks = {"shown": [str(one.id) for one in (staff, empty, former)], "ticked": [str(staff.id), str(empty.id)]}
    said = text_of(page.post("groups/preview", ticks, HX_Request="true"))
    assert "1 group is made there, or taken over where one of that name exists. 1 more is empty" in said
    assert "1 group stays there as it is" in said


def change(page, group, kind, users, outcome=None, **fields):
    run = Run.objects.create(application=page.application, kind="plan", status="done", **fields)
    name, ids = ("to", "from") if kind == "add_members" else ("from", "to"), [str(user.id) for user in users]
    told = {"name": "members", name[0]: ids, name[1]: None}
    Change.objects.create(
        run=run, kind=kind, rank=1, link_id=uuid.uuid4(), group_id=group.id, user_name=group.name,
        attributes=[told], reason="are members in the directory", outcome=outcome, at=timezone.now(),
    )  # fmt: skip
    return run


@pytest.mark.parametrize(
    ("kind", "outcome", "words"),
    [
        ("add_members", None, "6 members to add: p0, p1, p2, p3 and 2 more"),
        ("add_members", {"result": "success"}, "6 members added: p0, p1, p2, p3 and 2 more"),
        ("remove_members", None, "6 members to remove: p0, p1, p2, p3 and 2 more"),
        ("remove_members", {"result": "success"}, "6 members removed: p0, p1, p2, p3 and 2 more"),
    ],
)
def test_changes_of_members_are_told_by_name(page, make_group, make_user, kind, outcome, words):
    users = [make_user(f"p{number}") for number in range(6)]
    run = change(page, make_group("Staff"), kind, users, outcome)
    said = text_of(page.client.get(f"/runs/{run.id}"))
    assert "Group Staff" in said
    assert words in said


def test_a_group_whose_members_came_in_chunks_is_one_thing_that_is_done(page, make_group, make_user):
    group, ada = make_group("Staff"), make_user("ada")
    run = change(page, group, "add_members", [ada], {"result": "success"}, finished=timezone.now())
    first = run.changes.get()
    for _chunk in range(3):
        first.pk = None
        first.save(force_insert=True)
    assert "1 done" in page.says("activity", said="")


def test_home_counts_accounts_and_groups_together(held, make_link, make_user):
    page, _link = held(MATCH, [CANDIDATE])
    make_link({"id": page.application.id}, make_user("ada"), status="held", error=MATCH, remote_id=None, active=None)
    said = text_of(page.client.get("/"))
    assert f"1 account and 1 group are held in {page.application.name}" in said
    assert "Held 2 in 1 application" in said


def test_groups_that_arent_kept_are_dormant(open_page, make_group, make_group_link):
    page = open_page("Chat", make_group("Staff"))
    make_group_link(page, make_group("Former"), status="retrying", error=MATCH)
    said = page.says("groups/there")
    assert "Former Not kept" in said
    assert "Retry" not in said
