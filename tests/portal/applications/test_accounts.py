"""Accounts, what they wait for, and a person's decisions about them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.portal.conftest import text_of

from provisor.applications.models import Due, Run
from provisor.portal import causes

REFUSED = {"code": "refused", "message": "The service provider answered 400: no such domain", "hint": "Mend it."}
PARTIAL = {"code": "partial_match", "message": "The account 'ada' there has another e-mail.", "hint": "Choose."}
CANDIDATE = {
    "remote_id": "r-1",
    "username": "ada",
    "emails": ["old@example.com"],
    "external_id": None,
    "active": True,
    "owner": None,
}


@pytest.fixture
def held(open_page, make_user, make_link):
    """An owner, and a held account: `held(error, candidates)`."""

    def make(error, candidates=None, name="ada"):
        page = open_page(f"Chat {name}", provisioning="active")
        link = make_link(
            {"id": page.application.id},
            make_user(name),
            status="held",
            error=error,
            candidates=candidates,
            remote_id=None,
            active=None,
        )
        return page, link

    return make


def test_a_troubled_account_quotes_the_sp_and_offers_its_one_button(held):
    page, _link = held(REFUSED)
    said = page.says("users")
    assert "400 · no such domain" in said
    assert "The application refuses the data" in said
    assert "Try now" in said


@pytest.mark.parametrize(("status", "there"), [("right", False), ("due", False), ("held", True), ("", True)])
def test_the_numbers_of_the_bar_lead_to_their_rows(held, status, there):
    page, link = held(REFUSED)
    assert (f"account-{link.id}" in page.get("users", status=status).content.decode()) == there


def test_try_now_makes_it_due(held):
    page, link = held(REFUSED)
    page.client.post(f"/accounts/{link.id}/retry")
    assert Due.objects.filter(user_id=link.user_id, application_id=page.application.id).exists()


def test_all_with_one_cause_are_retried_together(held):
    page, _link = held(REFUSED)
    page.post("retry", {"code": "refused"})
    assert Due.objects.filter(application_id=page.application.id).count() == 1
    page.post("retry", {"code": "something else"})
    assert Due.objects.count() == 1


def test_the_activity_tab_groups_errors_by_cause(held):
    page, _link = held(REFUSED)
    said = page.says("activity")
    assert "Errors by cause 1 cause" in said
    assert "Retry 1" in said


def test_a_held_account_is_compared_with_its_candidate(held):
    page, link = held(PARTIAL, [CANDIDATE])
    said = text_of(page.client.get(f"/held/{link.id}"))
    assert "old@example.com" in said
    assert "Changes e-mail, external id there." in said
    assert "Adopt candidate 1" in said


def test_a_decision_is_carried_to_the_worker_and_the_next_one_opens(held):
    page, link = held(PARTIAL, [CANDIDATE])
    _page, other = held(PARTIAL, [CANDIDATE], name="ben")
    answer = page.client.post(f"/held/{link.id}", {"action": "create"})
    assert answer["Location"] == f"/held/{other.id}"
    assert Due.objects.get(user_id=link.user_id).decision == {"action": "create"}


def test_nothing_is_sent_for_a_candidate_that_changed(held, sp):
    page, link = held(PARTIAL, [CANDIDATE])
    answer = page.client.post(f"/held/{link.id}", {"action": "adopt", "remote_id": "r-1"})
    assert answer.status_code == 409
    assert "Nothing was sent. Look again" in text_of(answer)
    assert not Due.objects.exists()


def test_equal_reasons_are_decided_together(held):
    page, _link = held(PARTIAL, [CANDIDATE])
    where = {"application": str(page.application.id), "code": "partial_match"}
    assert "Ignore 1" in text_of(page.client.get("/held/alike", where))
    page.client.post("/held/alike", where | {"action": "ignore"})
    assert Due.objects.get().decision == {"action": "ignore"}


def test_an_empty_queue_says_so(owner):
    assert "Nothing is held" in text_of(owner.get("/held"))


@pytest.mark.parametrize("query", ["?application=nonsense", "?application=7f5d5c2e-0000-4000-8000-000000000000"])
def test_an_unknown_application_is_a_page_that_helps(owner, query):
    assert owner.get(f"/held{query}").status_code == 404


def documented_codes():
    """The codes of errors that accounts, groups and applications wait for, as docs/reference/errors.md lists them."""
    text = (Path(__file__).parents[3] / "docs" / "reference" / "errors.md").read_text()
    listed = text[text.index("| `partial_match`") : text.index("| `secret`")]
    return sorted(set(re.findall(r"^\| `(\w+)`", listed, re.MULTILINE)))


@pytest.mark.parametrize("code", documented_codes())
def test_every_code_has_words_of_its_own(code):
    assert code in causes.TITLES


def test_what_the_guard_holds_is_decided_with_its_plan(held):
    page, link = held({"code": "guard", "message": "12 accounts would end.", "hint": "Approve the plan."})
    run = Run.objects.create(application=page.application, kind="guard", status="waiting_approval", hash="0" * 64)
    body = page.client.get(f"/held/{link.id}").content.decode()
    assert f'href="/runs/{run.id}"' in body
    assert 'value="ignore"' not in body
