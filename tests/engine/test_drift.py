"""Drift, as an adversarial table: every kind of attribute, changed, removed or added to there by somebody, under each of the
three settings; then accounts and groups that went, leavers that came back, and accounts that are none of our business."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from provisor.applications import commands as applications
from provisor.applications.models import Drift, Link, Orphan, Run
from provisor.audit.models import Event, Operation
from provisor.core import mapping
from provisor.core.mapping import ENTERPRISE, Row
from provisor.directory import commands as directory
from provisor.directory.models import Group, User
from provisor.testing import Fault
from provisor.testing.profile import Profile

MODES = ("repair", "report", "adopt")
WORK_PHONE = {"type": "work", "number": "+44 1632 960001"}
MOBILE = {"type": "mobile", "value": "+44 1632 960002"}
PLACE = {"type": "work", "locality": "Sample Town", "country": "GB"}
PERSON = {
    "company": "Example Industries",
    "department": "Finance",
    "jobTitle": "Clerk",
    "middlename": "Middle",
    "displayname": "Shown",
    "costCenter": "CC1",
    "phoneNumbers": [WORK_PHONE],
    "addresses": [PLACE],
    "attributes": {"badge": "B1", "level": 3},
}
ROWS = (
    *(row for row in mapping.DEFAULT_ROWS if row.included),
    Row("nickName", "attributes.badge"),
    Row("preferredLanguage", "attributes.level"),
    Row("userType", None, "employee"),
    Row(f"{ENTERPRISE}:costCenter", "costCenter"),
    Row(f"{ENTERPRISE}:division", "costCenter"),
)


def work_mail(address: str) -> dict[str, Any]:
    return {"value": address, "type": "work", "primary": True}


@dataclass(frozen=True)
class Edit:
    """What somebody does to an account by hand. `makes`: what the directory holds afterwards under `adopt`; empty: nothing
    can be adopted, it is reported. `silent`: not drift at all."""

    name: str
    there: dict[str, Any]
    makes: dict[str, Any] = field(default_factory=dict)
    silent: bool = False


def enterprise(**values: Any) -> dict[str, Any]:
    given = {"department": "Finance", "organization": "Example Industries", "costCenter": "CC1", "division": "CC1"}
    return {ENTERPRISE: {name: value for name, value in {**given, **values}.items() if value is not None}}


def name(**values: Any) -> dict[str, Any]:
    given = {"givenName": "Ada", "familyName": "Example", "middleName": "Middle"}
    return {"name": {part: value for part, value in {**given, **values}.items() if value is not None}}


EDITS = (
    Edit("text_changed", {"title": "Chief"}, {"jobTitle": "Chief"}),
    Edit("text_removed", {"title": None}),
    Edit("text_too_long_for_us", {"title": "x" * 300}),
    Edit("text_with_a_line_break", {"title": "Chief\nClerk"}),
    Edit("name_changed", name(givenName="Augusta"), {"firstname": "Augusta"}),
    Edit("name_part_removed", name(middleName=None)),
    Edit("display_changed", {"displayName": "Countess"}, {"displayname": "Countess"}),
    Edit("extension_changed", enterprise(department="Research"), {"department": "Research"}),
    Edit("extension_removed", {ENTERPRISE: None}),
    Edit("phone_changed", {"phoneNumbers": [MOBILE]},
         {"phoneNumbers": [{"type": "mobile", "number": MOBILE["value"]}]}),
    Edit("phone_added", {"phoneNumbers": [{"type": "work", "value": WORK_PHONE["number"]}, MOBILE]},
         {"phoneNumbers": [WORK_PHONE, {"type": "mobile", "number": MOBILE["value"]}]}),
    Edit("phones_removed", {"phoneNumbers": None}),
    Edit("address_changed", {"addresses": [{**PLACE, "locality": "Other Town"}]},
         {"addresses": [{**PLACE, "locality": "Other Town"}]}),
    Edit("addresses_removed", {"addresses": []}),
    Edit("custom_changed", {"nickName": "B2"}, {"attributes": {"badge": "B2", "level": 3}}),
    Edit("custom_number_changed", {"preferredLanguage": "4"}),
    Edit("constant_changed", {"userType": "guest"}),
    Edit("mapped_twice_changed", enterprise(costCenter="CC2")),
    Edit("user_name_changed", {"userName": "somebody.else"}),
    Edit("external_id_changed", {"externalId": "theirs"}),
    Edit("external_id_removed", {"externalId": None}),
    Edit("mail_changed", {"emails": [work_mail("other@example.com")]}),
    Edit("mails_removed", {"emails": None}),
    Edit("private_mail_added", {"emails": [work_mail("private_mail_added@example.com"),
                                           {"value": "p@example.org", "type": "home"}]}, silent=True),
    Edit("deactivated", {"active": False}),
    Edit("unmanaged_added", {"profileUrl": "https://example.org/ada", "timezone": "Europe/Berlin"}, silent=True),
    Edit("order_changed", {"addresses": [{"country": "GB", "type": "work", "locality": "Sample Town"}]}, silent=True),
    Edit("two_changed", {"title": "Chief", "userName": "somebody.new"}, {"jobTitle": "Chief"}),
)  # fmt: skip
SHOWN_AS = {"jobTitle": "job_title", "phoneNumbers": "phone_numbers", "costCenter": "cost_center"}


def columns(values: dict[str, Any]) -> dict[str, Any]:
    return {SHOWN_AS.get(name, name): value for name, value in values.items()}


def core_of(account: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value for name, value in account.items() if name not in ("meta", "schemas") and value not in (None, [])
    }


@pytest.fixture
def edited(world):
    """Everybody of the table has an account, and somebody has been at each of them. The accounts before, by name."""
    applications.replace_mapping(world.actor, world.application.id, mapping.rows_as_json(ROWS))
    people = [world.person(edit.name, **columns({**PERSON, "firstname": "Ada"})) for edit in EDITS]
    world.join(*people)
    world.work()
    before = {user.username: world.account(user) for user in people}
    assert all(before.values())
    for edit in EDITS:
        world.sp.edit_user(before[edit.name]["id"], **edit.there)
    world.sp.clear_requests()
    return before


def there(world, before) -> dict[str, dict[str, Any]]:
    """The accounts now, by the name that they had before."""
    by_id = {user["id"]: user for user in world.sp.users}
    return {name: by_id[account["id"]] for name, account in before.items()}


def told(user_name: str) -> set[str]:
    return set(Operation.objects.filter(type="drift_found", user_name=user_name).values_list("outcome", flat=True))


def test_repair_puts_every_attribute_right_and_leaves_what_others_added(world, edited):
    world.run("reconcile")
    now = there(world, edited)
    for edit in EDITS:
        wanted = core_of({**edited[edit.name], **edit.there} if edit.silent else edited[edit.name])
        assert core_of(now[edit.name]) == wanted, edit.name
        assert told(edit.name) == (set() if edit.silent else {"repair"}), edit.name
    assert len(world.sp.writes) == sum(not edit.silent for edit in EDITS)
    assert not Drift.objects.exists()
    assert User.objects.get(username="text_changed").job_title == "Clerk"


def test_report_changes_nothing_anywhere_and_shows_it(world, edited):
    world.configure(drift="report")
    users = list(User.objects.order_by("id").values())
    for _ in range(2):  # the second time it is still drift, and still only told
        world.run("reconcile")
    assert world.sp.writes == []
    assert list(User.objects.order_by("id").values()) == users
    for edit in EDITS:
        assert told(edit.name) == (set() if edit.silent else {"report"}), edit.name
    assert set(Drift.objects.values_list("name", flat=True)) == {edit.name for edit in EDITS if not edit.silent}
    shown = Drift.objects.get(name="text_changed")
    assert (shown.kind, shown.changes) == ("changed", [{"name": "title", "from": "Clerk", "to": "Chief"}])
    assert shown.first_seen < shown.last_seen


def test_adopt_takes_over_what_is_the_directorys_to_take_and_tells_the_rest(world, edited):
    world.configure(drift="adopt")
    before = {user["username"]: user for user in User.objects.values()}
    world.run("reconcile")
    assert world.sp.writes == []
    for edit in EDITS:
        after = User.objects.filter(username=edit.name).values().get()
        changed = {name: value for name, value in after.items() if value != before[edit.name][name]}
        changed.pop("updated", None)
        assert changed == columns(edit.makes), edit.name
        outcomes = {"adopt"} if edit.makes else {"report"}
        rest = {"report"} if edit.name == "two_changed" else set()
        assert told(edit.name) == (set() if edit.silent else outcomes | rest), edit.name
    actors = set(Event.objects.filter(type="user_update").values_list("actor__name", flat=True))
    assert actors == {"drift"}
    world.run("reconcile")  # what was adopted is in order from now on
    assert world.sp.writes == []
    assert set(Drift.objects.values_list("name", flat=True)) == {
        edit.name for edit in EDITS if not edit.silent and (not edit.makes or edit.name == "two_changed")
    }


def test_what_is_adopted_goes_to_the_other_applications(world):
    other = world.make_application("Other")
    applications.change_assignments(world.actor, other.id, groups_add=[world.staff.id])
    applications.change_assignments(world.actor, other.id, groups_remove=[world.staff.id])
    ada = world.employee("ada", job_title="Clerk")
    world.work()
    world.configure(drift="adopt")
    world.sp.edit_user(world.account(ada)["id"], title="Chief")
    world.run("reconcile")
    event = Event.objects.get(type="user_update")
    assert (event.user_id, event.actor["name"]) == (ada.id, "drift")
    assert event.changes == [{"name": "jobTitle", "from": "Clerk", "to": "Chief"}]
    assert world.link(ada).status == "synced"


def test_an_edit_in_the_directory_at_the_same_time_wins(world):
    ada = world.employee("ada", job_title="Clerk")
    world.work()
    world.configure(drift="adopt")
    world.work()
    world.sp.edit_user(world.account(ada)["id"], title="Chief")
    run = applications.start_run(world.actor, world.application.id, "reconcile")
    world.edit(ada, jobTitle="Director")
    with world.worker():
        world.until(lambda: Run.objects.get(id=run.id).finished)
    assert world.account(ada)["title"] == "Director"
    assert User.objects.get(id=ada.id).job_title == "Director"


@pytest.mark.parametrize("mode", ["repair", "adopt"])
def test_a_leaver_reactivated_there_is_deactivated_again(world, mode):
    ada, grace = world.employee("ada"), world.employee("grace")
    world.work()
    world.configure(drift=mode)
    world.leave(ada)
    directory.suspend_user(world.actor, grace.id)
    world.work()
    for user in (ada, grace):
        world.sp.edit_user(world.account(user)["id"], active=True)
    world.run("reconcile")
    assert [world.account(user)["active"] for user in (ada, grace)] == [False, False]
    assert (told("ada"), told("grace")) == ({"repair"}, {"repair"})


def test_a_leaver_reactivated_there_is_only_told_of_where_that_is_the_setting(world):
    ada = world.employee("ada")
    world.work()
    world.leave(ada)
    world.work()
    world.configure(drift="report")
    world.sp.edit_user(world.account(ada)["id"], active=True)
    world.run("reconcile")
    assert world.account(ada)["active"] is True
    assert Drift.objects.get().changes == [{"name": "active", "from": False, "to": True}]


def test_the_guard_counts_leavers_that_were_reactivated_there(world):
    people = world.people(40)
    world.work()
    world.configure(guard={"max_percent": 100})
    world.leave(*people[:20])
    world.work()
    world.configure(guard={"max_percent": 5, "max_count": 5})
    for user in people[:20]:
        world.sp.edit_user(world.account(user)["id"], active=True)
    world.sp.clear_requests()
    world.run("reconcile")
    assert world.sp.writes == []
    assert Run.objects.get(kind="guard").counts == {"deactivate": 20}


@pytest.mark.parametrize("mode", MODES)
def test_a_deleted_account(world, mode):
    """Repaired: it comes back, once. Else it is told, and stays gone."""
    ada, grace = world.employee("ada"), world.employee("grace")
    world.work()
    world.configure(drift=mode)
    world.sp.remove_user(world.account(ada)["id"])
    world.run("reconcile")
    world.run("reconcile")
    back = mode == "repair"
    assert len(world.sp.users) == 1 + back
    assert bool(world.account(ada)) is back
    assert world.account(grace)["active"] is True
    assert list(Drift.objects.values_list("name", "kind")) == ([] if back else [("ada", "missing")])
    assert told("ada") == (set() if back else {"report"})


@pytest.mark.parametrize("mode", MODES)
def test_a_deleted_account_of_a_leaver_stays_gone_and_nobody_minds(world, mode):
    ada = world.employee("ada")
    world.employee("grace")
    world.work()
    world.configure(drift=mode)
    world.leave(ada)
    world.work()
    world.sp.remove_user(world.account(ada)["id"])
    world.sp.clear_requests()
    world.run("reconcile")
    assert [user["userName"] for user in world.sp.users] == ["grace"]
    assert (world.sp.writes, told("ada"), world.link(ada).status) == ([], set(), "inactive")


BROKEN = {
    "says that there are more": Profile(total="more"),
    "shows the first page for ever": Profile(paging="stuck", max_page=50),
    "shuffles between two pages": Profile(unstable_order=True, max_page=50),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_an_incomplete_read_concludes_nothing(world, mode, broken):
    people = world.people(150)
    world.sp.put_user({"userName": "other", "active": True})
    world.work()
    world.configure(drift=mode)
    world.run("reconcile")
    world.sp.remove_user(world.account(people[0])["id"])
    world.sp.remove_user(world.sp.user("other")["id"])
    world.sp.clear_requests()
    world.sp.profile = broken
    for _ in range(2):
        assert world.run("reconcile").error["code"] == "incomplete_read"
    assert world.sp.writes == []
    assert not Operation.objects.filter(type="drift_found").exists()
    assert Orphan.objects.get().missed == 0
    assert not Drift.objects.exists()


def test_nothing_is_concluded_from_a_read_that_broke_off_and_what_it_showed_is_right(world):
    people = world.people(60)
    world.work()
    world.sp.edit_user(world.account(people[0])["id"], title="Hacker")
    world.sp.remove_user(world.account(people[1])["id"])
    world.sp.profile = Profile(total="more")
    run = world.run("reconcile")
    assert (run.status, run.counts) == ("failed", {"update": 1})
    assert "title" not in world.account(people[0])
    assert len(world.sp.users) == 59


@pytest.mark.parametrize("odd", [Profile(short_pages=True, max_page=20), Profile(overlap=1, max_page=20)],
                         ids=["short pages", "overlapping pages"])  # fmt: skip
def test_odd_pages_that_show_everybody_make_nobody_absent(world, odd):
    world.people(70)
    world.sp.put_user({"userName": "other", "active": True})
    world.work()
    world.configure(drift="report")
    world.sp.profile = odd
    run = world.run("reconcile")
    assert (run.status, run.total) == ("done", 71)
    assert not Drift.objects.exists()
    assert Orphan.objects.count() == 1


def test_a_read_that_could_not_be_finished_by_id_concludes_nothing(world):
    ada = world.employee("ada")
    world.work()
    world.configure(drift="report")
    account = world.account(ada)["id"]
    world.sp.remove_user(account)
    world.sp.fault(Fault("status", 500, method="GET", path_contains=f"/Users/{account}", times=9))
    assert world.run("reconcile").error["code"] == "incomplete_read"
    assert told("ada") == set()


@pytest.mark.parametrize("mode", MODES)
def test_accounts_of_others_are_listed_with_their_age_and_never_touched(world, mode):
    world.configure(drift=mode)
    world.employee("ada")
    mine = {"userName": "Root", "externalId": "hr-1", "emails": [work_mail("Root@Example.org")], "active": False}
    world.sp.put_user(mine)
    world.work()
    foreign = world.sp.user("Root")
    world.run("reconcile")
    first = Orphan.objects.get()
    assert (first.user_name, first.email, first.external_id, first.active) == (
        "Root",
        "Root@Example.org",
        "hr-1",
        False,
    )
    world.run("reconcile")
    again = Orphan.objects.get()
    assert again.first_seen == first.first_seen < again.last_seen
    assert world.sp.user("Root") == foreign


def test_an_account_of_others_leaves_the_list_after_two_reads_without_it(world):
    world.employee("ada")
    world.sp.put_user({"userName": "root", "active": True})
    world.work()
    for missed in (0, 1):
        world.run("reconcile")
        assert Orphan.objects.get().missed == missed
        if not missed:
            world.sp.remove_user(world.sp.user("root")["id"])
    world.run("reconcile")
    assert not Orphan.objects.exists()


def test_an_account_that_becomes_ours_leaves_the_list(world):
    world.sp.put_user({"userName": "ada", "emails": [work_mail("ada@example.com")], "active": True})
    world.employee("grace")
    world.work()
    world.run("reconcile")
    assert Orphan.objects.get().user_name == "ada"
    world.employee("ada")
    world.work()
    world.run("reconcile")
    assert not Orphan.objects.exists()


def test_our_own_accounts_are_never_on_the_list_whatever_their_state(world):
    people = world.people(30)
    world.work()
    world.leave(people[0])
    world.sp.fault(Fault("status", 400, method="PATCH", times=1))
    world.edit(people[1], jobTitle="Refused")
    world.work_off()
    world.run("reconcile")
    assert not Orphan.objects.exists()


@pytest.mark.parametrize("mode", MODES)
def test_an_sp_that_normalises_is_no_drift(world, mode):
    world.sp.profile = Profile(
        lowercase_user_name=True, lowercase_emails=True, trim=True, phone_digits=True, fill_display_name=True
    )
    world.configure(drift=mode)
    ada = world.employee("Ada.Example", email="Ada@Example.com", job_title=" Clerk ", phone_numbers=[WORK_PHONE])
    world.work()
    world.sp.clear_requests()
    users = list(User.objects.values())
    for _ in range(2):
        world.run("reconcile")
    assert (world.sp.writes, told(ada.username)) == ([], set())
    assert not Drift.objects.exists()
    assert list(User.objects.values()) == users


@pytest.mark.parametrize("mode", MODES)
def test_groups(world, mode):
    world.configure(manage_groups=True, drift=mode)
    ada, grace = world.employee("ada"), world.employee("grace")
    world.work()
    group = world.group_there(world.staff)
    other = world.sp.put_user({"userName": "other", "active": True})
    members = [{"value": world.account(ada)["id"]}, {"value": other["id"]}]  # grace is out, somebody else is in
    world.sp.edit_group(group["id"], displayName="Crew", members=members)
    world.run("reconcile")
    repaired = mode == "repair"
    assert world.group_there(world.staff)["displayName"] == ("Staff" if repaired else "Crew")
    assert world.members_there(world.staff) == {"ada", "other"} | ({"grace"} if repaired else set())
    assert Group.objects.get(id=world.staff.id).name == "Staff"
    event = Operation.objects.get(type="drift_found")
    assert (event.group_id, event.group_name, event.outcome) == (
        world.staff.id,
        "Staff",
        "repair" if repaired else "report",
    )
    assert event.changes == [
        {"name": "displayName", "from": "Staff", "to": "Crew"},
        {"name": "members", "from": [str(grace.id)], "to": []},
    ]
    assert list(Drift.objects.values_list("name", "kind")) == ([] if repaired else [("Staff", "changed")])


@pytest.mark.parametrize("mode", MODES)
def test_a_deleted_group(world, mode):
    world.configure(manage_groups=True, drift=mode)
    world.employee("ada")
    world.work()
    world.sp.remove_group(world.group_there(world.staff)["id"])
    world.run("reconcile")
    assert len(world.sp.groups) == (mode == "repair")
    assert list(Drift.objects.values_list("name", "kind")) == ([] if mode == "repair" else [("Staff", "missing")])
    assert Operation.objects.get(type="drift_found").outcome == ("repair" if mode == "repair" else "report")


def test_what_was_told_is_forgotten_once_it_is_right_again(world):
    world.configure(manage_groups=True, drift="report")
    ada = world.employee("ada", job_title="Clerk")
    world.work()
    group = world.group_there(world.staff)["id"]
    world.sp.edit_user(world.account(ada)["id"], title="Chief")
    world.sp.edit_group(group, displayName="Crew")
    world.run("reconcile")
    assert Drift.objects.count() == 2
    world.sp.edit_user(world.account(ada)["id"], title="Clerk")
    world.sp.edit_group(group, displayName="Staff")
    world.run("reconcile")
    assert not Drift.objects.exists()


def test_drift_that_an_edits_echo_showed_is_still_drift_where_it_is_only_told(world):
    ada = world.employee("ada", job_title="Clerk")
    world.work()
    world.configure(drift="report")
    world.sp.edit_user(world.account(ada)["id"], title="Chief")
    world.edit(ada, department="Research")  # the answer to this write shows the other title
    world.work()
    world.sp.clear_requests()
    world.run("reconcile")
    assert world.sp.writes == []
    assert Drift.objects.get().changes == [{"name": "title", "from": "Clerk", "to": "Chief"}]


def test_a_directory_that_changed_without_telling_is_sent_under_every_setting(world):
    people = [world.employee(mode, job_title="Clerk") for mode in MODES]
    world.work()
    for mode, user in zip(MODES, people, strict=True):
        world.configure(drift=mode)
        User.objects.filter(id=user.id).update(job_title="Untold")
        world.run("reconcile")
        assert world.account(user)["title"] == "Untold"


def test_a_listing_that_leaves_active_out_ends_nobody(world):
    """Some show `active` only to who asks for one account: a leaver isn't taken to be back for that."""
    ada = world.employee("ada")
    world.work()
    world.leave(ada)
    world.work()
    world.sp.clear_requests()
    world.sp.edit_user(world.account(ada)["id"], active=None)
    world.run("reconcile")
    reads = [request.target for request in world.sp.requests if request.method == "GET"]
    assert any(target.split("?")[0].endswith(world.link(ada).remote_id) for target in reads)


def test_nothing_is_marked_where_nothing_is_to_be_done(world):
    """A quiet read of many costs the pages, and no look at each account afterwards."""
    world.people(40)
    world.work()
    before = set(Link.objects.values_list("id", "updated"))
    world.run("reconcile")
    assert set(Link.objects.values_list("id", "updated")) == before
