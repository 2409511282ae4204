"""Passwords on their way to an SP: what it holds, what the database still holds, and what people are told."""

from __future__ import annotations

from dataclasses import replace

from django.db import transaction
from django.utils import timezone

from provisor.applications.commands.passwords import keep_password
from provisor.applications.models import AccountPassword

OWN = "Correct-Horse-Battery-7"


def set_password(world, user, password=OWN):
    with transaction.atomic():
        keep_password(world.actor, user.id, password)


def told(world, user):
    return AccountPassword.objects.get(user_id=user.id, application_id=world.application.id)


def work(world):
    """A worker until nothing is due and no password may be sent any more."""
    with world.worker():
        world.until(lambda: not world.ready() and not world.running() and not waiting())


def waiting():
    return AccountPassword.objects.filter(status="waiting", next_try__lte=timezone.now()).exists()


def test_a_new_account_gets_a_password_that_nobody_knows(world):
    world.configure(push_passwords=True)
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


def test_a_set_password_goes_in_a_patch_of_its_own(world):
    world.configure(push_passwords=True)
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
