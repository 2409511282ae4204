"""Every word of the SP form can be put to the test, and every preset can be lived with."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from provisor.core import dialect
from provisor.core.form import Form
from provisor.core.vocabulary import CLASSES, QUIRKS
from provisor.core.vocabulary import FORMATS as FORM_FORMATS
from provisor.testing import Profile
from provisor.testing.demands import FORMATS
from provisor.testing.presets import PRESETS

from .said import ENTERPRISE, patch, pathless, remove_listed, remove_member, replace, user

# A word of the form: the deviations that make it necessary. None: nothing at a provider shows it.
COUNTERPARTS: dict[str, tuple[str, ...] | None] = {
    "update": ("patch",),
    "patch": ("patch_path",),
    "unassigned": ("replace_unassigned",),
    "op_case": ("op_case",),
    "boolean_text": ("booleans",),
    "value_path": ("value_path",),
    "attributes": ("attributes", "unknown"),
    "required": ("required",),
    "single_valued": ("single_valued",),
    "create_only": ("create_only",),
    "put_without": ("put_refuses",),
    "never_sent": ("refused_parts",),
    "ignored": ("drop", "ignore_updates"),
    "fill": ("required",),
    "formats": ("formats",),
    "match": ("filter_user_name", "filter_external_id", "filter_emails"),
    "filter_external_id": ("filter_external_id",),
    "filter_user_name": ("filter_user_name",),
    "filter_email": ("filter_emails",),
    "external_id": ("keep_external_id",),
    "external_id_source": None,
    "deactivation": ("deactivation",),
    "reactivation": ("deactivation",),
    "delete": ("delete", "delete_deactivates"),
    "groups": ("groups",),
    "group_create": ("group_create",),
    "group_rename": ("group_rename",),
    "group_delete": ("group_delete",),
    "group_update": ("group_patch",),
    "group_external_id": ("keep_group_external_id", "group_attributes"),
    "group_filter": ("filter_display_name",),
    "member_remove": ("member_remove",),
    "members_on_create": ("group_required", "members_on_create"),
    "members_per_request": ("members_per_request",),
    "members_shown": ("members_shown",),
    "member_ref": ("member_ref",),
    "payload_bytes": ("payload_bytes",),
    "paging": ("paging",),
    "page": ("max_page",),
    "discovery": ("discovery",),
    "discovery_path": ("discovery_path", "discovery_misspelt"),
    "password": ("passwords",),
    "password_length_min": ("password_policy",),
    "password_length_max": ("password_policy",),
    "password_classes": ("password_policy",),
    "password_forbidden": ("password_policy",),
    "scim": ("scim",),
    "content_type": ("content_type",),
    "headers": ("require_headers",),
    "limits": ("limits",),
    "bulk": ("bulk",),
    "bulk_bytes": ("bulk_bytes",),
    "quirks": ("conflict", "paused"),
}


def test_every_word_of_the_form_has_a_deviation_that_makes_it_necessary():
    assert set(COUNTERPARTS) == {each.name for each in fields(Form)}
    named = {name for names in COUNTERPARTS.values() for name in names or ()}
    assert named <= {each.name for each in fields(Profile)}


def test_formats_classes_and_quirks_are_the_forms():
    assert set(FORMATS) == FORM_FORMATS
    assert all(Profile(limits=(f"{name}:1/1",)) for name in CLASSES)
    assert {"conflict_as_400", "conflict_as_500", "forbidden_is_pause"} == QUIRKS


@pytest.mark.parametrize("name", sorted(FORMATS))
@pytest.mark.parametrize("text", ["Ada <Countess>", "ada@example.org", "a" * 30, "DE", "a\tb", "Ä: 50%"])
def test_what_the_form_makes_of_a_value_is_what_is_demanded(name: str, text: str):
    made = dialect.FORMATS[name](text)
    assert not made or FORMATS[name](made)


def account(profile: Profile) -> dict[str, Any]:
    """An account that this provider takes: what it requires, and nothing that it doesn't know."""
    whole: dict[str, Any] = {
        "displayName": "Ada",
        "name": {"givenName": "Ada", "familyName": "Lovelace"},
        "emails": [{"type": "work", "value": "ada@example.org", "primary": True}],
        ENTERPRISE: {"department": "Research"},
    }
    body = user(**whole)
    allowed = profile.attributes or ("displayName", "name", "emails", "externalId", "active", "department")
    if "displayName" not in allowed:
        del body["displayName"]
    if "department" not in allowed:
        del body[ENTERPRISE]
        body["schemas"] = body["schemas"][:1]
    if "externalId" not in allowed:
        del body["externalId"]
    if profile.booleans == "text":
        body["active"], body["emails"] = "True", [{**whole["emails"][0], "primary": "True"}]
    return body


# tests/testing/test_version_1_1.py has the one of SCIM 1.1.
IN_2_0 = [name for name in PRESETS if PRESETS[name].scim == "2.0"]


def change(profile: Profile, path: str, value: Any) -> dict[str, Any]:
    """The one PATCH operation that this provider takes for a change."""
    value = str(value) if profile.booleans == "text" and isinstance(value, bool) else value
    if profile.patch_path == "forbidden":
        return pathless(**{path: value})
    operation = replace(path, value)
    return {**operation, "op": "Replace"} if profile.op_case == "capital" else operation


@pytest.mark.parametrize("preset", sorted(IN_2_0))
async def test_an_account_lives_at_every_provider(sp, call, preset):
    profile = sp.profile = PRESETS[preset]
    created = await call("POST", "/Users", account(profile))
    assert created.status == 201, created.body
    id = created.body["id"]
    for value in (False, True):
        if profile.patch:
            answer = await call("PATCH", f"/Users/{id}", patch(change(profile, "active", value)))
        else:
            answer = await call("PUT", f"/Users/{id}", {**account(profile), "active": value})
        erased = profile.deactivation == "erases" and value
        assert answer.status == (404 if erased else 200 if profile.answer_patch == "resource" else 204)
        assert (sp.user("ada") or {}).get("active") is (None if profile.deactivation == "erases" else value)
    assert sp.findings == []


@pytest.mark.parametrize("preset", sorted(name for name in IN_2_0 if PRESETS[name].groups))
async def test_a_member_comes_and_goes_at_every_provider(sp, call, preset):
    profile = sp.profile = PRESETS[preset]
    ada, bob = (sp.put_user(user(name))["id"] for name in ("ada", "bob"))
    group = sp.put_group({"displayName": "Staff", "members": [{"value": bob}]})["id"]
    capital = profile.op_case == "capital"
    listed = profile.member_remove == "list"
    add = {"op": "Add" if capital else "add", "path": "members", "value": [{"value": ada}]}
    removal = remove_listed(bob) if listed else remove_member(bob)
    removal = {**removal, "op": "Remove"} if capital else removal
    for operation in (add, removal) if profile.patch else ():
        assert (await call("PATCH", f"/Groups/{group}", patch(operation))).status in (200, 204)
    if not profile.patch:
        body = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Staff"}
        assert (await call("PUT", f"/Groups/{group}", {**body, "members": [{"value": ada}]})).status == 200
    assert [member["value"] for member in sp.group("Staff")["members"]] == [ada]
    assert sp.findings == []
