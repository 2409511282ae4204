"""Signing in: one answer for whatever is wrong, tries counted in the row, locks that end."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from provisor.administrators.actor import system
from provisor.directory.commands import set_password, sign_in
from provisor.directory.models import Organisation, Tries, User
from provisor.directory.passwords import hashing, limits

PASSWORD = "correct horse battery"
ADDRESS = "192.0.2.1"


@pytest.fixture
def ada(make_user: Any) -> User:
    return make_user("ada", password=hashing.hashed(PASSWORD), password_status="active")


def lock_after(tries: int) -> None:
    Organisation.objects.update(settings={"password": {"lock_after": tries, "lock_minutes": 15}})


def enter(named: str = "ada", password: str = PASSWORD, address: str = ADDRESS) -> sign_in.SignedIn:
    return sign_in.sign_in(named, password, address=address)


def fail(times: int, named: str = "ada") -> None:
    for _again in range(times):
        with pytest.raises(sign_in.Refused):
            enter(named, "a wrong one, surely")


def now(user: User) -> User:
    return User.objects.get(pk=user.pk)


@pytest.mark.parametrize("named", ["ada", "ADA", " ada ", "ada@example.com", "ＡＤＡ"])
def test_by_username_or_email_however_written(ada: User, named: str, happened: Any) -> None:
    found = enter(named)
    assert (found.user.id, found.expired) == (ada.id, False)
    (event,) = happened("user_login")
    assert event.actor == {"kind": "user", "id": str(ada.id), "name": "ada"}


def test_a_username_goes_before_somebody_elses_address(ada: User, make_user: Any) -> None:
    other = make_user("ada@example.com", email="other@example.com", email_key="other@example.com")
    set_password(system(), other.id, "quite another sentence")
    assert enter("ada@example.com", "quite another sentence").user.id == other.id


@pytest.mark.parametrize(
    ("fields", "named", "password"),
    [
        ({}, "ada", "a wrong one"),
        ({}, "ada", ""),
        ({}, "ada", "half \ud83d of a pair"),
        ({}, "ada", "x" * 100_000),
        ({}, "nobody", PASSWORD),
        ({}, "", PASSWORD),
        ({}, "a\x00da", PASSWORD),
        ({}, "x" * 100_000, PASSWORD),
        ({"state": "suspended"}, "ada", PASSWORD),
        ({"state": "staged"}, "ada", PASSWORD),
        ({"state": "deleting"}, "ada", PASSWORD),
        ({"password": None, "password_status": "pending"}, "ada", PASSWORD),
        ({"password": None, "password_status": "pending"}, "ada", ""),
        ({"locked_until": timezone.now() + timedelta(days=1), "password_status": "locked"}, "ada", PASSWORD),
    ],
    ids=["wrong", "empty", "half", "long", "unknown", "unnamed", "nul", "long name", "suspended", "staged", "deleting",
         "pending", "pending and empty", "locked"],
)  # fmt: skip
def test_every_refusal_reads_the_same(ada: User, fields: dict[str, Any], named: str, password: str) -> None:
    User.objects.filter(pk=ada.pk).update(**fields)
    with pytest.raises(sign_in.Refused) as refused:
        enter(named, password)
    assert str(refused.value) == str(sign_in.Refused())


def test_an_expired_password_leads_to_a_new_one_only(ada: User) -> None:
    User.objects.filter(pk=ada.pk).update(password_status="expired")
    assert enter().expired is True


def test_wrong_tries_lock_and_the_right_one_doesnt_open(
    ada: User, happened: Any, marks: Any, make_application: Any
) -> None:
    make_application("Chat", ada)
    lock_after(3)
    fail(2)
    assert enter().user.failed_tries == 0
    fail(3)
    with pytest.raises(sign_in.Refused):
        enter()
    locked = now(ada)
    assert (locked.password_status, locked.failed_tries) == ("locked", 3)
    assert timedelta(minutes=14) < locked.locked_until - timezone.now() <= timedelta(minutes=15)
    (event,) = happened("user_password_locked")
    assert event.changes == [{"name": "password_status", "from": "active", "to": "locked"}]
    assert marks() == []  # no account is told of a lock


def test_tries_while_locked_neither_count_nor_make_it_longer(ada: User) -> None:
    lock_after(1)
    fail(1)
    before = now(ada)
    fail(3)
    assert (now(ada).locked_until, now(ada).failed_tries) == (before.locked_until, before.failed_tries)


def test_a_lock_ends_by_time_at_the_next_try_or_the_next_sweep(ada: User, make_user: Any, happened: Any) -> None:
    past = timezone.now() - timedelta(seconds=1)
    User.objects.filter(pk=ada.pk).update(locked_until=past, password_status="locked", failed_tries=9)
    make_user("ben", locked_until=past, password_status="locked")
    make_user("eve", locked_until=timezone.now() + timedelta(minutes=1), password_status="locked")
    assert enter().user.password_status == "active"
    assert sign_in.unlock_where_time_is_up() == 1
    states = dict(User.objects.values_list("username", "password_status"))
    assert states == {"ada": "active", "ben": "active", "eve": "locked"}
    assert [event.user_name for event in happened("user_password_unlocked")] == ["ada", "ben"]


def test_an_expired_password_stays_expired_while_it_is_locked(ada: User) -> None:
    User.objects.filter(pk=ada.pk).update(password_status="expired")
    lock_after(2)
    fail(2)
    assert (now(ada).password_status, now(ada).locked_until is None) == ("expired", False)
    sign_in.unlock_user(system(), ada.id)
    assert (now(ada).password_status, enter().expired) == ("expired", True)


def test_lock_after_nought_never_locks(ada: User) -> None:
    lock_after(0)
    fail(12)
    assert enter().user.id == ada.id


def test_an_administrator_unlocks_by_rest_and_twice_is_once(as_role: Any, ada: User, happened: Any) -> None:
    lock_after(1)
    fail(1)
    api = as_role("operator")
    assert api.get(f"/users/{ada.id}").json()["locked_until"] is not None
    for _again in range(2):
        shape = api.post(f"/users/{ada.id}/unlock").json()
        assert (shape["password_status"], shape["locked_until"]) == ("active", None)
    assert len(happened("user_password_unlocked")) == 1
    assert enter().user.id == ada.id
    assert as_role("auditor").post(f"/users/{ada.id}/unlock").status_code == 403


def test_one_address_gets_so_many_wrong_tries_whatever_the_names(ada: User) -> None:
    limits.count("sign-in", ADDRESS, minutes=sign_in.WITHIN_MINUTES)
    Tries.objects.update(count=sign_in.WRONG_TRIES - 1)
    fail(1, "nobody")
    with pytest.raises(sign_in.TooManyTries):
        enter()
    assert enter(address="192.0.2.2").user.id == ada.id
    assert ADDRESS not in repr(list(Tries.objects.values()))


@pytest.mark.django_db(transaction=True)
def test_wrong_tries_at_the_same_moment_are_all_counted(make_user: Any) -> None:
    ada = make_user("ada", password=hashing.hashed(PASSWORD), password_status="active")
    lock_after(100)
    start = threading.Barrier(6)

    def attempt() -> None:
        try:
            start.wait(30)
            fail(2)
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt) for _one in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert now(ada).failed_tries == 12


@pytest.mark.parametrize("tries", [1, 3, 4])
def test_limits_count_each_stretch_and_whom_apart(db: None, tries: int) -> None:
    allowed = [limits.allowed("link", "ada", most=3, minutes=60) for _again in range(tries)]
    assert allowed == [True, True, True, False][:tries]
    assert limits.allowed("link", "ben", most=3, minutes=60)
    Tries.objects.update(stretch=timezone.now() - timedelta(days=2))
    assert limits.allowed("link", "ada", most=1, minutes=60)
    limits.forget_old()
    assert Tries.objects.count() == 1
