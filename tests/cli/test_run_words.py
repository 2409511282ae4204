"""What plan, sync and reconcile print of changes to groups: names, not ids."""

from __future__ import annotations

import uuid

import pytest
from django.utils import timezone
from tests.web.conftest import make_application, make_user  # noqa: F401

from provisor.applications.models import Change, Run
from provisor.cli import runs


@pytest.fixture
def run(make_application):  # noqa: F811
    return Run.objects.create(application=make_application("Wiki"), kind="plan", status="done")


def changed(run, kind, before, after):
    return Change.objects.create(
        run=run, kind=kind, rank=1, link_id=uuid.uuid4(), group_id=uuid.uuid4(), user_name="Staff",
        attributes=[{"name": "members", "from": before, "to": after}], reason="are members", at=timezone.now(),
    )  # fmt: skip


def test_members_are_counted_and_named(run, make_user, capsys):  # noqa: F811
    ids = [str(make_user(f"person{number}").id) for number in range(6)]
    changed(run, "add_members", None, ids)
    changed(run, "remove_members", ids[:1], None)
    run.counts = {"add_members": 6, "remove_members": 1}
    runs._show(run, list(run.changes.order_by("id")))
    said = " ".join(capsys.readouterr().out.split())
    assert "add members group Staff members 6: person0, person1, person2, person3 and 2 more" in said
    assert "remove members group Staff members 1: person0" in said
    assert ids[0] not in said


def test_members_that_the_directory_has_no_longer_are_still_counted(run, capsys):
    changed(run, "remove_members", [str(uuid.uuid4()), str(uuid.uuid4())], None)
    runs._show(run, list(run.changes.all()))
    assert "remove members group Staff members 2" in " ".join(capsys.readouterr().out.split())


def test_a_change_that_names_no_members_is_shown_as_it_is(run, capsys):
    changed(run, "add_members", None, ["not an id"])
    runs._show(run, list(run.changes.all()))
    assert "add members group Staff" in " ".join(capsys.readouterr().out.split())
