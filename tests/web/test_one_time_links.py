"""One-time links: good once, for one person, as long as nothing changed; and the mail that carries them."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from provisor import mail
from provisor.administrators.actor import system
from provisor.applications.models import Link
from provisor.bodies import parse
from provisor.directory import commands, mails
from provisor.directory.commands import activation, one_time, restoring
from provisor.directory.models import OneTimeLink, Organisation, Purpose, Trash, User
from provisor.directory.passwords import hashing
from provisor.directory.validation import UserChanges
from provisor.errors import Invalid, WrongState
from provisor.mail.models import Mail

NEW = "correct horse battery"
ADDRESS = "192.0.2.1"


@pytest.fixture
def ada(make_user: Any) -> User:
    return make_user("ada")


@pytest.fixture(autouse=True)
def _public_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVISOR_PUBLIC_URL", "https://directory.example.com/")


def refusal(token: str) -> str:
    with pytest.raises(one_time.LinkRefused) as refused:
        one_time.look(token)
    with pytest.raises(one_time.LinkRefused) as again:
        one_time.redeem(token, NEW)
    assert refused.value.reason == again.value.reason
    return refused.value.reason


def test_a_link_sets_the_password_once(ada: User, happened: Any) -> None:
    token = one_time.make(ada.id, Purpose.ACTIVATION)
    assert one_time.look(token).user.id == one_time.look(token).user.id == ada.id  # looking doesn't use it up
    assert one_time.redeem(token, NEW).password_status == "active"
    assert hashing.matches(NEW, User.objects.get(pk=ada.pk).password)
    assert refusal(token) == "used"
    (event,) = happened("user_password_set")
    assert event.actor["kind"] == "user"
    assert token not in repr(list(OneTimeLink.objects.values()))


def test_a_refused_password_leaves_the_link_good(ada: User) -> None:
    token = one_time.make(ada.id, Purpose.ACTIVATION)
    with pytest.raises(Invalid):
        one_time.redeem(token, "password1234")
    assert one_time.redeem(token, NEW).id == ada.id


def suspend_and_back(ada: User) -> None:
    commands.suspend_user(system(), ada.id)
    commands.unsuspend_user(system(), ada.id)


def delete_and_back(ada: User, make_application: Any) -> None:
    """While the accounts are being switched off, so that the same row comes back."""
    there = {"id": uuid.uuid4(), "remote_id": "1", "status": "synced", "updated": timezone.now()}
    Link.objects.create(application=make_application("Wiki"), user_id=ada.id, **there)
    commands.delete_user(system(), ada.id)
    restoring.restore(system(), Trash.objects.get(object_id=ada.id).id)


ENDS = {
    "too_old": lambda ada: OneTimeLink.objects.update(expires=timezone.now()),
    "replaced": lambda ada: one_time.make(ada.id, Purpose.ACTIVATION),
    "ended by a password": lambda ada: commands.set_password(system(), ada.id, NEW),
    "ended by suspending": lambda ada: commands.suspend_user(system(), ada.id),
    "ended although unsuspended": suspend_and_back,
    "ended by another address": lambda ada: commands.update_user(
        system(), ada.id, parse(UserChanges, {"email": "ada@other.example"})
    ),
    "ended by deleting": lambda ada: User.objects.filter(pk=ada.pk).update(state="deleting"),
    "unknown": lambda ada: commands.delete_user(system(), ada.id),
}


@pytest.mark.parametrize("why", ENDS)
def test_what_ends_a_link(ada: User, why: str) -> None:
    token = one_time.make(ada.id, Purpose.ACTIVATION)
    ENDS[why](ada)
    assert refusal(token) == why.split(" ")[0]


def test_who_was_deleted_and_is_back_needs_a_new_link(ada: User, make_application: Any) -> None:
    token = one_time.make(ada.id, Purpose.ACTIVATION)
    delete_and_back(ada, make_application)
    assert User.objects.get(pk=ada.pk).state == "active"
    assert refusal(token) == "ended"


@pytest.mark.parametrize("token", ["", "nonsense", "x" * 10_000, "half \ud83d", "a\x00b"])
def test_any_other_text_is_unknown(db: None, token: str) -> None:
    assert refusal(token) == "unknown"


def test_a_link_of_the_other_purpose_stays_good(ada: User) -> None:
    activate = one_time.make(ada.id, Purpose.ACTIVATION)
    User.objects.filter(pk=ada.pk).update(password_status="expired")
    one_time.make(ada.id, Purpose.RESET)
    assert one_time.look(activate).purpose == "activation"


def test_old_links_are_forgotten_in_the_end(ada: User) -> None:
    token = one_time.make(ada.id, Purpose.ACTIVATION)
    OneTimeLink.objects.update(expires=timezone.now() - timedelta(days=29))
    one_time.forget_old()
    assert refusal(token) == "too_old"
    OneTimeLink.objects.update(expires=timezone.now() - timedelta(days=31))
    one_time.forget_old()
    assert refusal(token) == "unknown"


@pytest.mark.django_db(transaction=True)
def test_of_two_tabs_at_once_one_wins(make_user: Any) -> None:
    ada = make_user("ada")
    token, start = one_time.make(ada.id, Purpose.ACTIVATION), threading.Barrier(2)
    outcomes: list[str] = []

    def redeem(password: str) -> None:
        try:
            start.wait(30)
            one_time.redeem(token, password)
            outcomes.append(password)
        except one_time.LinkRefused as refused:
            outcomes.append(refused.reason)
        finally:
            connection.close()

    tabs = [threading.Thread(target=redeem, args=(password,)) for password in (NEW, "quite another sentence")]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join(60)
    assert "used" in outcomes
    (winner,) = [outcome for outcome in outcomes if outcome != "used"]
    assert hashing.matches(winner, User.objects.get(pk=ada.pk).password)


# The mail ---------------------------------------------------------------------------------------------------------------


def waiting() -> list[tuple[str, str]]:
    """In the order of their addresses."""
    return [(row.template, row.to) for row in Mail.objects.order_by("to", "created")]


def test_the_link_is_made_when_the_mail_is_rendered(api: Any, ada: User, happened: Any) -> None:
    assert api.post(f"/users/{ada.id}/send-activation").status_code == 200
    assert waiting() == [("activation", "ada@example.com")]
    assert not OneTimeLink.objects.exists()
    (row,) = Mail.objects.all()
    facts = mails.link_facts(row, Purpose.ACTIVATION)
    address, _slash, token = facts["link"].rpartition("/")
    assert (address, facts["holds"]) == ("https://directory.example.com/my/link", "3 days")
    assert one_time.look(token).user.id == ada.id
    assert token not in repr(vars(row))
    assert len(happened("user_activation_email")) == 1


@pytest.mark.parametrize(
    ("state", "status", "activation_code", "reset_code"),
    [
        ("active", "pending", 200, 409), ("active", "active", 409, 200), ("active", "expired", 409, 200),
        ("active", "locked", 409, 200), ("staged", "pending", 409, 409), ("suspended", "pending", 409, 409),
        ("suspended", "active", 409, 409), ("deleting", "pending", 409, 409),
    ],
)  # fmt: skip
def test_who_can_be_sent_a_link(
    as_role: Any, make_user: Any, state: str, status: str, activation_code: int, reset_code: int
) -> None:
    api, ada = as_role("operator"), make_user("ada", state=state, password_status=status)
    for call, expected in (("send-activation", activation_code), ("send-reset", reset_code)):
        answer = api.post(f"/users/{ada.id}/{call}")
        assert answer.status_code == expected
        assert answer.json().get("error", {}).get("code") == ("wrong_state" if expected == 409 else None)
    assert len(waiting()) == [activation_code, reset_code].count(200)
    assert as_role("auditor").post(f"/users/{ada.id}/send-activation").status_code == 403


def render_after(ada: User, change: dict[str, Any]) -> str:
    activation.send_activation(system(), ada.id)
    User.objects.filter(pk=ada.pk).update(**change)
    with pytest.raises(mail.Dropped) as dropped:
        mails.link_facts(Mail.objects.get(), Purpose.ACTIVATION)
    return str(dropped.value)


@pytest.mark.parametrize(
    "change", [{"state": "suspended"}, {"password_status": "active"}, {"email": "new@example.com"}], ids=str
)
def test_a_mail_that_is_no_longer_wanted_is_dropped(ada: User, change: dict[str, Any]) -> None:
    assert render_after(ada, change)
    assert not OneTimeLink.objects.exists()


def test_without_an_address_of_our_own_the_mail_is_kept(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    activation.send_activation(system(), ada.id)
    monkeypatch.delenv("PROVISOR_PUBLIC_URL")
    with pytest.raises(mail.Kept, match="PROVISOR_PUBLIC_URL"):
        mails.link_facts(Mail.objects.get(), Purpose.ACTIVATION)
    monkeypatch.setenv("PROVISOR_SERVED_AT", "http://127.0.0.1:8081")
    link = mails.link_facts(Mail.objects.get(), Purpose.ACTIVATION)["link"]
    assert link.startswith("http://127.0.0.1:8081/my/link/")


# The ways in ------------------------------------------------------------------------------------------------------------

BEN = {"username": "ben", "email": "ben@example.com"}
EVE = {"username": "eve", "email": "eve@example.com", "state": "staged"}


@pytest.mark.parametrize(
    ("setting", "asked", "mails_written"),
    [(True, None, 1), (False, None, 0), (True, False, 0), (False, True, 1)],
)
def test_one_user_made_by_hand(api: Any, setting: bool, asked: bool | None, mails_written: int) -> None:
    Organisation.objects.update(settings={"activation": {"mail": setting}})
    more = {} if asked is None else {"activation_mail": asked}
    assert api.post("/users", BEN | more).status_code == 201
    assert len(waiting()) == mails_written
    made = api.post("/users", EVE | more).json()
    assert len(waiting()) == mails_written  # a staged one waits
    assert api.post(f"/users/{made['id']}/activate", more).json()["state"] == "active"
    assert len(waiting()) == 2 * mails_written
    assert api.post(f"/users/{made['id']}/activate", more).status_code == 200
    assert len(waiting()) == 2 * mails_written


def test_a_batch_mails_only_when_asked(api: Any) -> None:
    api.post("/users:batch", {"users": [BEN, EVE]})
    assert waiting() == []
    more = [{"username": name, "email": f"{name}@example.com"} for name in ("fay", "gus")]
    api.post("/users:batch", {"users": [*more, BEN], "activation_mail": True})
    assert waiting() == [("activation", "fay@example.com"), ("activation", "gus@example.com")]


def test_welcoming_many_takes_a_handful_of_statements(
    db: None, make_user: Any, django_assert_max_num_queries: Any
) -> None:
    ids = [make_user(f"user{number}").id for number in range(60)]
    ids.append(make_user("staged", state="staged").id)
    ids.append(make_user("set", password_status="active").id)
    with django_assert_max_num_queries(12):
        assert activation.welcome(system(), ids, True) == 60
    assert activation.welcome(system(), ids, False) == 0


# Asked for by the person ------------------------------------------------------------------------------------------------


def test_who_forgot_the_password_gets_a_link_and_nobody_learns_anything(make_user: Any) -> None:
    make_user("ada", password_status="active")
    make_user("ben", password_status="pending")
    make_user("eve", password_status="active", state="suspended")
    for named in ("ada@example.com", "BEN", "eve", "nobody", "", "x" * 10_000, "a\x00"):
        assert activation.ask_reset(named, address=ADDRESS) is None
    assert waiting() == [("password_reset", "ada@example.com"), ("activation", "ben@example.com")]


def test_asking_is_limited_by_person_and_by_address(make_user: Any) -> None:
    make_user("ada", password_status="active")
    for _again in range(5):
        activation.ask_reset("ada", address=ADDRESS)
    assert len(waiting()) == activation.MOST_FOR_PERSON
    make_user("ben", password_status="active")
    for _again in range(activation.MOST_FROM_ADDRESS):
        activation.ask_reset("nobody", address=ADDRESS)
    activation.ask_reset("ben", address=ADDRESS)
    assert len(waiting()) == activation.MOST_FOR_PERSON


def test_asking_can_be_switched_off(make_user: Any) -> None:
    Organisation.objects.update(settings={"self_service": {"reset": False}})
    make_user("ada", password_status="active")
    activation.ask_reset("ada", address=ADDRESS)
    assert waiting() == []


def test_a_dead_link_asks_for_a_new_one_to_the_address_on_file(ada: User) -> None:
    token = one_time.make(ada.id, Purpose.ACTIVATION)
    OneTimeLink.objects.update(expires=timezone.now())
    activation.send_again(token, address=ADDRESS)
    activation.send_again("nonsense", address=ADDRESS)
    assert waiting() == [("activation", "ada@example.com")]


def test_a_link_cant_be_made_for_who_may_not_use_one(make_user: Any) -> None:
    staged, ready = make_user("eve", state="staged"), make_user("fay", password_status="active")
    for user, purpose in ((staged, Purpose.RESET), (staged, Purpose.ACTIVATION), (ready, Purpose.ACTIVATION)):
        with pytest.raises(WrongState):
            one_time.make(user.id, purpose)
