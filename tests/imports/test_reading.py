"""Reading an application: completely, or saying that it wasn't; once, however often it is begun."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest

from provisor import jobs
from provisor.applications import commands as applications
from provisor.applications.importing import commands, queries, reading
from provisor.applications.importing.models import Candidate, Import
from provisor.errors import Conflict, Invalid, NotFound, WrongState
from provisor.testing import Fault

if TYPE_CHECKING:
    from conftest import Source

NAMES = [f"user{n:02}" for n in range(25)]


@pytest.fixture
def many(source: Source) -> Source:
    for name in NAMES:
        source.account(name, f"{name}@example.com")
    return source


WAYS = [
    pytest.param({}, {}, id="as the RFC says"),
    pytest.param({"max_page": 4}, {}, id="short pages"),
    pytest.param({"short_pages": True, "max_page": 6}, {}, id="pages of any length"),
    pytest.param({"overlap": 2, "max_page": 6}, {}, id="overlaps"),
    pytest.param({"paging": "cursor", "max_page": 6}, {"paging": "cursor"}, id="cursors"),
    pytest.param({"paging": "none"}, {"paging": "none"}, id="no pages"),
    pytest.param({"total": "text", "max_page": 6}, {}, id="a total that is text"),
    pytest.param({"total": "absent", "max_page": 6}, {}, id="no total"),
    pytest.param({"total": "less", "max_page": 6}, {}, id="a total that is too small"),
    pytest.param({"bare_list": True, "max_page": 100}, {}, id="a bare list"),
]


@pytest.mark.parametrize(("deviations", "form"), WAYS)
def test_everybody_is_read_once_whatever_the_paging(
    many: Source, deviations: dict[str, Any], form: dict[str, Any]
) -> None:
    many.bend(**deviations)
    many.form(page=5, **form)
    done = many.read()
    assert sorted(many.candidates(done)) == NAMES
    assert (done.status, done.read, done.counts) == ("ready", 25, {"new": 25})


@pytest.mark.parametrize(
    "deviations",
    [
        pytest.param({"paging": "stuck", "max_page": 5}, id="the same page again"),
        pytest.param({"total": "more"}, id="a total that is never reached"),
        pytest.param({"max_page": 5, "paging": "cursor", "cursor_expires_every": 3}, id="cursors end again and again"),
    ],
)
def test_what_is_not_provably_whole_says_so_and_can_still_be_confirmed(
    many: Source, deviations: dict[str, Any]
) -> None:
    many.bend(**deviations)
    many.form(paging="cursor" if deviations.get("paging") == "cursor" else "index")
    done = many.read()
    assert (done.status, done.complete) == ("ready", False)
    assert (done.problem or {})["code"] == "incomplete"
    from provisor.directory.importing.decisions import All

    assert many.confirm(done, create=All()).results == {"created": done.read}


def test_a_failure_in_the_middle_is_tried_again(many: Source) -> None:
    many.form(page=5)
    many.sp.fault(Fault("status", method="GET", path_contains="/Users", status=503, times=1))
    assert many.read().complete is True


def test_a_refused_token_fails_with_the_words_of_the_application(many: Source) -> None:
    many.sp.fault(Fault("status", method="GET", path_contains="/Users", status=401))
    done = many.read()
    assert (done.status, (done.error or {})["code"]) == ("failed", "unauthorised")
    assert not Candidate.objects.exists()


def test_entries_that_cannot_be_read_are_kept_with_their_reason(many: Source) -> None:
    listed = {"Resources": [{"userName": "no id"}, 7], "totalResults": 2}
    many.sp.fault(Fault("status", status=200, method="GET", path_contains="/Users", body=listed))
    done = many.read()
    rows = Candidate.objects.filter(imported=done)
    assert {row.match for row in rows} == {"unreadable"}
    assert all(row.problem for row in rows)
    assert (done.complete, done.counts) == (False, {"unreadable": 2})


def test_only_one_import_reads_at_a_time(many: Source) -> None:
    first = commands.start_import(many.actor, many.application.id)
    assert commands.start_import(many.actor, many.application.id).id == first.id
    assert commands.start_import(many.actor, many.application.id, "groups").id != first.id
    assert jobs.run_all() == ["import_read", "import_read"]


def test_an_application_that_is_not_active_can_be_read(many: Source) -> None:
    assert many.application.provisioning == "configured"
    assert many.read().read == 25
    assert not many.sp.writes


def test_cancelling_ends_it_within_a_page(many: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    many.form(page=5)
    started = commands.start_import(many.actor, many.application.id)
    monkeypatch.setattr(reading.jobs, "checkpoint", lambda: _cancel(many, started))
    jobs.run_all()
    done = queries.get_import(started.id)
    assert (done.status, done.read) == ("cancelled", 0)
    assert not Candidate.objects.exists()
    assert len([one for one in many.sp.requests if one.path.endswith("/Users")]) == 1
    with pytest.raises(WrongState):
        commands.cancel_import(many.actor, started.id)


def _cancel(source: Source, started: Import) -> None:
    if queries.get_import(started.id).status == "reading":
        commands.cancel_import(source.actor, started.id)


def test_a_killed_reader_is_replaced_and_nobody_is_there_twice(many: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    many.form(page=5)
    started = commands.start_import(many.actor, many.application.id)
    looks = iter(range(100))

    def dies() -> None:
        if next(looks) == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(reading.jobs, "checkpoint", dies)
        with pytest.raises(KeyboardInterrupt):
            jobs.run_all()
    assert Candidate.objects.count() == 10
    for _again in range(2):
        reading.read_import(str(started.id))
    done = queries.get_import(started.id)
    assert (done.status, done.read, Candidate.objects.count()) == ("ready", 25, 25)


def test_a_reader_that_was_taken_over_from_keeps_nothing_more(many: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    many.form(page=5)
    started = commands.start_import(many.actor, many.application.id)
    looks = iter(range(100))

    def another_begins() -> None:
        if next(looks) == 1:
            Import.objects.update(attempt=uuid.uuid4())

    monkeypatch.setattr(reading.jobs, "checkpoint", another_begins)
    reading.read_import(str(started.id))
    assert queries.get_import(started.id).status == "reading"
    assert Candidate.objects.count() == 5


def test_the_rows_of_older_imports_are_forgotten(many: Source) -> None:
    done = [many.read() for _time in range(4)]
    assert not Candidate.objects.filter(imported=done[0]).exists()
    assert Candidate.objects.filter(imported=done[1]).count() == 25
    assert queries.get_import(done[0].id).counts == {"new": 25}


def test_an_sp_that_came_back_empty_is_told_of(many: Source) -> None:
    many.read()
    for account in many.sp.users:
        many.sp.remove_user(account["id"])
    done = many.read()
    assert done.problem is not None
    assert (done.problem["code"], done.problem["was"], done.problem["now"]) == ("shrunk", 25, 0)


def test_the_token_is_never_kept_with_what_was_read(many: Source) -> None:
    done = many.read()
    assert "secret" not in str(list(Candidate.objects.filter(imported=done).values())) + str(queries.as_import(done))


def test_what_cannot_be_read_is_refused_at_once(source: Source) -> None:
    with pytest.raises(Invalid):
        commands.start_import(source.actor, source.application.id, "robots")
    with pytest.raises(NotFound):
        commands.start_import(source.actor, uuid.uuid4())
    source.form(groups=False)
    with pytest.raises(Conflict) as problem:
        commands.start_import(source.actor, source.application.id, "groups")
    assert problem.value.code == "no_groups"
    bare = applications.create_application(source.actor, {"name": "Bare", "base_url": source.sp.base_url}, force=True)
    with pytest.raises(Conflict) as problem:
        commands.start_import(source.actor, bare.id)
    assert problem.value.code == "no_token"
