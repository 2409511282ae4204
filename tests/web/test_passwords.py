"""Setting a password: every rule, the former ones, and what is left behind."""

from __future__ import annotations

import threading
import unicodedata
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from provisor.administrators.actor import system
from provisor.audit.models import Event
from provisor.directory.commands import own_password, passwords, set_password
from provisor.directory.models import Organisation, PasswordHistory, User
from provisor.directory.passwords import hashing
from provisor.errors import Busy, Invalid, WrongState

ONE, TWO, THREE = "correct horse battery", "quite another sentence", "the third of them here"


@pytest.fixture
def rules(db: None) -> Any:
    """`rules(history=2)`: the organisation's rules for passwords."""

    def choose(**words: Any) -> None:
        Organisation.objects.update(settings={"password": words})

    return choose


def put(api: Any, user: User, password: str) -> Any:
    return api.put(f"/users/{user.id}/password", {"password": password})


def test_a_refusal_names_every_rule_that_is_broken(api: Any, make_user: Any, rules: Any) -> None:
    rules(min_length=16, min_classes=3)
    error = put(api, make_user("ada"), "password")
    assert error.status_code == 422
    text = error.json()["error"]["fields"]["password"]
    assert all(word in text for word in ("At least 16 characters.", "At least 3 of", "many people use"))


def test_an_administrator_is_bound_by_the_history_too(api: Any, make_user: Any, rules: Any) -> None:
    rules(history=2)
    ada = make_user("ada")
    assert [put(api, ada, each).status_code for each in (ONE, ONE, TWO, ONE, THREE, ONE)] == [
        200, 422, 200, 422, 200, 200,
    ]  # fmt: skip
    assert PasswordHistory.objects.filter(user=ada).count() == 2


def test_without_history_a_password_may_come_again_and_none_is_kept(api: Any, make_user: Any, rules: Any) -> None:
    rules(history=0)
    ada = make_user("ada")
    assert [put(api, ada, ONE).status_code for _again in range(2)] == [200, 200]
    assert not PasswordHistory.objects.exists()


def test_a_password_that_was_set_before_histories_were_kept_counts(api: Any, make_user: Any) -> None:
    ada = make_user("ada", password=hashing.hashed(ONE), password_status="active")
    assert put(api, ada, ONE).status_code == 422


def test_what_looks_the_same_is_the_same_password(api: Any, make_user: Any) -> None:
    ada = make_user("ada")
    composed = "Übermut tut selten gut"
    assert put(api, ada, unicodedata.normalize("NFD", composed)).status_code == 200
    hash = User.objects.get(pk=ada.pk).password
    assert hashing.matches(composed, hash)
    assert hashing.matches(composed.replace(" ", "\u00a0"), hash)
    assert not hashing.matches(composed.lower(), hash)


def test_what_a_new_password_changes_and_shows(api: Any, make_user: Any) -> None:
    soon = timezone.now() + timedelta(minutes=5)
    ada = make_user("ada", password_status="locked", failed_tries=10, locked_until=soon, password_warned=soon)
    shape = put(api, ada, ONE).json()
    assert (shape["password_status"], shape["locked_until"], shape["password_expires"]) == ("active", None, None)
    assert shape["password_changed"] == shape["updated"] or shape["password_changed"] < shape["updated"]
    ada.refresh_from_db()
    assert (ada.failed_tries, ada.password_warned) == (0, None)


def test_the_password_stands_nowhere_in_clear(api: Any, make_user: Any) -> None:
    ada = make_user("ada")
    put(api, ada, ONE)
    put(api, ada, "password1234")
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(t::text, ' ') FROM directory_user t")
        rows = cursor.fetchone()[0]
        cursor.execute("SELECT string_agg(t::text, ' ') FROM directory_passwordhistory t")
        rows += cursor.fetchone()[0]
    assert ONE not in rows + repr([vars(event) for event in Event.objects.all()])
    assert ONE not in repr(passwords.ready(ada, THREE))
    assert THREE not in repr(passwords.ready(User.objects.get(pk=ada.pk), THREE))


def test_of_two_at_once_one_is_told_to_try_again(make_user: Any) -> None:
    ada = make_user("ada")
    late = passwords.ready(ada, ONE)
    set_password(system(), ada.id, TWO)
    with pytest.raises(Busy):
        passwords.store(system(), User.objects.get(pk=ada.pk), late)
    assert hashing.matches(TWO, User.objects.get(pk=ada.pk).password)


def test_people_change_their_own_with_the_one_they_have(make_user: Any, happened: Any) -> None:
    ada = make_user("ada")
    set_password(system(), ada.id, ONE)
    with pytest.raises(Invalid) as refused:
        own_password.set_own_password(ada.id, TWO, current=THREE)
    assert list(refused.value.fields) == ["current"]
    own_password.set_own_password(ada.id, TWO, current=ONE)
    (event,) = happened("user_password_change")
    assert (event.actor["kind"], event.actor["name"]) == ("user", "ada")
    with pytest.raises(WrongState):
        own_password.renew_password(ada.id, THREE)


@pytest.mark.parametrize("state", ["suspended", "staged"])
def test_who_is_not_active_changes_nothing(make_user: Any, state: str) -> None:
    ada = make_user("ada", state=state, password=hashing.hashed(ONE), password_status="expired")
    with pytest.raises(WrongState):
        own_password.renew_password(ada.id, TWO)
    with pytest.raises(Invalid):
        own_password.set_own_password(ada.id, TWO, current=ONE)


def test_an_expired_one_is_renewed_and_the_accounts_come_back(
    make_user: Any, make_application: Any, marks: Any
) -> None:
    ada = make_user("ada", password=hashing.hashed(ONE), password_status="expired")
    make_application("Chat", ada)
    assert own_password.renew_password(ada.id, TWO).password_status == "active"
    assert marks() == [("ada", 1, "person")]


@pytest.mark.django_db(transaction=True)
def test_hashing_never_happens_while_the_row_is_locked(make_user: Any) -> None:
    """While one transaction holds the row, another call gets as far as the lock and no further; it then succeeds."""
    from django.db import transaction

    ada, done = make_user("ada"), threading.Event()

    def call() -> None:
        try:
            set_password(system(), ada.id, ONE)
            done.set()
        finally:
            connection.close()

    with transaction.atomic():
        User.objects.select_for_update().get(pk=ada.pk)
        other = threading.Thread(target=call)
        other.start()
        assert not done.wait(0.5)
    other.join(30)
    assert done.is_set()
