"""Users: the list, one user's page, and each act with its consequence said first."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client
from tests.portal.conftest import text_of

from provisor.applications.models import Due
from provisor.directory.models import Membership, User


@pytest.fixture
def ada(make_user: Any, make_group: Any, make_application: Any, make_link: Any) -> User:
    """Has an account in Chat through Staff, and a held one in Wiki that was given directly."""
    ada: User = make_user("ada", displayname="Ada Lovelace", department="Research")
    chat = make_application("Chat", make_group("Staff", ada), provisioning="active")
    make_link({"id": chat.id}, ada, status="synced", remote_id="r1", active=True)
    error = {"code": "partial_match", "message": "the e-mail is used by <b>someone</b>", "hint": "Look at both."}
    wiki = make_application("Wiki", ada, provisioning="active")
    make_link({"id": wiki.id}, ada, status="held", error=error, remote_id=None, active=None)
    return ada


def page(ada: User, rest: str = "") -> str:
    return f"/users/{ada.id}{rest}"


def test_the_list_shows_people_with_their_accounts(owner: Client, ada: User):
    shown = text_of(owner.get("/users"))
    assert "Ada Lovelace ada@example.com ada Research Active" in shown
    assert "1 right 1 held" in shown
    assert "1–1 of 1" in shown


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("search=lovelace", True),
        ("search=ben", False),
        ("state=active", True),
        ("state=suspended", False),
        ("password=pending", True),
        ("password=expired", False),
        ("group=00000000-0000-0000-0000-000000000000", False),
        ("application=nonsense", False),
        ("state=nonsense", True),
        ("search=%00", True),
    ],
)
def test_filters_live_in_the_address(owner: Client, ada: User, query: str, found: bool):
    answer = owner.get(f"/users?{query}")
    assert answer.status_code == 200
    assert ("Ada Lovelace" in text_of(answer)) is found
    assert ("No user fits" in text_of(answer)) is not found


def test_pages_follow_each_other(owner: Client, make_user: Any):
    for number in range(51):
        make_user(f"user{number:02}")
    first = owner.get("/users")
    assert "1–50 of 51" in text_of(first)
    second = owner.get(f"/users{first.context['listed'].next}")
    assert "51–51 of 51" in text_of(second)


def test_the_accounts_of_a_page_take_one_statement(owner: Client, make_user: Any, django_assert_max_num_queries: Any):
    for number in range(50):
        make_user(f"user{number:02}")
    with django_assert_max_num_queries(16):
        owner.get("/users")


def test_an_empty_directory_says_what_to_do(owner: Client):
    assert "No user yet" in text_of(owner.get("/users"))


def test_the_export_is_what_is_filtered(owner: Client, ada: User, make_user: Any):
    make_user("ben", department="=cmd()")
    text = b"".join(owner.get("/users/export?search=ben").streaming_content).decode()
    assert "ada@example.com" not in text
    assert '"ben"' in text
    assert '"\'=cmd()"' in text


def test_a_user_page_says_why_there_is_access_and_quotes_the_words(owner: Client, ada: User):
    answer = owner.get(page(ada))
    shown = text_of(answer)
    assert "Staff" in shown
    assert "Given directly" in shown
    assert "Held" in shown
    assert b"<b>someone</b>" not in answer.content


def test_the_live_part_is_the_accounts_alone(owner: Client, ada: User):
    part = owner.get(page(ada), headers={"HX-Request": "true"}).content.decode()
    assert "Chat" in part
    assert "<html" not in part


@pytest.mark.parametrize("path", ["", "/edit", "/suspend", "/password", "/groups", "/applications", "/delete"])
def test_a_user_that_is_gone_is_a_page_that_helps(owner: Client, path: str):
    assert owner.get(f"/users/{uuid.uuid4()}{path}").status_code == 404


def test_adding_somebody(owner: Client):
    answer = owner.post(
        "/users/new", {"username": "ada", "email": "ada@example.com", "phone.work": "+49 1"}, follow=True
    )
    made = User.objects.get()
    assert made.phone_numbers == [{"type": "work", "number": "+49 1"}]
    assert (made.state, "ada added." in text_of(answer)) == ("active", True)


def test_a_refused_form_keeps_what_was_typed_and_says_what_to_mend(owner: Client, ada: User):
    typed = {"username": "ADA", "email": "nothing", "department": "Law", "phone.work": "1" * 300}
    answer = owner.post("/users/new", typed)
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"email", "phone.work"}
    assert b'value="Law"' in answer.content
    again = owner.post("/users/new", {**typed, "email": "b@example.com", "phone.work": ""})
    assert "taken already" in text_of(again)


def edited(client: Client, ada: User, **typed: str) -> Any:
    """Saves the form as the browser would, with some fields changed."""
    form = client.get(page(ada, "/edit")).context["form"]
    data = {name: form[name].value() or "" for name in form.fields}
    return client.post(page(ada, "/edit"), {**data, "seen": ada.updated.isoformat(), **typed})


def test_editing_changes_what_was_changed_and_nothing_else(owner: Client, ada: User, happened: Any):
    User.objects.filter(pk=ada.pk).update(
        attributes={"badge": "7", "n": 1}, phone_numbers=[{"number": "0"}, {"type": "work", "number": "1"}]
    )
    assert edited(owner, ada, **{"phone.work": "2", "department": ""}).status_code == 302
    ada.refresh_from_db()
    assert ada.phone_numbers == [{"number": "0"}, {"type": "work", "number": "2"}]
    assert ada.attributes == {"badge": "7", "n": 1}
    assert [one["name"] for one in happened("user_update")[0].changes] == ["department", "phoneNumbers"]


def test_saving_an_unchanged_form_writes_nothing(owner: Client, ada: User):
    edited(owner, ada)
    before = ada.updated
    ada.refresh_from_db()
    assert (ada.updated, Due.objects.count()) == (before, 0)


def test_a_stale_form_keeps_the_input_and_asks(owner: Client, ada: User):
    answer = edited(owner, ada, department="Law", seen="2020-01-01T00:00:00+00:00")
    assert answer.status_code == 409
    assert "Somebody saved this user" in text_of(answer)
    assert b'value="Law"' in answer.content


def test_a_manager_is_named_by_username_and_an_unknown_one_refused(owner: Client, ada: User, make_user: Any):
    boss = make_user("boss")
    assert edited(owner, ada, manager="nobody").status_code == 422
    assert edited(owner, ada, manager="Boss").status_code == 302
    ada.refresh_from_db()
    assert ada.manager_id == boss.id


MOVES = [
    ("suspend", "active", "suspended", "1 account is deactivated in Chat."),
    ("unsuspend", "suspended", "active", "1 account is created in Wiki."),
    ("activate", "staged", "active", "1 account is created in Wiki."),
]


@pytest.mark.parametrize(("act", "before", "after", "said"), MOVES)
def test_a_move_says_its_consequence_then_does_it(
    owner: Client, ada: User, act: str, before: str, after: str, said: str
):
    User.objects.filter(pk=ada.pk).update(state=before)
    assert said in text_of(owner.get(page(ada, f"/{act}")))
    owner.post(page(ada, f"/{act}"))
    ada.refresh_from_db()
    assert ada.state == after


def test_a_move_that_the_state_does_not_allow_is_explained(owner: Client, ada: User):
    User.objects.filter(pk=ada.pk).update(state="staged")
    answer = owner.post(page(ada, "/unsuspend"))
    assert answer.status_code == 409
    assert "The user is staged" in text_of(answer)


def test_expiring_and_setting_a_password(owner: Client, ada: User):
    owner.post(page(ada, "/expire-password"))
    short = owner.post(page(ada, "/password"), {"password": "short", "again": "short"})
    unlike = owner.post(page(ada, "/password"), {"password": "a good long passphrase", "again": "other"})
    assert [answer.status_code for answer in (short, unlike)] == [422, 422]
    assert b"a good long passphrase" not in unlike.content
    owner.post(page(ada, "/password"), {"password": "a good long passphrase", "again": "a good long passphrase"})
    ada.refresh_from_db()
    assert ada.password_status == "active"


def test_deleting_somebody_with_an_account_waits_for_it(owner: Client, ada: User):
    assert "1 account is deactivated" in text_of(owner.get(page(ada, "/delete")))
    answer = owner.post(page(ada, "/delete"), follow=True)
    assert "Being deleted." in text_of(answer)
    assert User.objects.get().state == "deleting"


def test_deleting_somebody_without_one_is_done_at_once(owner: Client, make_user: Any):
    answer = owner.post(f"/users/{make_user('ben').id}/delete", follow=True)
    assert "ben is deleted." in text_of(answer)
    assert not User.objects.exists()


def test_leaving_a_group_asks_when_it_takes_an_account(owner: Client, ada: User):
    group = Membership.objects.get().group_id
    asked = owner.post(page(ada, "/groups"), {"shown": str(group)})
    assert "1 account is deactivated in Chat." in text_of(asked)
    assert Membership.objects.exists()
    owner.post(page(ada, "/groups"), {"shown": str(group), "sure": "1"})
    assert not Membership.objects.exists()


def test_direct_access_is_given_and_taken(owner: Client, ada: User, make_application: Any):
    desk = make_application("Desk", provisioning="active")
    owner.post(page(ada, "/applications"), {"application": str(desk.id)})
    assert list(ada.assignments.values_list("application__name", flat=True)) == ["Desk"]


@pytest.fixture
def two(ada: User, make_user: Any) -> dict[str, list[str]]:
    return {"user": [str(ada.id), str(make_user("ben", state="staged").id), "nonsense"]}


def test_many_are_suspended_after_a_preview_that_says_who_is_left_out(owner: Client, two: dict[str, list[str]]):
    asked = text_of(owner.post("/users/bulk/suspend", two))
    assert "Suspend 1 user?" in asked
    assert "1 is left out" in asked
    assert "Suspend, deactivate 1" in asked
    owner.post("/users/bulk/suspend", {**two, "sure": "1"})
    assert dict(User.objects.values_list("username", "state")) == {"ada": "suspended", "ben": "staged"}


def test_the_bar_counts_while_ticking(owner: Client, two: dict[str, list[str]]):
    assert "Suspending would deactivate 1 in 1 application" in text_of(owner.post("/users/bulk/count", two))


def test_many_join_a_group(owner: Client, two: dict[str, list[str]], make_group: Any):
    group = make_group("Guests")
    assert "Continue" in text_of(owner.post("/users/bulk/group", two))
    assert "No account changes" in text_of(owner.post("/users/bulk/group", {**two, "group": str(group.id)}))
    owner.post("/users/bulk/group", {**two, "group": str(group.id), "sure": "1"})
    assert group.memberships.count() == 2


@pytest.mark.parametrize("path", ["/users/bulk/suspend", "/users/bulk/group"])
def test_nobody_ticked_is_said(owner: Client, path: str):
    assert "Nobody was ticked" in text_of(owner.post(path))


def test_an_auditor_sees_no_button_that_they_may_not_press(signed_in: Any, ada: User):
    shown = text_of(signed_in("auditor").get(page(ada)))
    assert not [word for word in ("Suspend", "Set password", "Edit", "Delete", "Decide", "Try now") if word in shown]
