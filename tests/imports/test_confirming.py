"""What a person confirms: users made, accounts linked, values taken over; and nothing else changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from provisor import jobs
from provisor.administrators.actor import Actor, shell
from provisor.administrators.roles import Forbidden
from provisor.applications.importing import commands, queries
from provisor.applications.importing.models import Candidate
from provisor.applications.models import Application, Assignment, Due, Link
from provisor.audit.models import Event
from provisor.directory.commands.attributes import define_attribute
from provisor.directory.commands.rules import set_rule
from provisor.directory.importing import carrying
from provisor.directory.importing.confirming import Confirmed, confirm_import
from provisor.directory.importing.decisions import All
from provisor.directory.models import Group, Membership, User
from provisor.directory.shapes import shape_of_user
from provisor.directory.validation import NewAttribute
from provisor.errors import Conflict, Invalid, WrongState

if TYPE_CHECKING:
    from conftest import Source

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def outcomes(source: Source, of: Any) -> dict[str, str | None]:
    return {name: row.outcome for name, row in source.candidates(of).items()}


def test_all_new_accounts_become_active_users_bound_to_nothing(source: Source) -> None:
    source.account("ada", "ada@example.com", name={"givenName": "Ada", "familyName": "Example"}, title="Engineer")
    source.account("bob", "bob@example.com")
    done = source.confirm(source.read(), create=All())
    ada = User.objects.get(username="ada")
    assert (ada.firstname, ada.lastname, ada.job_title) == ("Ada", "Example", "Engineer")
    assert (ada.state, ada.password_status, ada.password) == ("active", "pending", None)
    assert (done.status, done.results, done.decided, done.done) == ("done", {"created": 2}, 2, 2)
    assert source.candidates(done)["ada"].made == ada.id
    assert not Assignment.objects.exists()
    assert not Due.objects.exists()
    assert not source.sp.writes


def test_users_may_be_made_staged(source: Source) -> None:
    source.account("ada", "ada@example.com")
    read = source.read()
    source.confirm(read, create=[source.candidates(read)["ada"].id], state="staged")
    assert User.objects.get().state == "staged"


def test_the_history_says_who_imported_whom_from_where(source: Source) -> None:
    source.account("ada", "ada@example.com")
    source.confirm(source.read(), create=All())
    made = Event.objects.get(type="user_create")
    assert (made.application_name, (made.actor or {})["kind"], made.user_name) == ("Sample app", "cli", "ada")
    told = list(Event.objects.filter(type__startswith="import_").order_by("at").values_list("type", flat=True))
    assert told == ["import_started", "import_ready", "import_confirmed", "import_finished"]


def test_a_second_confirmation_does_nothing(source: Source) -> None:
    source.account("ada", "ada@example.com")
    read = source.read()
    ids = [source.candidates(read)["ada"].id]
    source.confirm(read, create=ids)
    before = list(User.objects.values())
    again = source.confirm(read, create=ids, update=ids, ignore=ids)
    assert list(User.objects.values()) == before
    assert again.results == {"created": 1}


def test_only_rows_of_the_right_kind_are_taken_and_the_others_say_why(source: Source) -> None:
    ada = source.person("ada")
    source.account("ada", "ada@example.com")
    source.account("nobody")
    source.account("new", "new@example.com")
    read = source.read()
    found = source.candidates(read)
    source.confirm(read, create=[row.id for row in found.values()], update=[found["new"].id])
    assert outcomes(source, read) == {"ada": "skipped", "nobody": "skipped", "new": "created"}
    assert "isn't new" in source.candidates(read)["ada"].message
    again = source.confirm(read, link={found["ada"].id: ada.id}, assign=True)
    assert again.results == {"linked": 1, "skipped": 1, "created": 1}


def test_a_name_that_was_taken_meanwhile_is_a_conflict_and_the_others_go_on(source: Source) -> None:
    source.account("ada", "ada@example.com")
    source.account("bob", "bob@example.com")
    read = source.read()
    source.person("ADA", "another@example.com")
    done = source.confirm(read, create=All())
    assert outcomes(source, read) == {"ada": "conflict", "bob": "created"}
    assert "username" in source.candidates(read)["ada"].message
    User.objects.filter(username="ADA").delete()
    assert done.results == {"conflict": 1, "created": 1}
    assert source.confirm(read, create=[source.candidates(read)["ada"].id]).results == {"created": 2}


def test_twins_may_be_created_one_by_one_and_the_second_clashes(source: Source) -> None:
    source.account("one", "same@example.com")
    source.account("two", "same@example.com")
    read = source.read()
    assert source.confirm(read, create=All()).results == {}
    source.confirm(read, create=[row.id for row in source.candidates(read).values()])
    assert sorted(outcomes(source, read).values(), key=str) == ["conflict", "created"]


def test_what_is_assigned_is_to_keep_its_account(source: Source) -> None:
    remote = source.account("ada", "ada@example.com")
    source.confirm(source.read(), create=All(), assign=True)
    ada = User.objects.get()
    assert Assignment.objects.get().user_id == ada.id
    mark = Due.objects.get(decision__isnull=False)
    assert (mark.user_id, mark.decision) == (ada.id, {"action": "adopt", "remote_id": remote})


def test_protected_accounts_are_not_of_all_and_never_linked(source: Source) -> None:
    own = source.account("own", "own@example.com")
    Application.objects.update(own_account={"remote_id": own})
    ada = source.person("ada")
    read = source.read()
    row = source.candidates(read)["own"]
    assert source.confirm(read, create=All(), assign=True).results == {}
    source.confirm(read, link={row.id: ada.id}, assign=True)
    assert outcomes(source, read) == {"own": "skipped"}
    source.confirm(read, create=[row.id], assign=True)
    assert outcomes(source, read) == {"own": "created"}
    assert "protected" in source.candidates(read)["own"].message
    assert not Assignment.objects.exists()
    assert not Due.objects.exists()


def test_a_link_needs_access_and_one_account_there_each(source: Source) -> None:
    ada, bob = source.person("ada"), source.person("bob")
    source.link(bob, "another account")
    for name in ("ada", "ada-2", "bob-2"):
        source.account(name, f"{name}@elsewhere.example")
    read = source.read()
    found = source.candidates(read)
    source.confirm(read, link={found["ada"].id: ada.id})
    assert outcomes(source, read)["ada"] == "skipped"
    pairs = {found["ada"].id: ada.id, found["ada-2"].id: ada.id, found["bob-2"].id: bob.id}
    source.confirm(read, link=pairs, assign=True)
    assert sorted(map(str, outcomes(source, read).values())) == ["conflict", "conflict", "linked"]
    assert Event.objects.get(type="takeover_adopt").user_id == ada.id


def test_all_exact_matches_can_be_linked_at_once(source: Source) -> None:
    source.person("ada")
    source.person("bob")
    source.account("ada", "ada@example.com")
    source.account("bob", "another@example.com")
    read = source.read()
    source.confirm(read, link=All(), assign=True)
    assert outcomes(source, read) == {"ada": "linked", "bob": None}


def test_existing_users_change_only_where_update_was_chosen(source: Source) -> None:
    source.person("ada", firstname="Ada", department="Old")
    source.person("bob", firstname="Bob")
    name = {"givenName": "Augusta"}
    source.account("ada", "ada@example.com", name=name, title="Countess")
    source.account("bob", "bob@example.com", name=name)
    source.account("new", "new@example.com")
    before = [shape_of_user(user) for user in User.objects.order_by("id")]
    read = source.read()
    assert [shape_of_user(user) for user in User.objects.order_by("id")] == before
    found = source.candidates(read)
    source.confirm(read, create=All(), update=[found["ada"].id, found["new"].id])
    ada, bob = User.objects.get(username="ada"), User.objects.get(username="bob")
    assert (ada.firstname, ada.job_title, ada.department) == ("Augusta", "Countess", "Old")
    assert shape_of_user(bob) in before
    assert outcomes(source, read) == {"ada": "updated", "bob": None, "new": "created"}
    told = Event.objects.get(type="user_update")
    assert [change["name"] for change in told.changes or ()] == ["firstname", "jobTitle"]


def test_user_name_and_email_change_only_where_that_is_asked_for(source: Source) -> None:
    ada = source.person("ada")
    source.account("ada.new", "ada.new@example.com", externalId=str(ada.id), title="Countess")
    read = source.read()
    ids = [source.candidates(read)["ada.new"].id]
    confirm_import(source.actor, read.id, Confirmed(update=ids))
    jobs.run_all()
    ada.refresh_from_db()
    assert (ada.username, ada.email, ada.job_title) == ("ada", "ada@example.com", "Countess")
    again = source.read()
    source.confirm(again, update=[source.candidates(again)["ada.new"].id], names=True)
    ada.refresh_from_db()
    assert (ada.username, ada.email) == ("ada.new", "ada.new@example.com")


def test_a_link_may_bring_its_values_in_the_same_call(source: Source) -> None:
    ada = source.person("ada")
    source.account("ada", "elsewhere@example.com", title="Countess")
    read = source.read()
    row = source.candidates(read)["ada"]
    source.confirm(read, link={row.id: ada.id}, update=[row.id], assign=True)
    ada.refresh_from_db()
    assert (ada.job_title, ada.email) == ("Countess", "ada@example.com")
    assert outcomes(source, read) == {"ada": "linked"}


def test_values_of_an_account_that_became_somebody_elses_are_not_taken_over(source: Source) -> None:
    ada, bob, cleo = source.person("ada"), source.person("bob"), source.person("cleo")
    exact = source.account("ada", "ada@example.com", title="Countess")
    linked = source.account("bobby", "bobby@example.com", title="Baron")
    source.link(bob, linked)
    read = source.read()
    Link.objects.filter(user=bob).update(user=cleo)
    source.link(bob, exact)
    source.confirm(read, update=All())
    assert outcomes(source, read) == {"ada": "conflict", "bobby": "conflict"}
    assert set(User.objects.filter(id__in=[ada.id, bob.id]).values_list("job_title", flat=True)) == {None}


def test_what_is_ignored_is_dealt_with(source: Source) -> None:
    source.account("ada", "ada@example.com")
    read = source.read()
    done = source.confirm(read, ignore=All())
    assert (done.status, done.results) == ("done", {"ignored": 1})
    assert not User.objects.exists()


def test_a_killed_worker_goes_on_where_it_stood(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(carrying.SLICE, "users", 2)
    for number in range(5):
        source.account(f"user{number}", f"user{number}@example.com")
    read = source.read()
    confirm_import(source.actor, read.id, Confirmed(create=All()))
    with monkeypatch.context() as patched:
        patched.setattr(jobs, "checkpoint", _killed)
        with pytest.raises(KeyboardInterrupt):
            jobs.run_all()
    assert User.objects.count() == 2
    assert queries.get_import(read.id).done == 2
    arguments = {"import_id": str(read.id), "actor": source.actor.as_json(), "by": str(source.actor.correlation)}
    for _again in range(2):  # at least once is what a queue promises
        carrying.carry_out(**arguments)
    done = queries.get_import(read.id)
    assert (done.status, done.results, User.objects.count()) == ("done", {"created": 5}, 5)
    assert Event.objects.filter(type="import_finished").count() == 1


def _killed() -> None:
    raise KeyboardInterrupt


def test_cancelling_leaves_what_was_not_carried_out(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(carrying.SLICE, "users", 2)
    for number in range(5):
        source.account(f"user{number}", f"user{number}@example.com")
    read = source.read()
    confirm_import(source.actor, read.id, Confirmed(create=All()))
    monkeypatch.setattr(jobs, "checkpoint", lambda: commands.cancel_import(source.actor, read.id))
    jobs.run_all()
    done = queries.get_import(read.id)
    assert (done.status, User.objects.count()) == ("cancelled", 2)
    assert Candidate.objects.filter(imported=read, decision__isnull=False, outcome=None).count() == 0
    with pytest.raises(WrongState):
        source.confirm(read, create=All())


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        pytest.param({"create": ["f2d1f5e4-0000-0000-0000-000000000000"]}, "create[0]", id="create"),
        pytest.param({"update": ["f2d1f5e4-0000-0000-0000-000000000000"]}, "update[0]", id="update"),
        pytest.param({"state": "suspended"}, "state", id="state"),
    ],
)
def test_what_is_unknown_is_named(source: Source, wanted: dict[str, Any], field: str) -> None:
    import uuid

    given = {name: [uuid.UUID(id) for id in ids] if isinstance(ids, list) else ids for name, ids in wanted.items()}
    read = source.read()
    with pytest.raises(Invalid) as problem:
        source.confirm(read, **given)
    assert field in problem.value.fields


def test_who_may_not_write_may_not_confirm(source: Source) -> None:
    source.account("ada", "ada@example.com")
    read = source.read()
    operator = Actor("token", "x", "operator", "operator")
    with pytest.raises(Forbidden):
        confirm_import(operator, read.id, Confirmed(create=All()))
    assert commands.start_import(operator, source.application.id).status == "reading"


def test_a_source_that_shrank_updates_nobody_unless_that_is_accepted(source: Source) -> None:
    ada = source.person("ada")
    ids = [source.account(f"user{n}", f"user{n}@example.com") for n in range(9)]
    source.account("ada", "ada@example.com", title="Countess")
    source.read()
    for id in ids[:3]:
        source.sp.remove_user(id)
    read = source.read()
    assert read.problem is not None
    assert read.complete
    assert (read.status, read.problem["code"], read.problem["was"], read.problem["now"]) == ("ready", "shrunk", 10, 7)
    row = source.candidates(read)["ada"]
    with pytest.raises(Conflict) as refused:
        source.confirm(read, update=[row.id])
    assert refused.value.code == "shrunk"
    assert source.confirm(read, create=All()).results == {"created": 6}
    assert source.confirm(read, update=[row.id], accept_shrunk=True).results == {"created": 6, "updated": 1}
    ada.refresh_from_db()
    assert ada.job_title == "Countess"
    assert source.read().problem is None


def test_an_application_that_is_deleted_takes_its_imports_along(source: Source) -> None:
    source.account("ada", "ada@example.com")
    read = source.read()
    confirm_import(shell(), read.id, Confirmed(create=All()))
    source.application.delete()
    jobs.run_all()
    assert not User.objects.exists()
    assert not Candidate.objects.exists()


def test_who_is_imported_comes_into_the_groups_that_a_rule_says(source: Source) -> None:
    group = Group.objects.create(name="Sales", name_key="sales", updated=timezone.now())
    set_rule(source.actor, group.id, 'user.department == "Sales"')
    source.account("ada", "ada@example.com", **{ENTERPRISE: {"department": "Sales"}})
    source.account("bob", "bob@example.com", **{ENTERPRISE: {"department": "Law"}})
    source.confirm(source.read(), create=All())
    assert list(Membership.objects.values_list("group_id", "user__username")) == [(group.id, "ada")]


def level_is_mapped(source: Source) -> None:
    """The nick name there is the custom attribute `level` here."""
    rows = [row for row in source.refresh().mapping if row["scim"] != "nickName"]
    Application.objects.update(mapping=[*rows, {"scim": "nickName", "source": {"attribute": "attributes.level"}}])
    source.refresh()


def level_is_a_number(source: Source) -> None:
    define_attribute(source.actor, NewAttribute(name="level", type="number"))


def test_a_value_that_does_not_fit_its_schema_is_left_out_and_noted(source: Source) -> None:
    level_is_mapped(source)
    level_is_a_number(source)
    source.account("ada", "ada@example.com", nickName="high", title="Engineer")
    read = source.read()
    row = source.candidates(read)["ada"]
    assert row.notes == [{"name": "attributes.level", "message": "This must be a number."}]
    source.confirm(read, create=All())
    assert (User.objects.get().attributes, User.objects.get().job_title) == ({}, "Engineer")
    assert outcomes(source, read) == {"ada": "created"}


@pytest.mark.parametrize("known", [False, True], ids=["created", "updated"])
def test_a_schema_that_came_after_the_reading_counts(source: Source, known: bool) -> None:
    level_is_mapped(source)
    if known:
        source.person("ada")
    source.account("ada", "ada@example.com", nickName="high", title="Engineer")
    read = source.read()
    row = source.candidates(read)["ada"]
    assert (row.values["attributes"], row.notes) == ({"level": "high"}, [])
    level_is_a_number(source)
    source.confirm(read, **({"update": [row.id]} if known else {"create": All()}))
    assert (User.objects.get().attributes, User.objects.get().job_title) == ({}, "Engineer")
    row.refresh_from_db()
    assert row.outcome == ("updated" if known else "created")
    assert row.message == "Left out: attributes.level: This must be a number."
