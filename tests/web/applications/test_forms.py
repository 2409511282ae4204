"""The SP form of an application: shown word by word, learned by probing, and overridden by an administrator."""

from __future__ import annotations

import pytest

from provisor.applications.models import Application, Due
from provisor.core.form import Form, json_schema
from provisor.testing import Fault, Profile

EMAIL = "provisor-test@example.org"


@pytest.fixture
def connected(new_application, sp):
    """An application on the provider that runs, with its token and some accounts there."""
    for number in range(3):
        address = f"user{number}@example.org"
        emails = [{"value": address, "type": "work", "primary": True}]
        sp.put_user({"userName": address, "externalId": f"x{number}", "emails": emails})
    return new_application(sp.base_url)


@pytest.fixture
def word(api, connected):
    """One word of the application's form, as the API shows it."""

    def read(name):
        shown = api.get(f"/applications/{connected['id']}/form")["words"]
        return next(one for one in shown if one["word"] == name)

    return read


def test_every_word_is_shown_with_its_meaning(api, application):
    shown = api.get(f"/applications/{application['id']}/form")["words"]
    assert [one["word"] for one in shown] == list(Form.__dataclass_fields__)
    assert {one["source"] for one in shown} == {"default"}
    assert all(one["says"] and one["value"] == one["default"] and one["evidence"] is None for one in shown)


def test_probing_learns_and_shows_what_showed_it(api, connected, sp, word):
    sp.profile = Profile(filter_emails=False)
    found = api.post(f"/applications/{connected['id']}/probe")
    facts = {fact["word"]: fact["value"] for fact in found["facts"]}
    assert facts["filter_email"] is False
    assert facts["filter_user_name"] is True
    shown = word("filter_email")
    assert (shown["value"], shown["source"], shown["evidence"]["by"]) == (False, "learned", "probe")
    assert shown["evidence"]["evidence"].startswith("GET /Users with a filter on emails.value: 400")
    assert (sp.writes, sp.findings) == ([], [])


def test_an_override_wins_and_can_be_taken_back(api, connected, sp, word):
    path = f"/applications/{connected['id']}"
    sp.profile = Profile(filter_emails=False)
    api.post(f"{path}/probe")
    api.patch(path, {"settings": {"form": {"filter_email": True, "page": 50}}})
    shown = word("filter_email")
    assert (shown["value"], shown["source"], shown["learned"]) == (True, "override", False)
    api.patch(path, {"settings": {"form": {"filter_email": None}}})
    assert (word("filter_email")["value"], word("filter_email")["source"]) == (False, "learned")
    assert word("page")["value"] == 50, "the other override stays"


@pytest.mark.parametrize("nothing", [None, {}])
def test_all_overrides_can_be_taken_back_at_once(api, connected, nothing):
    path = f"/applications/{connected['id']}"
    api.patch(path, {"settings": {"form": {"filter_email": True, "page": 50}}})
    assert api.patch(path, {"settings": {"form": nothing}})["settings"]["form"] == {}


WRONG = [
    ({"patches": None}, "settings.form.patches"),
    ({"page": 0}, "settings.form.page"),
    ({"page": "x"}, "settings.form.page"),
]


@pytest.mark.parametrize(("form", "named"), WRONG)
def test_a_word_that_is_none_is_named(api, connected, form, named):
    fields = api.problem("PATCH", f"/applications/{connected['id']}", {"settings": {"form": form}}, 422)[1]
    assert list(fields) == [named]


def test_probing_again_corrects_what_was_learned(api, connected, sp, word):
    path = f"/applications/{connected['id']}/probe"
    sp.profile = Profile(filter_emails=False)
    api.post(path)
    sp.profile = Profile()
    api.post(path)
    assert word("filter_email")["value"] is True
    changes = [event["changes"] for event in api.events("?type=application_form_learned")]
    name = "form.filter_email"
    assert changes == [[{"name": name, "from": False, "to": True}], [{"name": name, "from": True, "to": False}]]


def test_what_changes_the_form_has_every_account_looked_at(api, connected, sp, as_members):
    as_members(connected)
    Due.objects.all().delete()
    api.post(f"/applications/{connected['id']}/probe")
    assert not Due.objects.exists(), "nothing has changed"
    sp.profile = Profile(filter_emails=False)
    api.post(f"/applications/{connected['id']}/probe")
    assert Due.objects.count() == 1


@pytest.fixture
def as_members(api, api_as):
    def assign(application):
        user = api.post("/users", {"username": "ada", "email": "ada@example.org"}, expect=201)
        api.post(f"/applications/{application['id']}/assignments", {"users": {"add": [user["id"]]}})

    return assign


def test_groups_are_looked_at_only_where_they_are_managed_or_asked_for(api, connected, sp):
    path = f"/applications/{connected['id']}"
    api.post(f"{path}/probe")
    assert not [request for request in sp.requests if "/Groups" in request.path]
    assert "groups" in {fact["word"] for fact in api.post(f"{path}/probe", {"groups": True})["facts"]}
    api.patch(path, {"settings": {"manage_groups": True}})
    assert "groups" in {fact["word"] for fact in api.post(f"{path}/probe")["facts"]}


def test_a_provider_that_cannot_be_read_is_409_with_its_words(api, connected, sp):
    sp.fault(Fault("status", 403, body={"detail": "Provisioning is switched off."}))
    answer = api("POST", f"/applications/{connected['id']}/probe", {}, expect=409)["error"]
    assert (answer["code"], "Provisioning is switched off." in answer["message"]) == ("connection_failed", True)


def test_without_a_token_nothing_is_asked(api, connected, sp):
    Application.objects.update(secret=None)
    assert api.problem("POST", f"/applications/{connected['id']}/probe", {}, 409)[0] == "connection_failed"
    assert sp.requests == []


def test_activating_probes(api, connected, sp, word):
    sp.profile = Profile(filter_emails=False)
    api.post(f"/applications/{connected['id']}/activate")
    assert (word("filter_email")["value"], word("filter_email")["evidence"]["by"]) == (False, "probe")


def test_a_probe_that_fails_keeps_nobody_from_activating(api, connected, sp):
    sp.fault(Fault("status", 500, path_contains="/Schemas"))
    answer = api.post(f"/applications/{connected['id']}/activate")
    assert answer["provisioning"] == "active"


def test_another_address_forgets_what_was_learned_and_why(api, connected, word):
    path = f"/applications/{connected['id']}"
    api.post(f"{path}/probe")
    assert word("paging")["evidence"]
    api.patch(path, {"base_url": "http://127.0.0.1:9/scim/v2", "auth": {"token": "another"}})
    assert (word("paging")["evidence"], word("paging")["source"]) == (None, "default")


def test_the_test_that_writes_leaves_nothing_behind(api, connected, sp, word):
    answer = api.post(f"/applications/{connected['id']}/test", {"deep": True, "email": EMAIL, "groups": True})
    assert answer["ok"] is True, answer["steps"]
    names = [step["name"] for step in answer["steps"]]
    assert {"users", "test_user", "update", "member_removal", "deactivate", "remove"} <= set(names)
    assert (len(sp.users), sp.groups, sp.findings) == (3, [], [])
    assert (word("member_remove")["value"], word("member_remove")["source"]) == ("path", "learned")
    [told] = api.events("?type=application_write_test")
    assert told["changes"] == [{"name": "test_user", "from": None, "to": EMAIL}]


def test_without_groups_no_group_is_made(api, connected, sp):
    api.post(f"/applications/{connected['id']}/test", {"deep": True, "email": EMAIL})
    assert not [request for request in sp.requests if "/Groups" in request.path]


def test_an_address_that_somebody_has_there_is_left_alone(api, connected, sp):
    answer = api.post(f"/applications/{connected['id']}/test", {"deep": True, "email": "user1@example.org"})
    assert answer["ok"] is False
    assert (answer["steps"][-1]["name"], answer["steps"][-1]["code"]) == ("test_user", "exists")
    assert sp.writes == []


BAD_EMAILS = [{}, {"email": "nobody"}, {"email": "a b@example.org"}, {"email": None}, {"email": 'x"@example.org'}]


@pytest.mark.parametrize("more", BAD_EMAILS)
def test_the_test_that_writes_needs_an_address(api, connected, sp, more):
    assert list(api.problem("POST", f"/applications/{connected['id']}/test", {"deep": True, **more}, 422)[1]) == [
        "email"
    ]
    assert sp.requests == []


def test_an_address_of_the_directory_is_not_used(api, connected, sp):
    api.post("/users", {"username": "ada", "email": "ada@example.org"}, expect=201)
    body = {"deep": True, "email": "Ada@example.org"}
    assert list(api.problem("POST", f"/applications/{connected['id']}/test", body, 422)[1]) == ["email"]
    assert sp.requests == []


def test_what_fails_to_be_read_is_not_written_to(api, connected, sp):
    sp.fault(Fault("status", 401))
    answer = api.post(f"/applications/{connected['id']}/test", {"deep": True, "email": EMAIL})
    assert (answer["ok"], sp.writes) == (False, [])


def test_only_who_may_write_applications_tries_writing(api_as, connected, sp):
    body = {"deep": True, "email": EMAIL}
    assert api_as("operator").problem("POST", f"/applications/{connected['id']}/test", body, 403)[0] == "forbidden"
    assert sp.requests == []


def test_the_words_are_those_of_the_vocabulary(api, application):
    shown = {one["word"]: one["says"] for one in api.get(f"/applications/{application['id']}/form")["words"]}
    assert shown == {name: word["description"] for name, word in json_schema()["properties"].items()}
