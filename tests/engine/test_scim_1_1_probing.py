"""What speaks SCIM 1.1 is found out, with what showed it; from then on it is spoken to so. And the tests that read and
write, an import and a preview, all in its language."""

from __future__ import annotations

from dataclasses import replace

import pytest

from provisor import jobs
from provisor.applications import commands as applications
from provisor.applications import connection, queries
from provisor.applications.importing import commands as importing
from provisor.applications.importing import queries as imports
from provisor.applications.importing.models import Candidate
from provisor.applications.models import Application
from provisor.applications.queries.form import form_of, words
from provisor.testing.profile import Profile

CORE = "urn:scim:schemas:core:1.0"
NEW = "urn:ietf:params:scim:schemas:core:2.0:User"
ONLY_1_1 = Profile(scim="1.1")


@pytest.fixture
def world(world):
    world.sp.profile = ONLY_1_1
    world.configure(manage_groups=True)
    for number in range(3):
        mail = {"value": f"there{number}@example.org", "type": "work"}
        world.sp.put_user({"userName": f"there{number}", "externalId": f"x{number}", "emails": [mail]})
    return world


def held(world) -> Application:
    return Application.objects.get(id=world.application.id)


def learned(world) -> dict:
    return {word["word"]: word["value"] for word in words(held(world)) if word["source"] == "learned"}


def facts(found) -> dict:
    return {fact.word: fact.value for fact in found.facts}


def test_a_probe_finds_out_and_goes_on_in_its_language(world):
    found = applications.probe_application(world.actor, world.application.id, groups=True)
    told = facts(found)
    assert told["scim"] == "1.1"
    assert {told[f"filter_{name}"] for name in ("user_name", "external_id", "email")} == {True}
    assert (told["paging"], told["groups"]) == ("index", True)
    evidence = found.learned["scim"].evidence
    assert "GET /ServiceProviderConfigs: 200" in evidence
    assert CORE in evidence
    form = form_of(held(world))
    assert (form.scim, form.update, form.content_type) == ("1.1", "put", "application/json")
    assert world.sp.writes == []
    again = facts(applications.probe_application(world.actor, world.application.id, groups=True))
    assert again == told


def test_activation_finds_out_too_and_accounts_are_made(world):
    Application.objects.filter(id=world.application.id).update(provisioning="configured")
    ada = world.employee("ada")
    applications.activate_application(world.actor, world.application.id)
    world.work()
    assert world.account(ada)["active"] is True
    assert world.sp.findings == []


def test_what_an_administrator_says_wins(world):
    world.configure(form={"scim": "2.0"})
    found = applications.probe_application(world.actor, world.application.id)
    assert facts(found)["scim"] == "1.1"
    assert form_of(held(world)).scim == "2.0"
    word = next(word for word in words(held(world)) if word["word"] == "scim")
    assert (word["value"], word["source"], word["learned"]) == ("2.0", "override", "1.1")


def test_2_0_that_describes_itself_under_the_old_name_is_2_0(world):
    world.sp.profile = Profile(discovery_misspelt=True)
    found = applications.probe_application(world.actor, world.application.id)
    assert "scim" not in facts(found)
    assert form_of(held(world)).scim == "2.0"


def test_another_version_forgets_what_was_learned_in_the_first(world):
    applications.probe_application(world.actor, world.application.id)
    assert learned(world)["scim"] == "1.1"
    world.configure(form={"page": 50})
    assert learned(world)["scim"] == "1.1"
    world.configure(form={"scim": "2.0"})
    assert (held(world).learned, held(world).evidence) == ({}, {})


def test_defaults_are_shown_as_they_are_in_this_version(world):
    world.configure(form={"scim": "1.1"})
    shown = {word["word"]: (word["value"], word["source"], word["default"]) for word in words(held(world))}
    assert shown["update"] == ("put", "default", "put")
    assert shown["value_path"] == (False, "default", False)
    assert shown["scim"] == ("1.1", "override", "2.0")


def steps(found) -> dict:
    return {step.name: (step.ok, step.code) for step in found}


def test_the_test_that_reads_says_which_version_it_is(world):
    before = steps(connection.run_check(held(world)))
    assert before["discovery"] == (False, "scim_1_1")
    world.configure(form={"scim": "1.1"})
    after = steps(connection.run_check(held(world)))
    assert set(after.values()) == {(True, "ok")}
    assert after.keys() == before.keys()


@pytest.mark.parametrize(
    ("profile", "way"),
    [
        pytest.param(ONLY_1_1, "patch", id="PATCH is announced and works"),
        pytest.param(replace(ONLY_1_1, patch=False), "put", id="there is no PATCH"),
        pytest.param(
            replace(ONLY_1_1, patch=False, discovery_says=("patch:true",)), "put", id="PATCH is announced and refused"
        ),
    ],
)
def test_the_test_that_writes(world, profile, way):
    world.sp.profile = profile
    told = applications.try_writing(world.actor, world.application.id, "test@example.com", groups=True)
    assert [step for step in told if not step.ok and step.name != "discovery"] == []
    names = [step.name for step in told]
    assert {"test_user", "update", "deactivate", "reactivate", "members", "rename", "remove", "remove_group"} <= {
        *names
    }
    assert (form_of(held(world)).update, form_of(held(world)).group_update) == (way, way)
    assert len(world.sp.users) == 3
    assert world.sp.groups == []
    assert {finding.rule for finding in world.sp.findings} <= {"G3"}  # where all else failed, a member's $ref was tried


def test_an_import_reads_it(world):
    started = importing.start_import(world.actor, world.application.id, "users")
    jobs.run_all()
    assert imports.get_import(started.id).counts["new"] == 3
    assert {one.name for one in Candidate.objects.all()} == {"there0", "there1", "there2"}


def test_groups_are_imported(world):
    world.configure(form={"scim": "1.1"})
    world.sp.put_group({"displayName": "Staff", "members": [{"value": world.sp.user("there0")["id"]}]})
    started = importing.start_import(world.actor, world.application.id, "groups")
    jobs.run_all()
    assert imports.get_import(started.id).read == 1


def test_what_would_be_sent_is_shown_as_it_will_be_sent(world):
    world.configure(form={"scim": "1.1", "update": "patch"})
    ada = world.employee("ada", job_title="Countess")
    (request,) = queries.why(ada.id, world.application.id, look=True)["decision"]["requests"]
    assert (request["method"], request["body"]["schemas"]) == ("POST", [CORE])
    world.work()
    (sent,) = [record for record in world.sp.writes if record.path == "/Users"]
    assert request["body"] == sent.body


def test_a_group_is_looked_at_without_its_members(world):
    world.configure(form={"scim": "1.1"})
    world.employee("ada")
    world.work()
    id = world.group_link(world.staff).remote_id
    world.sp.clear_requests()
    assert connection.look_at_group(held(world), id).account.raw["displayName"] == "Staff"
    assert world.sp.requests[-1].query == {"attributes": "id,externalId,displayName"}


def test_nobody_is_asked_whose_account_the_token_is(world):
    world.configure(form={"scim": "1.1"})
    world.employee("ada")
    world.work()
    assert [record.path for record in world.sp.requests if record.path == "/Me"] == []
