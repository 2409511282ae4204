"""The organisation's settings, and the switch that stops all writes."""

from __future__ import annotations

import pytest
from django.test import Client
from tests.portal.conftest import text_of

from provisor.directory.models import Organisation


def stopped() -> dict[str, object] | None:
    return Organisation.objects.get().stopped


def test_name_and_time_zone_are_saved(owner: Client):
    owner.post("/settings", {"name": "Nordlicht Energie", "time_zone": "Europe/Berlin"})
    found = Organisation.objects.get()
    assert (found.name, found.time_zone) == ("Nordlicht Energie", "Europe/Berlin")
    assert "Nordlicht Energie" in text_of(owner.get("/settings"))


@pytest.mark.parametrize("wrong", ["", "Berlin", "../etc/passwd"])
def test_a_time_zone_that_is_none_is_said_and_stays(owner: Client, wrong: str):
    answer = owner.post("/settings", {"name": "X", "time_zone": wrong})
    assert answer.status_code == 422
    assert b'aria-invalid="true"' in answer.content
    assert f'value="{wrong}"' in answer.content.decode() or not wrong
    assert Organisation.objects.get().time_zone == "UTC"


def test_stopping_asks_first_and_says_what_it_means(owner: Client, make_application):
    make_application("Chat", provisioning="active")
    page = text_of(owner.get("/settings/stop"))
    assert "Nothing more is written to the 1 application that is active" in page
    assert stopped() is None
    owner.post("/settings/stop", {"reason": "A wrong file"})
    assert stopped()["reason"] == "A wrong file"
    assert "All writes are stopped" in text_of(owner.get("/settings"))
    owner.post("/settings/start")
    assert stopped() is None


def test_a_reason_that_is_too_long_stops_nothing(owner: Client):
    assert owner.post("/settings/stop", {"reason": "x" * 501}).status_code == 422
    assert stopped() is None


@pytest.mark.parametrize("role", ["operator", "auditor"])
def test_who_may_not_stop_sees_no_button(signed_in, role: str):
    client = signed_in(role)
    assert b"Stop all writes" not in client.get("/settings").content
    assert client.post("/settings/stop").status_code == 403
    assert stopped() is None
