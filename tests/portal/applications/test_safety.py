"""Protected accounts, a pause until a time, accounts that are not ours, and what differs there."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from tests.portal.conftest import text_of

from provisor.applications.models import Drift, Orphan
from provisor.directory.models import Organisation


def orphan(page: Any, name: str, **more: Any) -> Orphan:
    now = timezone.now()
    values = {"email": "", "email_key": "", "external_id": None, "active": True, "first_seen": now, "last_seen": now}
    values |= {"remote_id": f"id-of-{name}", "user_name": name, "user_name_key": name.casefold(), **more}
    return Orphan.objects.create(application=page.application, **values)


def test_entries_are_protected_one_a_line_and_taken_off_again(page):
    page.post("protected", {"entries": "root\r\n\r\n break-glass@example.com \n"})
    assert page.fresh().protected == ["root", "break-glass@example.com"]
    said = page.says("protected")
    assert "root Take off root" in said
    assert "Protected 2" in said
    page.post("protected", {"remove": "root"})
    assert page.fresh().protected == ["break-glass@example.com"]


@pytest.mark.parametrize(
    ("entries", "says"),
    [("", "Write at least one name or id."), ("ok\n" + "x" * 300, "Line 2:"), ("a\x00b", "Line 1:")],
)
def test_a_wrong_entry_is_named_and_what_was_typed_stays(page, entries: str, says: str):
    answer = page.post("protected", {"entries": entries})
    assert answer.status_code == 422
    assert says in text_of(answer)
    assert page.fresh().protected == []
    assert "x" * 300 in answer.content.decode() or "x" * 300 not in entries


def test_the_account_of_our_token_is_on_the_list_by_itself(open_page):
    own = {"remote_id": "42", "user_name": "provisor-bot", "at": "2026-11-24T10:00:00+00:00"}
    said = open_page("Chat", own_account=own).says("protected")
    assert "provisor-bot" in said
    assert "Always protected. 42" in said
    assert "The application doesn't tell which one" in open_page("Mail", own_account={"remote_id": None}).says(
        "protected"
    )
    assert "asked for it when it is activated" in open_page("Wiki").says("protected")


def test_a_pause_is_meant_in_the_organisations_time(open_page):
    Organisation.objects.update(time_zone="America/New_York")
    page = open_page("Chat", provisioning="active")
    assert page.post("pause", {"until": "2099-01-31T18:00", "reason": "A move"}).status_code == 302
    paused = page.fresh()
    assert paused.provisioning == "paused"
    assert datetime.fromisoformat(paused.paused["until"]) == datetime(2099, 1, 31, 23, tzinfo=UTC)
    said = page.says()
    assert "Paused until 31 Jan 2099" in said
    assert "by owner@example.com: “A move”" in said
    assert 'value="2099-01-31T18:00"' in page.get("pause").content.decode()
    page.post("resume")
    assert (page.fresh().provisioning, page.fresh().paused) == ("active", None)


@pytest.mark.parametrize(
    ("until", "says"),
    [("tomorrow", "A day and a time"), ("2020-01-31T18:00", "This time is past."), ("2099-02-31T18:00", "A day and")],
)
def test_a_time_that_cannot_be_is_said_beside_it(open_page, until: str, says: str):
    page = open_page("Chat", provisioning="active")
    answer = page.post("pause", {"until": until})
    assert answer.status_code == 422
    assert says in text_of(answer)
    assert page.fresh().provisioning == "active"


def test_what_was_never_active_cannot_be_paused_and_says_so(page):
    answer = page.post("pause", {"until": ""})
    assert "there is nothing to pause" in text_of(answer)
    assert page.fresh().provisioning == "configured"


def test_accounts_that_are_not_ours_stand_oldest_first_with_whom_they_could_be(open_page, make_user):
    ada = make_user("ada")
    page = open_page("Chat", ada, reconciled_at=timezone.now())
    orphan(page, "ada", email=ada.email, email_key=ada.email.casefold())
    orphan(page, "<b>robot</b>", first_seen=timezone.now() - timedelta(days=400), active=False)
    said = page.says("orphans")
    assert said.index("robot") < said.index("User name and e-mail match; has access")
    assert "Inactive Nobody we know" in said
    assert "<b>robot" not in page.get("orphans").content.decode()
    assert page.says("orphans", sort="newest").index("has access") < page.says("orphans", sort="newest").index("robot")
    found = page.says("orphans", search="robo")
    assert "id-of-&lt;b&gt;robot" in found
    assert "has access" not in found
    assert "No account fits" in page.says("orphans", search="nobody%\x00_")


@pytest.mark.parametrize(("read", "says"), [(None, "Not read yet"), (timezone.now(), "Every account there is ours")])
def test_no_such_account_says_whether_anybody_looked(open_page, read: Any, says: str):
    assert says in open_page("Chat", reconciled_at=read).says("orphans")


def test_what_differs_is_told_from_what_it_should_be_to_what_it_is(open_page):
    page, now = open_page("Chat", settings={"drift": "report"}, reconciled_at=timezone.now()), timezone.now()
    told = {"application": page.application, "first_seen": now, "last_seen": now}
    changes = [{"name": "title", "from": "Writer", "to": "Boss"}]
    Drift.objects.create(
        **told, link_id=uuid.uuid4(), user_id=uuid.uuid4(), name="ada", kind="changed", changes=changes
    )
    Drift.objects.create(**told, link_id=uuid.uuid4(), group_id=uuid.uuid4(), name="Staff", kind="missing")
    said = page.says("drift")
    assert "ada title Writer → Boss" in said
    assert "Group Staff It is gone there." in said
    assert "the application only reports" in said
    assert "Nothing differs" in open_page("Mail", reconciled_at=now).says("drift")
