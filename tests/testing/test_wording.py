"""How a change has to be said: each deviation refuses one way, and takes the other."""

from __future__ import annotations

from typing import Any

import pytest

from provisor.testing import Profile

from .said import USER, patch, pathless, remove, replace, user

EMAILS = [{"type": "work", "value": "a@example.org", "primary": True}]
WORK = 'emails[type eq "work"].value'
CAPITAL = {"op": "Replace", "path": "title", "value": "Dr"}
ADD = {"op": "add", "path": "title", "value": "Dr"}

# reason: the deviation, an operation that is refused, its scimType, and one that is taken
WORDINGS: dict[str, tuple[Profile, dict[str, Any], str, dict[str, Any]]] = {
    "a path is required": (Profile(patch_path="required"), pathless(title="Dr"), "invalidPath", replace("title", "Dr")),
    "a path is forbidden": (
        Profile(patch_path="forbidden"),
        replace("title", "Dr"),
        "invalidPath",
        pathless(title="Dr"),
    ),
    "one attribute without a path": (
        Profile(patch_path="one"),
        pathless(title="Dr", nickName="A"),
        "invalidPath",
        pathless(title="Dr"),
    ),
    "parts count one by one": (
        Profile(patch_path="one"),
        pathless(name={"givenName": "A", "familyName": "L"}),
        "invalidPath",
        pathless(name={"givenName": "A"}),
    ),
    "lower case only": (Profile(op_case="lower"), CAPITAL, "invalidSyntax", replace("title", "Dr")),
    "capitals only": (Profile(op_case="capital"), replace("title", "Dr"), "invalidSyntax", CAPITAL),
    "booleans as text": (
        Profile(booleans="text"),
        replace("active", False),
        "invalidValue",
        replace("active", "False"),
    ),
    "booleans as text without a path": (
        Profile(booleans="text"),
        pathless(active=False),
        "invalidValue",
        pathless(active="False"),
    ),
    "no value paths": (
        Profile(value_path="invalidPath"),
        replace(WORK, "b@example.org"),
        "invalidPath",
        replace("emails", [{**EMAILS[0], "value": "b@example.org"}]),
    ),
    "value paths find nothing": (
        Profile(value_path="noTarget"),
        replace(WORK, "b@example.org"),
        "noTarget",
        replace("emails", [{**EMAILS[0], "value": "b@example.org"}]),
    ),
    "active can't be removed": (
        Profile(unremovable=("userName", "active")),
        remove("active"),
        "mutability",
        replace("active", False),
    ),
    "replace needs a value that is there": (Profile(replace_unassigned=False), replace("title", "Dr"), "noTarget", ADD),
}


@pytest.mark.parametrize(("profile", "refused", "kind", "taken"), WORDINGS.values(), ids=WORDINGS)
async def test_one_wording_is_refused_and_another_taken(sp, call, profile, refused, kind, taken):
    before = sp.put_user(user(emails=EMAILS))
    sp.profile = profile
    answer = await call("PATCH", f"/Users/{before['id']}", patch(refused))
    assert (answer.status, answer.body.get("scimType"), sp.users) == (400, kind, [before])
    sp.clear_requests()
    assert (await call("PATCH", f"/Users/{before['id']}", patch(taken))).status == 200
    assert sp.users != [before]
    pathless_by_choice = not taken.get("path") and profile.patch_path != "forbidden"
    allowed = {"U1"} if pathless_by_choice else set()  # a path is the safe form there too
    assert {finding.rule for finding in sp.findings} == allowed


@pytest.mark.parametrize(("refused"), [wording[1] for wording in WORDINGS.values()], ids=WORDINGS)
async def test_without_the_deviation_it_is_taken(sp, call, refused):
    id = sp.put_user(user(emails=EMAILS))["id"]
    assert (await call("PATCH", f"/Users/{id}", patch(refused))).status == 200


async def test_what_was_text_is_kept_as_a_boolean(sp, call):
    sp.profile = Profile(booleans="text")
    created = await call("POST", "/Users", user(active="True", emails=[{**EMAILS[0], "primary": "True"}]))
    assert (created.status, sp.user("ada")["active"], sp.user("ada")["emails"][0]["primary"]) == (201, True, True)
    assert (await call("POST", "/Users", user("bob"))).status == 400
    assert (sp.user("bob"), sp.findings) == (None, [])


async def test_both_kinds_of_booleans(sp, call):
    sp.profile = Profile(booleans="both")
    id = sp.put_user(user())["id"]
    assert (await call("PATCH", f"/Users/{id}", patch(replace("active", "False")))).body["active"] is False
    assert (await call("PATCH", f"/Users/{id}", patch(replace("active", True)))).body["active"] is True
    assert [finding.rule for finding in sp.findings] == ["A11"]


async def test_a_value_path_without_effect_is_answered_all_the_same(sp, call):
    sp.profile = Profile(value_path="ignored")
    id = sp.put_user(user(emails=EMAILS))["id"]
    answer = await call("PATCH", f"/Users/{id}", patch(replace(WORK, "b@example.org")))
    assert (answer.status, answer.body["emails"][0]["value"], sp.findings) == (200, "a@example.org", [])
    both = patch(replace("title", "Dr"), replace(WORK, "b@example.org"))
    assert (await call("PATCH", f"/Users/{id}", both)).body["title"] == "Dr"
    assert sp.user("ada")["emails"] == EMAILS


async def test_a_removal_has_its_path_even_where_paths_are_forbidden(sp, call):
    sp.profile = Profile(patch_path="forbidden")
    id = sp.put_user(user(title="Dr"))["id"]
    assert (await call("PATCH", f"/Users/{id}", patch(remove("title")))).status == 200
    assert ("title" in sp.user("ada"), sp.findings) == (False, [])


@pytest.mark.parametrize("status", [501, 405, 403])
async def test_how_a_method_is_refused(sp, call, status):
    sp.profile = Profile(patch=False, refused_status=status)
    id = sp.put_user(user())["id"]
    assert (await call("PATCH", f"/Users/{id}", patch(replace("title", "Dr")))).status == status
    assert (await call("PUT", f"/Users/{id}", {**user(title="Dr"), "schemas": [USER]})).status == 200


async def test_answers_to_a_put_and_a_post(sp, call):
    sp.profile = Profile(answer_put="no_content", answer_create="empty")
    created = await call("POST", "/Users", user())
    id = sp.user("ada")["id"]
    assert (created.status, created.raw, created.headers["Location"].rpartition("/")[2]) == (201, b"", id)
    put = await call("PUT", f"/Users/{id}", user(title="Dr"))
    assert (put.status, put.raw, sp.user("ada")["title"]) == (204, b"", "Dr")
    sp.profile = Profile(answer_create="ok")
    assert (await call("POST", "/Users", user("bob"))).status == 200


async def test_provisioning_is_paused(sp, call):
    sp.profile = Profile(paused=True)
    assert (await call("POST", "/Users", user())).status == 403
    assert (await call("GET", "/Users")).status == 200
    assert sp.users == []


async def test_a_header_of_its_own(sp, call):
    sp.profile = Profile(require_headers=("X-Request-Origin:acme",))
    assert (await call("GET", "/Users")).status == 400
    assert (await call("GET", "/Users", X_Request_Origin="acme")).status == 200


async def test_one_content_type_only(sp, call):
    sp.profile = Profile(content_type="application/json")
    assert (await call("POST", "/Users", user())).status == 415
    sp.clear_requests()
    assert (await call("POST", "/Users", user(), Content_Type="application/json; charset=utf-8")).status == 201
    assert sp.findings == []


async def test_long_bodies(sp, call):
    sp.profile = Profile(payload_bytes=300)
    assert (await call("POST", "/Users", user(title="D" * 300))).status == 413
    assert (await call("POST", "/Users", user())).status == 201


async def test_refusals_that_look_like_success(sp, call):
    sp.profile = Profile(error_status="200")
    answer = await call("GET", "/Users/nobody")
    assert (answer.status, answer.body["status"]) == (200, "404")
    assert (await call("GET", "/Users", Authorization="Bearer wrong")).status == 401


def test_pairs_that_cannot_be_read():
    with pytest.raises(ValueError, match="limits"):
        Profile(limits=("writes:fast",))
    with pytest.raises(ValueError, match="formats"):
        Profile(formats=("userName:beautiful",))
