"""The switch that stops all writes: who may use it, and what it answers."""

from __future__ import annotations

from typing import Any

import pytest

from provisor.audit.models import Event
from provisor.directory.models import Organisation


def test_stop_and_start(api: Any) -> None:
    stopped = api.post("/organisation/stop", {"reason": "A wrong file"}).json()["stopped"]
    assert (stopped["reason"], stopped["by"]["kind"]) == ("A wrong file", "token")
    assert api.get("/organisation").json()["stopped"] == stopped
    assert api.post("/organisation/stop", {"reason": "Two wrong files"}).json()["stopped"]["since"] == stopped["since"]
    assert api.post("/organisation/start").json()["stopped"] is None
    types = Event.objects.filter(type__startswith="writes_").order_by("at").values_list("type", flat=True)
    assert list(types) == ["writes_stopped", "writes_stopped", "writes_started"]


def test_started_is_no_value_but_nothing(api: Any) -> None:
    """The worker asks whether there is a value at all: a JSON null would be one."""
    api.post("/organisation/stop")
    api.post("/organisation/start")
    assert Organisation.objects.filter(stopped__isnull=True).exists()


@pytest.mark.parametrize("reason", ["", " x", "a\nb", "x" * 501, 7])
def test_a_reason_that_cannot_be_shown(api: Any, reason: Any) -> None:
    answer = api.post("/organisation/stop", {"reason": reason})
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (422, ["reason"])
    assert api.get("/organisation").json()["stopped"] is None


@pytest.mark.parametrize(("role", "status"), [("owner", 200), ("admin", 200), ("operator", 403), ("auditor", 403)])
def test_owners_and_admins_only(as_role: Any, role: str, status: int) -> None:
    for call in ("stop", "start"):
        assert as_role(role).post(f"/organisation/{call}").status_code == status
