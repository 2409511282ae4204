"""Passwords on their way to an SP: what is sent, when, in which words, and what it refuses."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import transaction
from tests.engine.pushed import OWN, password_requests, set_password, told, work

from provisor.applications.commands.passwords import keep_password
from provisor.applications.models import AccountPassword, Application, Change
from provisor.audit.models import Event
from provisor.directory import commands as directory
from provisor.directory.models import User


@pytest.fixture
def pushing(world):
    """The world, with an application that gets passwords."""
    world.configure(push_passwords=True)
    return world


def test_a_new_account_gets_a_password_that_nobody_knows(world, pushing):
    ada, grace = world.employee("ada"), world.employee("grace")
    work(world)
    made = [world.sp.password("ada"), world.sp.password("grace")]
    assert all(len(password) >= 20 for password in made)
    assert len(set(made)) == 2
    assert [told(world, user).status for user in (ada, grace)] == ["temporary", "temporary"]


def test_without_the_setting_none_is_sent_and_none_is_kept(world):
    ada = world.employee("ada")
    set_password(world, ada)
    work(world)
    assert world.sp.password("ada") is None
    assert not AccountPassword.objects.exists()


def test_a_set_password_goes_in_a_patch_of_its_own(world, pushing):
    ada = world.employee("ada")
    work(world)
    world.sp.clear_requests()
    set_password(world, ada)
    work(world)
    (request,) = world.sp.requests
    assert request.body["Operations"] == [{"op": "replace", "path": "password", "value": OWN}]
    assert world.sp.password("ada") == OWN
    row = told(world, ada)
    assert (row.status, row.sealed, row.error) == ("pushed", None, None)
    assert world.link(ada).intent is None
    assert world.status(ada) == "synced"


def test_a_password_that_waits_goes_with_the_new_account(world, pushing):
    ada = world.employee("ada")
    set_password(world, ada)
    work(world)
    assert [method for method, _ in password_requests(world)] == ["POST"]
    assert (world.sp.password("ada"), told(world, ada).status) == (OWN, "pushed")


def test_an_adopted_account_gets_no_temporary_password(world, pushing):
    world.sp.put_user({"userName": "ada", "emails": [{"value": "ada@example.com", "primary": True}]})
    ada = world.employee("ada")
    work(world)
    assert world.account(ada) is not None
    assert password_requests(world) == []
    set_password(world, ada)
    work(world)
    assert world.sp.password("ada") == OWN


def test_a_refused_password_stops_nothing_else_and_its_words_tell_nothing(world, pushing):
    ada = world.employee("ada")
    work(world)
    before = world.sp.password("ada")
    world.sp.profile = replace(world.sp.profile, password_policy=("min:60",), echo_passwords=True)
    set_password(world, ada)
    world.edit(ada, jobTitle="Countess")
    work(world)
    assert world.account(ada)["title"] == "Countess"
    assert world.sp.password("ada") == before
    row = told(world, ada)
    assert (row.status, row.sealed, row.error["code"]) == ("refused", None, "refused")
    assert "breaks the policy: min:60" in row.error["message"]
    assert OWN not in row.error["message"]
    event = Event.objects.get(type="user_password_refused")
    assert (event.user_name, event.outcome, event.status) == ("ada", "failure", 400)
    assert world.status(ada) == "synced"


def test_words_that_tell_nothing_are_shown(world, pushing):
    ada = world.employee("ada")
    work(world)
    world.sp.profile = replace(world.sp.profile, password_policy=("min:60",))
    set_password(world, ada)
    work(world)
    assert "breaks the policy: min:60" in told(world, ada).error["message"]


def test_a_refused_change_does_not_stop_the_password(world, pushing):
    ada = world.employee("ada")
    work(world)
    world.sp.profile = replace(world.sp.profile, formats=("title:short_name_21",))
    world.edit(ada, jobTitle="A title that is much too long for it")
    set_password(world, ada)
    work(world)
    assert world.status(ada) == "held"
    assert (world.sp.password("ada"), told(world, ada).status) == (OWN, "pushed")


def test_a_new_password_after_expiry_makes_active_first(world, pushing):
    ada = world.employee("ada")
    work(world)
    directory.expire_password(world.actor, ada.id)
    work(world)
    assert world.account(ada)["active"] is False
    world.sp.clear_requests()
    with transaction.atomic():
        User.objects.filter(id=ada.id).update(password_status="active")
        keep_password(world.actor, ada.id, OWN)
    work(world)
    paths = [request.body["Operations"][0]["path"] for request in world.sp.requests if request.method == "PATCH"]
    assert paths == ["active", "password"]
    assert (world.account(ada)["active"], world.sp.password("ada")) == (True, OWN)


def test_a_service_provider_without_patch_gets_the_whole_account(world, pushing):
    ada = world.employee("ada", job_title="Countess")
    work(world)
    world.sp.profile = replace(world.sp.profile, patch=False)
    set_password(world, ada)
    work(world)
    assert world.sp.requests[-1].method == "PUT"
    assert (world.sp.password("ada"), world.account(ada)["title"]) == (OWN, "Countess")


def test_who_takes_no_path_gets_none(world, pushing):
    ada = world.employee("ada")
    work(world)
    world.sp.profile = replace(world.sp.profile, patch_path="forbidden")
    set_password(world, ada)
    work(world)
    assert (world.sp.password("ada"), told(world, ada).status) == (OWN, "pushed")


def test_an_account_is_made_without_a_password_where_one_is_refused(world, pushing):
    world.sp.profile = replace(world.sp.profile, passwords="change", echo_passwords=True)
    ada, grace = world.employee("ada"), None
    work(world)
    assert world.account(ada) is not None
    assert world.sp.password("ada") is None
    assert Application.objects.get(id=world.application.id).learned["password"] == "change"
    world.sp.clear_requests()
    grace = world.employee("grace")
    set_password(world, grace)
    work(world)
    assert password_requests(world) == [("PATCH", ["password"])]
    assert world.sp.password("grace") == OWN


def test_a_policy_that_refuses_the_own_password_gets_a_temporary_one(world, pushing):
    world.sp.profile = replace(world.sp.profile, password_policy=("min:24",))
    ada = world.employee("ada")
    set_password(world, ada)
    work(world)
    assert world.account(ada) is not None
    assert len(world.sp.password("ada")) == 24
    assert told(world, ada).status == "refused"
    assert "password" not in Application.objects.get(id=world.application.id).learned


def test_a_password_that_is_known_to_be_too_short_is_not_sent(world, pushing):
    world.configure(form={"password_length_min": 30})
    ada = world.employee("ada")
    work(world)
    world.sp.clear_requests()
    set_password(world, ada)
    work(world)
    assert world.sp.requests == []
    assert (told(world, ada).status, "30 characters" in told(world, ada).error["message"]) == ("refused", True)


def test_where_none_is_taken_none_is_kept(world, pushing):
    ada = world.employee("ada")
    world.configure(form={"password": "none"})
    set_password(world, ada)
    work(world)
    assert (password_requests(world), AccountPassword.objects.count()) == ([], 0)


def test_who_waits_to_start_keeps_the_password_within_its_time(world, pushing):
    alan = world.employee("alan", state="staged")
    set_password(world, alan)
    work_off(world)
    assert world.sp.requests == []
    directory.activate_user(world.actor, alan.id)
    work(world)
    assert (world.sp.password("alan"), told(world, alan).status) == (OWN, "pushed")


def work_off(world):
    with world.worker():
        world.until(lambda: not world.ready() and not world.running())


def test_a_plan_and_its_hash_know_of_no_password(world, pushing):
    ada = world.employee("ada")
    first = world.run_while_paused("plan")
    set_password(world, ada)
    second = world.run_while_paused("plan")
    assert (first.hash, first.counts) == (second.hash, second.counts)
    assert "password" not in str(list(Change.objects.values_list("attributes", flat=True)))


def test_passwords_never_share_a_bulk_request(world, pushing):
    world.sp.profile = replace(world.sp.profile, bulk=100)
    world.configure(form={"bulk": 100})
    people = world.people(30)
    work(world)
    assert all(world.sp.password(user.username) for user in people)
    assert not [request for request in world.sp.requests if "/Bulk" in request.path and "password" in str(request.body)]
