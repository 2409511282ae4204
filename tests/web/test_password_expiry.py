"""Passwords end by time: through the last of their days, never on the spot, and told before."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from provisor.administrators.actor import system
from provisor.bodies import parse
from provisor.directory import commands, days, jobs, mails
from provisor.directory.commands import expiring, sign_in
from provisor.directory.models import Organisation, User
from provisor.directory.passwords import expiry, hashing
from provisor.directory.passwords.expiry import Rule
from provisor.directory.validation import OrganisationChanges
from provisor.mail.models import Mail

LONG_AGO = timezone.now() - timedelta(days=1000)


def choose(**words: Any) -> None:
    """As an administrator does."""
    commands.update_organisation(system(), parse(OrganisationChanges, {"settings": {"password": words}}))


def long_since(**words: Any) -> None:
    """A rule that has been in force for years."""
    choose(**words)
    Organisation.objects.update(expiry_since=LONG_AGO)


@pytest.fixture
def with_password(make_user: Any) -> Any:
    """`with_password("ada", 80)`: set so many days ago; None: before anybody wrote down when."""

    def make(name: str, days_ago: float | None, **fields: Any) -> User:
        changed = None if days_ago is None else timezone.now() - timedelta(days=days_ago)
        return make_user(name, **{"password_status": "active", "password_changed": changed} | fields)

    return make


def status(name: str) -> str:
    return User.objects.get(username=name).password_status


@pytest.mark.parametrize(
    ("days_ago", "fields", "expected"),
    [
        (0, {}, "active"), (88.9, {}, "active"), (92, {}, "expired"), (None, {}, "expired"),
        (92, {"password_status": "locked"}, "expired"), (92, {"password_status": "pending"}, "pending"),
        (92, {"state": "suspended"}, "expired"), (92, {"state": "staged"}, "expired"),
        (92, {"state": "deleting"}, "active"),
    ],
    ids=str,
)  # fmt: skip
def test_whose_password_ends(with_password: Any, days_ago: float, fields: dict[str, Any], expected: str) -> None:
    long_since(expires_after_days=90)
    with_password("ada", days_ago, **fields)
    jobs.passwords()
    assert status("ada") == expected


def test_expiry_is_a_sets_to_the_guard_and_is_written_down_once(
    with_password: Any, make_application: Any, happened: Any, marks: Any
) -> None:
    long_since(expires_after_days=30)
    make_application("Chat", with_password("ada", 100))
    for _again in range(2):
        jobs.passwords()
    assert marks() == [("ada", 2, "set")]
    (event,) = happened("user_password_expired")
    assert (event.actor["kind"], event.changes) == (
        "system", [{"name": "password_status", "from": "active", "to": "expired"}],
    )  # fmt: skip


@pytest.mark.parametrize("before", [0, 365], ids=["switched on", "made stricter"])
def test_nobodys_password_ends_on_the_spot(with_password: Any, api: Any, before: int) -> None:
    if before:
        long_since(expires_after_days=before)
    with_password("ada", 300)
    with_password("ben", None)
    choose(expires_after_days=90)
    jobs.passwords()
    assert (status("ada"), status("ben")) == ("active", "active")
    ends = api.get("/users?search=ada").json()["items"][0]["password_expires"]
    assert datetime.fromisoformat(ends) > timezone.now() + timedelta(days=90)


def test_a_rule_that_is_made_laxer_or_set_again_goes_on_counting(db: None) -> None:
    long_since(expires_after_days=90)
    for days_more in (90, 120):
        choose(expires_after_days=days_more)
        assert Organisation.objects.get().expiry_since == LONG_AGO
    choose(expires_after_days=0)
    choose(expires_after_days=365)
    assert Organisation.objects.get().expiry_since > LONG_AGO


def test_a_rule_that_came_without_its_day_begins_with_the_first_sweep(with_password: Any) -> None:
    with_password("ada", 300)
    Organisation.objects.update(settings={"password": {"expires_after_days": 90}}, expiry_since=None)
    jobs.passwords()
    assert status("ada") == "active"
    assert Organisation.objects.get().expiry_since > LONG_AGO


def test_pieces(with_password: Any, django_assert_max_num_queries: Any) -> None:
    long_since(expires_after_days=30)
    for number in range(7):
        with_password(f"user{number}", 100)
    with django_assert_max_num_queries(10):
        assert expiring.expire_those_due(most=5) == 5
    assert (expiring.expire_those_due(most=5), expiring.expire_those_due(most=5)) == (2, 0)


def test_people_are_told_once_for_each_password(with_password: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVISOR_SERVED_AT", "http://127.0.0.1:8080")
    long_since(expires_after_days=90, warn_before_days=14)
    with_password("far", 60)
    near = with_password("near", 80)
    with_password("away", 80, state="suspended")
    for _again in range(2):
        jobs.passwords()
    assert [(row.template, row.to) for row in Mail.objects.all()] == [("password_expires", "near@example.com")]
    facts = mails.expiry_facts(Mail.objects.get())
    end = expiry.current().end_of(User.objects.get(pk=near.pk))
    assert str((end - timedelta(days=1)).day) in facts["day"]
    commands.set_password(system(), near.id, "correct horse battery")
    User.objects.update(password_changed=timezone.now() - timedelta(days=80))
    jobs.passwords()
    assert Mail.objects.filter(to="near@example.com").count() == 2


def test_no_warning_where_none_is_wanted(with_password: Any) -> None:
    long_since(expires_after_days=90, warn_before_days=0)
    with_password("ada", 90)
    jobs.passwords()
    assert not Mail.objects.exists()


def test_a_password_that_is_over_opens_only_the_way_to_a_new_one_even_before_the_sweep(with_password: Any) -> None:
    long_since(expires_after_days=30)
    with_password("ada", 100, password=hashing.hashed("correct horse battery"))
    assert sign_in.sign_in("ada", "correct horse battery", address="192.0.2.1").expired is True


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(timezone.get_default_timezone())),
    st.integers(1, 400),
    st.sampled_from(["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/Santiago", "Europe/Berlin"]),
)
def test_the_list_and_the_sweep_agree_on_when_a_password_ends(set_at: datetime, after: int, zone: str) -> None:
    rule = Rule(after, 14, datetime(2000, 1, 1, tzinfo=timezone.get_default_timezone()), zone)
    end = rule.end_of(User(password_status="active", password_changed=set_at))
    assert end is not None
    assert days.day_of(end, zone) == days.day_of(set_at, zone) + timedelta(days=after + 1)
    assert set_at < rule.ended_before(end)
    assert not set_at < rule.ended_before(end - timedelta(seconds=1))
    assert set_at < rule.warned_before(end - timedelta(days=13))
