"""The history as a list: filters in the address, pages that follow each other."""

from __future__ import annotations

import re
import uuid
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from tests.portal.conftest import text_of

from provisor.audit import events
from provisor.audit.models import Event
from provisor.portal import event_names

ACTOR = {"kind": "administrator", "id": "1", "name": "ada@example.com"}


def tell(type: str, number: int = 1, **more) -> None:
    for _ in range(number):
        events.record(type, actor=ACTOR, **more)


def test_an_event_is_told_in_words(owner: Client):
    tell("user_suspended", user=(uuid.uuid4(), "zoe"), changes=[{"name": "state", "from": "active", "to": "suspended"}])
    page = text_of(owner.get("/events"))
    assert "User suspended" in page
    assert "zoe state active → suspended ada@example.com" in page


def documented_types() -> list[str]:
    page = (Path(__file__).parents[2] / "docs/reference/events.md").read_text()
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    return sorted({type for row in rows for type in re.findall(r"`([a-z_]+)`", row)})


@pytest.mark.parametrize("type", documented_types())
def test_every_type_has_words_of_its_own(type: str):
    assert type in event_names.NAMES


def test_a_filter_that_finds_nothing_offers_to_drop_it(owner: Client):
    tell("user_create")
    page = owner.get("/events?type=group_create")
    assert "Nothing happened that fits these filters" in text_of(page)
    assert b"Type: <b>Group added</b>" in page.content


NOBODY = "4747d482-6725-4c0e-a006-edeb3eb56dbe"


@pytest.mark.parametrize("query", ["span=hour", "type=user_create", "application=no-id", f"user={NOBODY}"])
def test_filters_narrow_the_list(owner: Client, query: str):
    tell("group_create")
    Event.objects.bulk_create([Event(at=timezone.now().replace(year=2024), type="group_delete", actor=ACTOR)])
    assert "Group deleted" not in text_of(owner.get(f"/events?{query}"))


def test_pages_follow_each_other_and_lead_back(owner: Client):
    tell("user_create", 120)
    first = owner.get("/events")
    second = owner.get("/events" + link(first, "next"))
    third = owner.get("/events" + link(second, "next"))
    assert [place(page) for page in (first, second, third)] == ["1–50 of 120", "51–100 of 120", "101–120 of 120"]
    assert 'rel="next"' not in third.content.decode()
    back = owner.get("/events" + link(third, "prev"))
    assert place(back) == "51–100 of 120"
    assert place(owner.get("/events" + link(back, "prev"))) == "1–50 of 120"


def test_a_cursor_that_is_not_ours_is_a_page_that_says_so(owner: Client):
    answer = owner.get("/events?cursor=nonsense")
    assert answer.status_code == 422
    assert "Start without one." in text_of(answer)


def place(page) -> str:
    return re.search(r"\d+–\d+ of \d+", text_of(page))[0]


def link(page, rel: str) -> str:
    return re.search(rf'rel="{rel}" href="([^"]*)"', page.content.decode())[1].replace("&amp;", "&")
