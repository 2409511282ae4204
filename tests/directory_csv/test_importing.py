"""What a file does to the directory: all of it or nothing, as it was told before."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from provisor.administrators.actor import Actor
from provisor.administrators.roles import Forbidden
from provisor.applications.models import Application, Assignment, Due
from provisor.audit.models import Event
from provisor.directory.csv.review import Review
from provisor.directory.models import User
from provisor.errors import Conflict, Invalid

Look = Take = Callable[..., Review]
Make = Callable[..., User]


def counts(found: Review) -> tuple[int, int, int, int]:
    return tuple(found.counts[kind] for kind in ("create", "update", "unchanged", "bad"))  # type: ignore[return-value]


def test_a_look_tells_all_four_kinds_and_writes_nothing(look: Look, make_user: Make) -> None:
    make_user("ada", department="Sales")
    make_user("ben", department="Sales")
    found = look(
        "username,email,department\nada,ada@example.com,Purchasing\nBen,ben@example.com,Sales\n"
        "cleo,cleo@example.com,\ndora,no-address,\n"
    )
    assert counts(found) == (1, 2, 0, 1)
    assert found.bad == {5: {"email": found.bad[5]["email"]}}
    assert [one["name"] for one in found.examples["update"][0]["changes"]] == ["department"]
    assert (User.objects.count(), Event.objects.count(), Due.objects.count()) == (2, 0, 0)


def test_an_import_does_what_was_told(look: Look, take: Take, make_user: Make) -> None:
    ada = make_user("ada", department="Sales", phone_numbers=[{"type": "home", "number": "1"}])
    text = "username,email,department,phone.work\nada,ada@example.com,,2\ncleo,cleo@example.com,Law,\n"
    seen = look(text)
    assert seen.cleared == 1
    assert take(text, seen=seen.digest).counts == seen.counts
    ada.refresh_from_db()
    assert ada.department is None
    assert ada.phone_numbers == [{"type": "home", "number": "1"}, {"type": "work", "number": "2"}]
    assert User.objects.get(username="cleo").state == "active"


def test_what_changed_since_the_look_stops_it(look: Look, take: Take, make_user: Make) -> None:
    ada = make_user("ada")
    text = "username,department\nada,Law\n"
    digest = look(text).digest
    User.objects.filter(pk=ada.pk).update(department="Sales")
    with pytest.raises(Conflict) as refused:
        take(text, seen=digest)
    assert refused.value.code == "review_changed"
    assert User.objects.get().department == "Sales"


def test_a_file_with_a_bad_row_changes_nothing(take: Take) -> None:
    with pytest.raises(Invalid) as refused:
        take("username,email\nada,ada@example.com\nben,\n")
    assert list(refused.value.fields) == ["rows[3].email"]
    assert not User.objects.exists()


def test_bad_rows_are_left_out_when_a_person_says_so(take: Take) -> None:
    found = take("username,email\nada,ada@example.com\nben,\n", bad="leave out")
    assert counts(found) == (1, 0, 0, 1)
    assert [user.username for user in User.objects.all()] == ["ada"]


BAD = [
    ("username,email\nada,a@example.com\nADA,b@example.com\n", {2: "username", 3: "username"}, "twice in the file"),
    ("username,email\nada,a@example.com\nben,A@example.com\n", {2: "email", 3: "email"}, "two rows, one address"),
    ("username,email\nada,ben@example.com\n", {2: "email"}, "another user's address"),
    ("username,email\ngone,gone@example.com\n", {2: "username"}, "a user who is being deleted"),
    ("username,state\nben,suspended\n", {2: "state"}, "a state is not changed by a file"),
    ("username,email,state\nada,a@example.com,deleting\n", {2: "state"}, "nor made like that"),
    ("username\nada\n", {2: "email"}, "a new user has an e-mail address"),
    ("username,email\n,a@example.com\n", {2: "username"}, "nobody is meant"),
    ("username,department\nben," + "x" * 257 + "\n", {2: "department"}, "too long"),
    (
        "username,phone.work,address.work.locality\nben," + "1" * 257 + ',"a\nb"\n',
        {2: "address.work.locality"},
        "in lists",
    ),
    ("username,attribute.a:json\nben,{\n", {2: "attribute.a:json"}, "no JSON"),
    ("username,attribute.a:json\nben,NaN\n", {2: "attribute.a:json"}, "no JSON either"),
    ("username,attribute.a,attribute.a:json\nben,1,1\n", {2: "attribute.a"}, "two values for one"),
    ("username,manager\nben,nobody\n", {2: "manager"}, "no such manager"),
    ("username,manager\nben,gone\n", {2: "manager"}, "a manager who is leaving"),
    ("username,manager\nben,ben\n", {2: "manager"}, "the smallest circle"),
    ("username,email\nben\n", {2: ""}, "a cell is missing"),
]


@pytest.mark.parametrize(("text", "bad", "why"), BAD, ids=[case[2] for case in BAD])
def test_a_bad_row_is_told_with_its_number_and_column(
    look: Look, make_user: Make, text: str, bad: dict[int, str], why: str
) -> None:
    make_user("ben")
    make_user("gone", state="deleting")
    found = look(text)
    assert {row: next(iter(wrong)) for row, wrong in found.bad.items()} == bad, why


def test_managers_may_stand_anywhere_in_the_file(take: Take, make_user: Make) -> None:
    make_user("ada")
    take("username,email,manager\nada,ada@example.com,cleo\nben,ben@example.com,cleo\ncleo,c@example.com,\n")
    assert dict(User.objects.values_list("username", "manager__username")) == {
        "ada": "cleo",
        "ben": "cleo",
        "cleo": None,
    }


def test_circles_and_managers_of_bad_rows_are_bad(look: Look, make_user: Make) -> None:
    boss = make_user("boss")
    make_user("ada", manager=boss)
    found = look(
        "username,email,manager\nboss,boss@example.com,ben\nben,ben@example.com,ada\ncleo,bad,\ndora,d@example.com,cleo\n"
    )
    assert {row: list(wrong) for row, wrong in found.bad.items()} == {
        2: ["manager"], 3: ["manager"], 4: ["email"], 5: ["manager"],
    }  # fmt: skip


def test_accounts_become_due_as_a_set(take: Take, make_user: Make) -> None:
    ada, ben = make_user("ada"), make_user("ben")
    chat = Application.objects.create(name="Chat", name_key="chat", base_url="https://x.example", updated=ada.updated)
    Assignment.objects.bulk_create([Assignment(application=chat, user=user) for user in (ada, ben)])
    take("username,department\nada,Law\nben,\n")
    assert list(Due.objects.values_list("user_id", "cause")) == [(ada.id, "set")]


def test_history_tells_each_change_and_the_file_as_a_whole(take: Take, make_user: Make) -> None:
    make_user("ada")
    take("username,email,department\nada,ada@example.com,Law\nben,ben@example.com,\n")
    told = {event.type: event for event in Event.objects.all()}
    assert set(told) == {"user_create", "user_update", "users_import"}
    assert told["user_update"].changes == [{"name": "department", "from": None, "to": "Law"}]
    assert len({event.correlation for event in told.values()}) == 1


def test_who_may_not_write_users_may_not_import(take: Take) -> None:
    operator = Actor(kind="administrator", id="1", name="o@example.com", role="operator")
    with pytest.raises(Forbidden):
        take("username,email\nada,ada@example.com\n", actor=operator)


def test_a_file_larger_than_a_piece_is_one_transaction(take: Take) -> None:
    rows = "".join(f"user{n},user{n}@example.com,user{n + 1}\n" for n in range(1200))
    take(f"username,email,manager\n{rows}user1200,user1200@example.com,\n")
    assert User.objects.filter(manager__isnull=False).count() == 1200
    assert User.objects.get(username="user10").manager.username == "user11"  # type: ignore[union-attr]
