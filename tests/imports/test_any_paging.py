"""Whatever a service provider makes of paging: an import ends, and where it says that it is complete, nobody is missing and
nobody is there twice (RT10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from provisor import jobs
from provisor.applications.importing import commands, queries
from provisor.applications.importing.models import Candidate
from provisor.applications.models import Application
from provisor.testing import Fault, Profile

if TYPE_CHECKING:
    from conftest import Source

PEOPLE = 23
PROFILES = some.fixed_dictionaries(
    {
        "max_page": some.integers(1, 30),
        "short_pages": some.booleans(),
        "overlap": some.integers(0, 3),
        "unstable_order": some.booleans(),
        "total": some.sampled_from(["right", "text", "absent", "more", "less"]),
        "paging": some.sampled_from(["index", "cursor", "none", "stuck"]),
        "cursor_expires_every": some.sampled_from([0, 2, 5]),
    }
)
FORMS = some.fixed_dictionaries(
    {"page": some.integers(1, 30), "paging": some.sampled_from(["index", "cursor", "none"])}
)


@pytest.fixture
def crowd(source: Source) -> Source:
    for number in range(PEOPLE):
        source.account(f"user{number}", f"user{number}@example.com")
    return source


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(profile=PROFILES, form=FORMS, fault=some.sampled_from([None, 503, 400]))
def test_a_complete_import_has_everybody_once(
    crowd: Source, profile: dict[str, Any], form: dict[str, Any], fault: int | None
) -> None:
    try:
        crowd.sp.profile = Profile(**profile)
    except ValueError:
        return  # a combination that makes no sense
    Application.objects.update(settings={"form": form})
    crowd.sp.clear_faults()
    if fault == 400:
        crowd.sp.fault(Fault("status", status=fault, method="GET", path_contains="startIndex=11", times=1))
    started = commands.start_import(crowd.actor, crowd.application.id)
    jobs.run_all()
    done = queries.get_import(started.id)
    rows = list(Candidate.objects.filter(imported=done).values_list("remote_id", flat=True))
    there = {account["id"] for account in crowd.sp.users}
    assert done.status in ("ready", "failed")
    assert len(rows) == len(set(rows))
    assert set(rows) <= there
    # Who asks for a cursor, or for everything, and gets a part without a total can't tell it from all there is.
    deaf = form["paging"] not in ("index", profile["paging"]) and profile["total"] == "absent"
    lying = profile["total"] == "less"  # it says how many there are, and gives as many: there is nothing to notice
    if done.complete and not deaf and not lying:
        assert set(rows) == there
    if done.status == "ready" and not done.complete:
        assert (done.problem or {})["code"] == "incomplete"
