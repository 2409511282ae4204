"""The organisation's name and time zone: who reads them, who changes them, and what can't be one."""

from __future__ import annotations

from typing import Any

import pytest

from provisor.directory.models import Organisation
from provisor.directory.organisation_settings import as_json

DEFAULTS = as_json({})


def test_a_new_installation_has_no_name_and_counts_in_utc(api: Any) -> None:
    answer = api.get("/organisation")
    assert (answer.status_code, answer.json()) == (
        200,
        {"name": None, "time_zone": "UTC", "stopped": None, "settings": DEFAULTS},
    )


def test_what_is_given_is_changed_and_the_rest_stays(api: Any) -> None:
    api.patch("/organisation", {"name": "Example Gärten", "time_zone": "Europe/Berlin"})
    answer = api.patch("/organisation", {"name": "Example Gardens"})
    assert (answer.status_code, answer.json()) == (
        200,
        {"name": "Example Gardens", "time_zone": "Europe/Berlin", "stopped": None, "settings": DEFAULTS},
    )
    assert api.get("/organisation").json() == answer.json()


@pytest.mark.parametrize("nothing", [None, ""])
def test_a_name_can_be_cleared(api: Any, nothing: str | None) -> None:
    api.patch("/organisation", {"name": "Example Gardens"})
    assert api.patch("/organisation", {"name": nothing}).json()["name"] is None
    assert Organisation.objects.get().name == ""


def test_settings_are_merged_word_by_word_and_null_takes_the_default_back(api: Any, happened: Any) -> None:
    api.patch("/organisation", {"settings": {"password": {"min_length": 16, "history": 9}, "trash_days": 7}})
    settings = api.patch("/organisation", {"settings": {"password": {"history": None}}}).json()["settings"]
    assert settings == DEFAULTS | {"password": DEFAULTS["password"] | {"min_length": 16}, "trash_days": 7}
    assert Organisation.objects.get().settings == {"password": {"min_length": 16}, "trash_days": 7}
    assert happened("organisation_update")[-1].changes == [{"name": "settings.password.history", "from": 9, "to": 5}]


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"colour": "blue"}, "settings.colour"),
        ({"password": 8}, "settings.password"),
        ({"password": {"min_length": 7}}, "settings.password.min_length"),
        ({"password": {"min_length": True}}, "settings.password.min_length"),
        ({"password": {"hint": "x"}}, "settings.password.hint"),
        ({"activation": {"mail": "yes"}}, "settings.activation.mail"),
        ({"self_service": {"edit": ["email"]}}, "settings.self_service.edit"),
        ({"self_service": {"edit": "displayname"}}, "settings.self_service.edit"),
        ({"self_service": {"contact": "it@example.com\nBcc: b@example.com"}}, "settings.self_service.contact"),
        ({"trash_days": -1}, "settings.trash_days"),
        ({"mail_from": "two@example.com, lines@example.com"}, "settings.mail_from"),
        ({"mail_from": "a@example.com\nBcc: b@example.com"}, "settings.mail_from"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(api: Any, settings: Any, field: str) -> None:
    answer = api.patch("/organisation", {"name": "Changed", "settings": settings})
    assert answer.status_code == 422
    assert field in answer.json()["error"]["fields"]
    assert Organisation.objects.get().name == ""


def test_an_event_tells_before_and_after(api: Any, happened: Any) -> None:
    api.patch("/organisation", {"name": "Example Gardens", "time_zone": "Asia/Tokyo"})
    (event,) = happened("organisation_update")
    assert event.actor["kind"] == "token"
    assert event.changes == [
        {"name": "name", "from": None, "to": "Example Gardens"},
        {"name": "time_zone", "from": "UTC", "to": "Asia/Tokyo"},
    ]


@pytest.mark.parametrize("body", [None, {}, {"time_zone": "UTC"}, {"name": None}, {"name": ""}])
def test_what_is_so_already_writes_no_event(api: Any, happened: Any, body: Any) -> None:
    assert api.patch("/organisation", body).status_code == 200
    assert happened("organisation_update") == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        pytest.param({"time_zone": "Mars/Olympus"}, "time_zone", id="no such zone"),
        pytest.param({"time_zone": "europe/berlin"}, "time_zone", id="names are exact, on every system"),
        pytest.param({"time_zone": "Europe"}, "time_zone", id="a folder of the zone database"),
        pytest.param({"time_zone": "../../etc/passwd"}, "time_zone", id="a path out of it"),
        pytest.param({"time_zone": "CEST"}, "time_zone", id="an abbreviation"),
        pytest.param({"time_zone": ""}, "time_zone", id="empty"),
        pytest.param({"time_zone": None}, "time_zone", id="there is always one"),
        pytest.param({"time_zone": 2}, "time_zone", id="an offset"),
        pytest.param({"name": "x" * 257}, "name", id="too long"),
        pytest.param({"name": "two\nlines"}, "name", id="a line break"),
        pytest.param({"title": "Example Gardens"}, "title", id="no such field"),
    ],
)
def test_what_cannot_be_taken_is_named_and_changes_nothing(api: Any, body: Any, field: str) -> None:
    answer = api.patch("/organisation", {"name": "Example Gardens"} | body)
    assert answer.status_code == 422
    assert field in answer.json()["error"]["fields"]
    assert api.get("/organisation").json() == {"name": None, "time_zone": "UTC", "stopped": None, "settings": DEFAULTS}


def test_everybody_reads_and_owners_and_admins_change(as_role: Any, nobody: Any) -> None:
    roles = {role: as_role(role) for role in ("owner", "admin", "operator", "auditor")}
    assert {caller.get("/organisation").status_code for caller in roles.values()} == {200}
    refused = {role: caller.patch("/organisation", {"nonsense": 1}).status_code for role, caller in roles.items()}
    assert refused == {"owner": 422, "admin": 422, "operator": 403, "auditor": 403}
    assert nobody.patch("/organisation", {"nonsense": 1}).status_code == 401


def test_there_is_only_one(api: Any) -> None:
    assert api.delete("/organisation").status_code == 405
    assert api.post("/organisation", {"name": "Another"}).status_code == 405
