"""One's own entry: what is read, what may be changed, and that nothing else may."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone
from tests.portal.conftest import text_of
from tests.portal.own.conftest import settings

from provisor.applications.models import Due
from provisor.audit.models import Event
from provisor.directory.commands import own
from provisor.directory.models import CustomAttribute, User
from provisor.directory.validation import UserChanges
from provisor.errors import NotAllowed, WrongState


def save(client: Client, zoe: User, **typed: str):
    zoe.refresh_from_db()
    before = {"displayname": zoe.displayname, "seen": zoe.updated.isoformat()}
    return client.post("/my/profile", {**before, **{name.replace("__", "."): value for name, value in typed.items()}})


def test_everything_is_shown_and_only_what_is_allowed_is_a_field(browser_of_zoe: Client, zoe: User, make_person):
    boss = make_person("mo", displayname="Mo Farsight")
    User.objects.filter(pk=zoe.pk).update(manager=boss, attributes={"rating": "secret of the office"})
    page = browser_of_zoe.get("/my/profile")
    for shown in ("zoe@example.com", "Harbour", "Öztürk", "Mo Farsight"):
        assert shown in text_of(page)
    assert list(page.context["form"].fields) == ["displayname", "phone.work", "phone.mobile", "phone.home"]
    assert "secret of the office" not in text_of(page)


def test_what_is_changed_is_saved_sent_and_told_as_their_own_doing(browser_of_zoe: Client, zoe: User, make_application):
    make_application("Chat", zoe, provisioning="active")
    answer = save(browser_of_zoe, zoe, displayname="Zoë Ö.", phone__mobile="+49 431 555 01")
    assert answer["Location"] == "/my/profile?saved=1"
    zoe.refresh_from_db()
    assert (zoe.displayname, zoe.phone_numbers) == ("Zoë Ö.", [{"type": "mobile", "number": "+49 431 555 01"}])
    event = Event.objects.get(type="user_update")
    assert event.actor == {"kind": "user", "id": str(zoe.id), "name": "zoe"}
    assert {each["name"] for each in event.changes} == {"displayname", "phoneNumbers"}
    assert Due.objects.filter(user_id=zoe.id).count() == 1
    assert "Saved." in text_of(browser_of_zoe.get("/my/profile?saved=1"))


def test_nothing_changed_is_no_event(browser_of_zoe: Client, zoe: User):
    save(browser_of_zoe, zoe)
    assert not Event.objects.exists()
    assert not Due.objects.exists()


@pytest.mark.parametrize("name", ["username", "email", "department", "firstname", "state", "attribute.team", "manager"])
def test_a_field_that_isnt_theirs_is_ignored(browser_of_zoe: Client, zoe: User, name: str):
    save(browser_of_zoe, zoe, **{name.replace(".", "__"): "changed"})
    zoe.refresh_from_db()
    shown = (zoe.username, zoe.email, zoe.department, zoe.firstname, zoe.state, zoe.attributes, zoe.manager_id)
    assert shown == ("zoe", "zoe@example.com", "Harbour", "Zoë", "active", {}, None)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"department": "Board"}, ["department"]),
        ({"username": "root"}, ["username"]),
        ({"email": "root@example.com", "displayname": "Z"}, ["email"]),
        ({"manager": None}, ["manager"]),
        ({"attributes": {"team": "Board"}}, ["attributes.team"]),
        ({"attributes": None}, ["attributes"]),
    ],
)
def test_the_command_refuses_what_isnt_theirs(zoe: User, changes: dict[str, object], named: list[str]):
    with pytest.raises(NotAllowed) as refused:
        own.update_own(zoe.id, UserChanges.model_validate(changes))
    assert list(refused.value.fields) == named
    assert not Event.objects.exists()


def test_who_was_suspended_meanwhile_changes_nothing(zoe: User):
    User.objects.filter(pk=zoe.pk).update(state="suspended")
    with pytest.raises(WrongState):
        own.update_own(zoe.id, UserChanges(displayname="Z"))


def test_nothing_is_editable_where_nothing_is_allowed(browser_of_zoe: Client, zoe: User):
    settings(self_service={"edit": []})
    page = browser_of_zoe.get("/my/profile")
    assert not page.context["form"].fields
    assert "Yours to change" not in text_of(page)
    save(browser_of_zoe, zoe, displayname="Z")
    zoe.refresh_from_db()
    assert zoe.displayname == "Zoë Öztürk"


def test_addresses_are_edited_part_by_part_and_others_stay(browser_of_zoe: Client, zoe: User):
    settings(self_service={"edit": ["addresses"]})
    home = {"type": "home", "locality": "Plön"}
    User.objects.filter(pk=zoe.pk).update(addresses=[home])
    save(browser_of_zoe, zoe, address__work__locality="Kiel", address__home__locality="Plön")
    zoe.refresh_from_db()
    assert zoe.addresses == [home, {"type": "work", "locality": "Kiel"}]


def test_somebody_elses_change_is_not_written_over_unseen(browser_of_zoe: Client, zoe: User):
    answer = browser_of_zoe.post("/my/profile", {"displayname": "Z", "seen": "2020-01-01T00:00:00+00:00"})
    assert answer.status_code == 409
    assert "Somebody changed your entry" in text_of(answer)
    zoe.refresh_from_db()
    assert zoe.displayname == "Zoë Öztürk"


@pytest.mark.parametrize("typed", ["x" * 257, "two\nlines", "a\x00b"])
def test_what_can_not_be_is_said_beside_its_field(browser_of_zoe: Client, zoe: User, typed: str):
    answer = save(browser_of_zoe, zoe, displayname=typed)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["displayname"])


@pytest.fixture
def theirs(db: None) -> None:
    """Custom attributes that people may change, one of each type, and one that they may not."""
    for name, more in {
        "team": {"type": "text", "label": "Team"},
        "seat": {"type": "number"},
        "lunch": {"type": "boolean"},
        "since": {"type": "date"},
        "shift": {"type": "choice", "choices": ["early", "late"]},
        "skills": {"type": "list"},
        "rating": {"type": "text", "editable_by": "administrator"},
    }.items():
        CustomAttribute.objects.create(name=name, updated=timezone.now(), **{"editable_by": "user", **more})


TYPED = {"team": "Quay", "seat": "4.5", "lunch": "false", "since": "2026-01-31", "shift": "late", "skills": "a; b"}


def test_custom_attributes_that_are_theirs_are_fields_by_their_type(browser_of_zoe: Client, zoe: User, theirs: None):
    assert "rating" not in browser_of_zoe.get("/my/profile").content.decode()
    given = {f"attribute__{name}": value for name, value in TYPED.items()}
    assert save(browser_of_zoe, zoe, **given, attribute__rating="5").status_code == 302
    zoe.refresh_from_db()
    kept = {"team": "Quay", "seat": 4.5, "lunch": False, "since": "2026-01-31", "shift": "late", "skills": ["a", "b"]}
    assert zoe.attributes == kept
    shown = browser_of_zoe.get("/my/profile").context["form"].initial
    assert {name: shown[f"attribute.{name}"] for name in TYPED} == TYPED
    save(browser_of_zoe, zoe, **(given | {"attribute__seat": "", "attribute__skills": ""}))
    zoe.refresh_from_db()
    assert zoe.attributes == {name: value for name, value in kept.items() if name not in ("seat", "skills")}


@pytest.mark.parametrize(
    ("name", "typed"), [("seat", "many"), ("shift", "night"), ("since", "soon"), ("lunch", "maybe")]
)
def test_a_custom_value_that_does_not_fit_is_said_beside_its_field(
    browser_of_zoe: Client, zoe: User, theirs: None, name: str, typed: str
):
    answer = save(browser_of_zoe, zoe, **{f"attribute__{name}": typed})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [f"attribute.{name}"])
    zoe.refresh_from_db()
    assert zoe.attributes == {}


def test_the_command_refuses_a_custom_attribute_that_isnt_theirs(zoe: User, theirs: None):
    with pytest.raises(NotAllowed):
        own.update_own(zoe.id, UserChanges(attributes={"rating": "5"}))
    own.update_own(zoe.id, UserChanges(attributes={"team": "Quay"}))
    zoe.refresh_from_db()
    assert zoe.attributes == {"team": "Quay"}


def test_hostile_values_stay_text(browser_of_zoe: Client, zoe: User):
    User.objects.filter(pk=zoe.pk).update(department="<img src=x onerror=alert(1)>", displayname='"><script>1</script>')
    body = browser_of_zoe.get("/my/profile").content.decode()
    assert "<img" not in body
    assert "<script>1" not in body
