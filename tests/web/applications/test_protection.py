"""Protected accounts and the pause of an application, as a script asks for them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from provisor.applications.models import Application

NOBODY = "7e57ab1e-0000-4000-8000-000000000000"


@pytest.fixture
def path(api: Any) -> str:
    given = {"name": "App", "base_url": "https://scim.example.com/v2", "auth": {"token": "t"}}
    id = api.post("/applications", given, expect=201)["id"]
    Application.objects.filter(id=id).update(provisioning="active")
    return f"/applications/{id}"


def test_the_list_is_put_on_taken_off_and_told(api: Any, path: str) -> None:
    assert api.get(f"{path}/protected") == {"entries": [], "own": None}
    added = api.post(f"{path}/protected", {"add": ["break-glass", " billing@example.com "]})
    assert added["entries"] == ["break-glass", "billing@example.com"]
    left = api.post(f"{path}/protected", {"remove": ["BREAK-GLASS", "unknown"]})
    assert left == api.get(f"{path}/protected") == {"entries": ["billing@example.com"], "own": None}
    last, first = (event["changes"] for event in api.events("?type=application_protected"))
    assert [change["to"] for change in first] == ["break-glass", "billing@example.com"]
    assert last == [{"name": "protected", "from": "break-glass", "to": None}]


def test_what_is_so_already_writes_no_event(api: Any, path: str) -> None:
    api.post(f"{path}/protected", {"add": ["x"]})
    api.post(f"{path}/protected", {"add": ["X"], "remove": ["y"]})
    api.post(f"{path}/protected")
    assert len(api.events("?type=application_protected")) == 1


@pytest.mark.parametrize("entry", ["", "  ", "a\nb", "x" * 257, 7, None])
def test_an_entry_that_names_nobody_is_refused_whole(api: Any, path: str, entry: Any) -> None:
    code, fields = api.problem("POST", f"{path}/protected", {"add": ["good", entry]}, 422)
    assert (code, list(fields)) == ("invalid", ["add[1]"])
    assert api.get(f"{path}/protected")["entries"] == []


def test_a_list_has_an_end(api: Any, path: str) -> None:
    api.post(f"{path}/protected", {"add": [f"u{n}" for n in range(1000)]})
    assert api.problem("POST", f"{path}/protected", {"add": ["one more"]}, 422)[0] == "invalid"


def test_the_account_of_the_token_is_shown(api: Any, path: str) -> None:
    own = {"remote_id": "42", "user_name": "provisor", "at": "2026-01-01T00:00:00+00:00"}
    Application.objects.update(own_account=own)
    assert api.get(f"{path}/protected")["own"] == own


def test_pause_and_resume(api: Any, path: str) -> None:
    until = (timezone.now() + timedelta(hours=1)).isoformat()
    paused = api.post(f"{path}/pause", {"until": until, "reason": "Their maintenance"})
    assert (paused["provisioning"], paused["paused"]["reason"]) == ("paused", "Their maintenance")
    assert api.get(path)["paused"] == paused["paused"]
    assert api.problem("POST", f"{path}/sync", {}, 409)[0] == "not_active"
    resumed = api.post(f"{path}/resume")
    assert (resumed["provisioning"], resumed["paused"]) == ("active", None)
    assert api.post(f"{path}/resume")["provisioning"] == "active"
    assert [event["type"] for event in api.events()][:2] == ["application_resumed", "application_paused"]


def test_a_pause_without_an_end(api: Any, path: str) -> None:
    assert api.post(f"{path}/pause")["paused"] | {"since": "", "by": None} == {
        "since": "",
        "until": None,
        "reason": None,
        "by": None,
    }


BAD = [
    ({"until": "2020-01-01T00:00:00Z"}, "until"),
    ({"until": "tomorrow"}, "until"),
    ({"until": 1800000000}, "until"),
    ({"reason": "x" * 501}, "reason"),
    ({"reason": ""}, "reason"),
    ({"why": "x"}, "why"),
]


@pytest.mark.parametrize(("body", "field"), BAD, ids=[str(body)[:30] for body, _ in BAD])
def test_a_pause_that_makes_no_sense_changes_nothing(api: Any, path: str, body: Any, field: str) -> None:
    assert list(api.problem("POST", f"{path}/pause", body, 422)[1]) == [field]
    assert api.get(path)["provisioning"] == "active"


def test_a_deactivated_one_is_activated_not_resumed(api: Any, path: str) -> None:
    api.post(f"{path}/deactivate")
    assert api.problem("POST", f"{path}/resume", {}, 409)[0] == "wrong_state"
    assert api.problem("POST", f"{path}/pause", {}, 409)[0] == "wrong_state"


@pytest.mark.parametrize("role", ["operator", "auditor"])
def test_who_may_not(api_as: Any, path: str, role: str) -> None:
    for call in ("protected", "pause", "resume"):
        assert api_as(role).problem("POST", f"{path}/{call}", {}, 403)[0] == "forbidden"
    assert api_as(role).get(f"{path}/protected")["entries"] == []


@pytest.mark.parametrize("call", ["protected", "pause", "resume"])
def test_no_such_application(api: Any, call: str) -> None:
    body = {"add": ["x"]} if call == "protected" else {}
    assert api.problem("POST", f"/applications/{NOBODY}/{call}", body, 404)[0] == "not_found"
