"""Drift, as an adversarial table: every kind of attribute, changed, removed or added to there by somebody, under each of the
three settings."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.engine.drift_edits import EDITS, MODES, PERSON, ROWS, WORK_PHONE, columns, core_of, told

from provisor.applications import adopting
from provisor.applications import commands as applications
from provisor.applications.adopting import Wish
from provisor.applications.models import Drift, Run
from provisor.audit.models import Event
from provisor.core import mapping
from provisor.directory.models import User
from provisor.testing import FakeServiceProvider
from provisor.testing.profile import Profile


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
    with FakeServiceProvider.in_thread() as second:
        other = world.make_application("Other", second.base_url)
        applications.change_assignments(world.actor, other.id, groups_add=[world.staff.id])
        ada = world.employee("ada", job_title="Clerk")
        world.work()
        world.configure(drift="adopt")
        world.sp.edit_user(world.account(ada)["id"], title="Chief")
        world.run("reconcile")
        world.work()
        assert second.by_external_id(str(ada.id))["title"] == "Chief"
    event = Event.objects.get(type="user_update")
    assert (event.user_id, event.actor["name"]) == (ada.id, "drift")
    assert event.changes == [{"name": "jobTitle", "from": "Clerk", "to": "Chief"}]


def test_nothing_is_adopted_over_an_edit_made_since_it_was_compared(world):
    ada = world.employee("ada", job_title="Clerk")
    world.work()
    link = world.link(ada)
    row = {"id": str(link.id), "known": {}, "active": True, "updated": link.updated.isoformat()}
    wish = Wish(ada.id, {"jobTitle": "Chief"}, User.objects.get(id=ada.id).updated, row)
    world.edit(ada, jobTitle="Director")
    with ThreadPoolExecutor() as threads:
        (refused,) = threads.submit(adopting.adopt, [wish]).result()
    assert "changed since" in refused
    assert User.objects.get(id=ada.id).job_title == "Director"
    assert world.link(ada).known == link.known


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
