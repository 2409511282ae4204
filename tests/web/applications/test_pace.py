"""GET /applications/{id} shows how fast the application is asked, as the worker told it last."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from provisor.applications.models import Application

TOLD = {
    "state": "running",
    "paused_until": None,
    "reason": "",
    "concurrency": {"now": 3, "most": 8},
    "requests_last_minute": 120,
    "throttled_last_minute": 1,
    "limits": [{"class": "writes", "requests": 600, "per_seconds": 60, "burst": 180.0, "found": False}],
}


def tell(application_id: Any, *, age: float = 0.0, **told: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO applications_pace VALUES (%s, %s, now() - %s * interval '1 second')",
            [application_id, json.dumps(TOLD | told), age],
        )


def moment(seconds: float) -> str:
    return (timezone.now() + timedelta(seconds=seconds)).isoformat()


@pytest.fixture
def shown(api: Any, application: Any) -> Any:
    """`shown(**told)`: the pace that the API shows of what a worker told `age` seconds ago."""

    def show(**told: Any) -> Any:
        if told:
            tell(application["id"], **told)
        return api.get(f"/applications/{application['id']}")["pace"]

    return show


def test_nothing_is_shown_before_a_worker_drove_it(shown: Any) -> None:
    assert shown() is None


def test_what_the_worker_told_is_shown(shown: Any) -> None:
    assert shown(age=1) == {**TOLD, "waiting": 0, "left_seconds": None}


@pytest.mark.parametrize(
    ("told", "state", "reason"),
    [
        pytest.param({"state": "paused", "until": 60, "reason": "Asked."}, "paused", "Asked.", id="paused"),
        pytest.param({"state": "paused", "until": -1, "reason": "Asked."}, "running", "", id="a pause that is over"),
        pytest.param({"state": "open", "until": 60, "reason": "20 failed."}, "open", "20 failed.", id="open"),
        pytest.param({"state": "open", "until": -1, "reason": "20 failed."}, "half_open", "20 failed.", id="may try"),
        pytest.param({"state": "quarantined", "until": None, "reason": "500."}, "running", "", id="mended since"),
    ],
)
def test_what_was_told_earlier_is_shown_as_it_is_now(shown: Any, told: Any, state: str, reason: str) -> None:
    until = told.pop("until")
    found = shown(**told, paused_until=None if until is None else moment(until), age=30)
    assert (found["state"], found["reason"]) == (state, reason)


def test_a_quarantine_lasts_as_long_as_the_application_is_failing_for_it(shown: Any, application: Any) -> None:
    Application.objects.filter(id=application["id"]).update(
        provisioning="failing", stopped={"code": "quarantined"}, probe_at=timezone.now() + timedelta(minutes=15)
    )
    found = shown(state="quarantined", reason="300 of the last 500 failed.")
    assert found["state"] == "quarantined"
    assert found["paused_until"] is not None


def test_the_last_minute_of_long_ago_is_no_last_minute(shown: Any) -> None:
    assert shown(age=61)["requests_last_minute"] == 0
