"""Giving and taking access by ticks: nothing happens before Save, and nobody loses access unread."""

from __future__ import annotations

import pytest
from tests.portal.conftest import text_of

from provisor.applications.models import Assignment, Due


@pytest.fixture
def staff(make_group, make_user):
    return make_group("Staff", make_user("ada"), make_user("ben"))


def assigned(page):
    rows = Assignment.objects.filter(application=page.application)
    return {row.group.name if row.group else row.user.username for row in rows.select_related("group", "user")}


def ticks(*groups, ticked=(), **more):
    return {"shown": [str(group.id) for group in groups], "ticked": [str(one.id) for one in ticked], **more}


def test_the_preview_counts_and_names_without_saving(page, staff):
    said = text_of(page.post("groups/preview", ticks(staff, ticked=[staff]), HX_Request="true"))
    assert "Save, create 2" in said
    assert "ada" in said
    assert assigned(page) == set()


def test_saving_assigns_and_marks(page, staff):
    page.post("groups", ticks(staff, ticked=[staff], act="save"))
    assert assigned(page) == {"Staff"}
    assert Due.objects.filter(application_id=page.application.id).count() == 2


def test_what_takes_accounts_away_is_asked_once_more_unless_it_was_read(open_page, staff, make_link):
    page = open_page("Chat", staff, provisioning="active")
    for membership in staff.memberships.all():
        make_link({"id": page.application.id}, membership.user)
    asked = text_of(page.post("groups", ticks(staff, act="save")))
    assert "Not saved yet" in asked
    assert "Save, deactivate 2" in asked
    assert assigned(page) == {"Staff"}
    page.post("groups", ticks(staff, act="save", seen="2"))
    assert assigned(page) == set()


def test_ticks_survive_a_filter_that_hides_them(page, staff, make_group):
    sales = make_group("Sales")
    body = page.post("groups", ticks(staff, sales, ticked=[staff], act="show", search="sal")).content.decode()
    assert f'name="add" value="{staff.id}"' in body
    page.post("groups", {**ticks(sales, ticked=[sales], act="save"), "add": [str(staff.id)]})
    assert assigned(page) == {"Staff", "Sales"}


def test_bound_groups_that_arent_shown_stay_bound(open_page, staff, make_group):
    sales = make_group("Sales")
    page = open_page("Chat", staff)
    page.post("groups", ticks(sales, ticked=[sales], act="save"))
    assert assigned(page) == {"Staff", "Sales"}


@pytest.mark.parametrize(("view", "shown"), [("bound", {"Staff"}), ("all", {"Staff", "Sales"}), ("changed", set())])
def test_segments_show_what_is_bound_or_changed(open_page, staff, make_group, view, shown):
    make_group("Sales")
    page = open_page("Chat", staff)
    body = page.get("groups", view=view).content.decode()
    assert {name for name in ("Staff", "Sales") if f'title="{name}"' in body} == shown


def test_an_empty_group_says_so_and_a_missing_one_leads_on(page, make_group):
    assert "No user group yet" in page.says("groups")
    make_group("Nobody")
    assert "empty" in page.says("groups")


def test_an_operator_sees_and_cannot_change(open_page, staff, signed_in):
    page = open_page(client=signed_in("operator"))
    assert "disabled" in page.get("groups").content.decode()
    assert page.post("groups", ticks(staff, ticked=[staff], act="save")).status_code == 403


def test_single_users_are_found_and_given_access(page, make_user):
    ada = make_user("ada", firstname="Ada")
    found = page.post("users/direct", {"act": "find", "find": "ada"}).content.decode()
    assert f'id="user-{ada.id}"' in found
    page.post("users/direct", ticks(ada, ticked=[ada], act="save"))
    assert assigned(page) == {"ada"}


def test_rubbish_instead_of_ids_changes_nothing(page, staff):
    answer = page.post("groups", {"shown": ["x", "' OR 1=1"], "ticked": "<script>", "act": "save"})
    assert answer.status_code == 200
    assert assigned(page) == set()
