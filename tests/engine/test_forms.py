"""One life against each service provider's dialect: what it can't do is learned from what it answers, or said by a form;
afterwards ten syncs and reconciles write nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from provisor.directory import commands as directory
from provisor.testing.profile import Profile


@dataclass(frozen=True)
class Dialect:
    """A provider's deviation, what the form has to say about it, and what is learned by itself."""

    profile: Profile
    form: dict[str, Any] = field(default_factory=dict)
    learned: dict[str, Any] = field(default_factory=dict)
    absent: tuple[str, ...] = ()  # attributes that the provider can't hold


DIALECTS = {
    "the letter of the RFC": Dialect(Profile()),
    "no PATCH": Dialect(Profile(patch=False), learned={"update": "put"}),
    "no PATCH: 405": Dialect(Profile(patch=False, refused_status=405), learned={"update": "put"}),
    "a PUT may not repeat the externalId": Dialect(
        Profile(patch=False, put_refuses=("externalId",), create_only=("externalId",), active_true_in_answer=False),
        form={"update": "put", "put_without": ["externalId"], "create_only": ["externalId"]},
    ),
    "no value paths": Dialect(Profile(value_path="invalidPath"), learned={"value_path": False}),
    "no value paths: noTarget": Dialect(Profile(value_path="noTarget"), learned={"value_path": False}),
    "value paths without effect": Dialect(Profile(value_path="ignored"), learned={"value_path": False}),
    "add for what has no value": Dialect(Profile(replace_unassigned=False), learned={"unassigned": "add"}),
    "no paths at all": Dialect(Profile(patch_path="forbidden"), learned={"patch": "no_path"}),
    "capital operations": Dialect(Profile(op_case="capital"), form={"op_case": "capital"}),
    "booleans as text": Dialect(Profile(booleans="text"), form={"boolean_text": True}),
    "booleans as text in answers": Dialect(Profile(string_booleans=True)),
    "204 to a PATCH": Dialect(Profile(answer_patch="no_content")),
    "201 without a body": Dialect(Profile(answer_create="empty")),
    "200 to a create": Dialect(Profile(answer_create="ok")),
    "an allow-list": Dialect(
        Profile(attributes=("userName", "externalId", "active", "name", "emails")),
        form={"attributes": ["userName", "externalId", "active", "name.givenName", "name.familyName", "emails"]},
        absent=("title", "phoneNumbers"),
    ),
    "one value only": Dialect(
        Profile(single_valued=("emails", "phoneNumbers")), form={"single_valued": ["emails", "phoneNumbers"]}
    ),
    "without types": Dialect(
        Profile(refused_parts=("emails.type", "phoneNumbers.type")),
        form={"never_sent": ["emails.type", "phoneNumbers.type"]},
    ),
    "a display name is required": Dialect(
        Profile(required=("displayName", "name.formatted")), form={"fill": ["displayName", "name.formatted"]}
    ),
    "externalId is dropped": Dialect(Profile(keep_external_id=False)),
    "externalId can't be looked up": Dialect(Profile(filter_external_id=False), learned={"filter_external_id": False}),
    "e-mails can't be looked up": Dialect(Profile(filter_emails=False), learned={"filter_email": False}),
    "filters are ignored": Dialect(Profile(ignore_filter=True)),
    "404 for nobody": Dialect(Profile(no_match_status=404)),
    "lower case everywhere": Dialect(Profile(lowercase_emails=True, lowercase_user_name=True)),
    "trims and reformats": Dialect(Profile(trim=True, phone_digits=True)),
    "drops titles": Dialect(Profile(drop=("title",)), absent=("title",)),
    "answers nothing of active": Dialect(Profile(active_in_answer=False, answer_patch="no_content")),
    "no paging": Dialect(Profile(paging="none"), form={"paging": "none"}),
    "cursors": Dialect(Profile(paging="cursor"), form={"paging": "cursor"}),
    "pages of three": Dialect(Profile(max_page=3)),
    "no discovery": Dialect(Profile(discovery=False)),
}


@pytest.mark.parametrize("name", DIALECTS)
def test_a_life_in_this_dialect(world, name):
    dialect = DIALECTS[name]
    world.sp.profile = dialect.profile
    world.configure(form=dialect.form)
    ada = world.employee(
        "Ada", email="Ada@Example.com", job_title="Countess", phone_numbers=[{"type": "work", "number": "+49 30 / 12"}]
    )
    world.employee("grace")
    world.employee("alan")
    world.employee("linus")
    world.work()
    there = world.sp.user(_name(world, ada))
    assert there is not None, world.link(ada).error
    assert [path for path in ("title", "phoneNumbers") if path not in there] == [
        path for path in ("title", "phoneNumbers") if path in dialect.absent
    ]
    world.edit(ada, email="ada.king@example.com", lastname="King", department="Mathematics")
    world.work()
    there = world.sp.user(_name(world, ada))
    assert [email["value"].lower() for email in there["emails"]] == ["ada.king@example.com"]
    assert there["name"]["familyName"] == "King"
    directory.suspend_user(world.actor, ada.id)
    world.work()
    assert _off(world.sp.user(_name(world, ada)))
    directory.unsuspend_user(world.actor, ada.id)
    world.work()
    assert not _off(world.sp.user(_name(world, ada)))
    world.edit(ada, phoneNumbers=[])
    world.work()
    assert not world.sp.user(_name(world, ada)).get("phoneNumbers")
    assert world.status(ada) == "synced"
    learned = {key: value for key, value in _application(world).learned.items() if key in dialect.learned}
    assert learned == dialect.learned
    assert set(learned) <= set(_application(world).evidence)
    _is_silent(world)


def _is_silent(world):
    """I4: after convergence nothing is written, whatever is asked for."""
    world.run("reconcile")
    world.work()
    world.sp.clear_requests()
    for _ in range(4):
        world.run("sync")
        world.run("reconcile")
    assert [(request.method, request.body) for request in world.sp.writes] == []


def _application(world):
    world.application.refresh_from_db()
    return world.application


def _name(world, user):
    return user.username.lower() if world.sp.profile.lowercase_user_name else user.username


def _off(account):
    return str(account.get("active")) == "False"


def test_a_required_attribute_that_is_missing_is_said_and_nothing_is_sent(world):
    world.configure(form={"required": ["title"]})
    ada = world.employee("ada")
    world.work()
    link = world.link(ada)
    assert (link.status, link.error["code"]) == ("held", "missing_attribute")
    assert "title" in link.error["message"]
    assert world.sp.users == []
    world.edit(ada, jobTitle="Countess")
    world.work()
    assert world.account(ada)["title"] == "Countess"


def test_where_deactivating_erases_a_returning_person_gets_a_new_account(world):
    world.sp.profile = Profile(deactivation="erases")
    world.configure(form={"deactivation": "erases", "reactivation": "create"})
    ada = world.employee("ada")
    world.work()
    first = world.link(ada).remote_id
    world.leave(ada)
    world.work()
    assert world.sp.users == []
    assert world.status(ada) == "inactive"
    world.join(ada)
    world.work()
    assert world.account(ada)["active"] is True
    assert world.link(ada).remote_id != first


def test_where_nothing_can_be_deleted_accounts_are_deactivated(world):
    world.sp.profile = Profile(delete=False)
    world.configure(deprovision="delete", form={"delete": False})
    ada = world.employee("ada")
    world.work()
    world.leave(ada)
    world.work()
    assert world.account(ada)["active"] is False
    assert world.status(ada) == "inactive"


def test_an_external_id_from_another_attribute(world):
    world.configure(form={"external_id_source": "employeeIdentifier"})
    ada = world.employee("ada", employee_identifier="E-17")
    world.work()
    assert world.sp.user("ada")["externalId"] == "E-17"
    world.sp.clear_requests()
    world.run("reconcile")
    world.work()
    assert world.sp.writes == []
    assert world.status(ada) == "synced"


def test_250_members_at_a_provider_that_takes_100_and_shows_none(world):
    world.sp.profile = Profile(members_per_request=100, members_shown="no", member_replace=False)
    world.configure(manage_groups=True)
    people = world.people(250)
    world.work()
    assert world.members_there(world.staff) == {person.username for person in people}
    world.leave(*people[:4])
    world.work()
    assert len(world.members_there(world.staff)) == 246
    _is_silent(world)
    assert len(world.members_there(world.staff)) == 246
    assert world.sp.findings == []


def test_members_that_are_always_shown_as_none_are_not_removed(world):
    world.sp.profile = Profile(members_shown="empty")
    world.configure(manage_groups=True)
    people = world.people(5)
    world.work()
    _is_silent(world)
    assert world.members_there(world.staff) == {person.username for person in people}
    assert _application(world).learned["members_shown"] == "no"
