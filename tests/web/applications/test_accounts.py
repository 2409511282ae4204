"""How accounts read, are found, and are tried again. The rows are made here; the worker makes them in life."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from provisor.applications.models import Assignment, Due


@pytest.fixture
def mark(application):
    """A due mark of a user, ready now or in some minutes."""

    def make(user, minutes=0):
        at = timezone.now() + timedelta(minutes=minutes - 1)  # a transaction's now() is when it began
        Due.objects.create(
            application_id=application["id"], user_id=user.id, priority=1, not_before=at, since=at, cause="person"
        )

    return make


def test_an_account_reads_as_the_contract_says(api, application, make_user, make_link):
    error = {"code": "partial_match", "message": "One of the two.", "hint": "Look at it."}
    link = make_link(application, make_user("ada"), status="held", remote_id=None, active=None, error=error)
    assert api.get(f"/accounts/{link.id}") == {
        "id": str(link.id),
        "application": {"id": application["id"], "name": "Sample"},
        "user": {"id": str(link.user_id), "name": "ada"},
        "status": "held", "remote_id": None, "active": None, "error": error, "candidates": [],
        "attempts": 0, "next_try": None, "last_synced": None, "password": None, "delete_at": None,
    }  # fmt: skip


STATUSES = [
    ("synced", None, "synced", "nothing is due"),
    ("synced", 0, "due", "an edit is waiting"),
    ("inactive", 0, "due", "an edit is waiting"),
    ("held", None, "held", "waits for a person"),
    ("held", 0, "due", "an edit opens it again"),
    ("retrying", 5, "retrying", "its next try is later"),
]


@pytest.mark.parametrize(("recorded", "minutes", "shown", "reason"), STATUSES)
def test_the_status_is_that_of_link_and_marks(
    api, application, make_user, make_link, mark, recorded, minutes, shown, reason
):
    link = make_link(application, make_user("ada"), status=recorded)
    if minutes is not None:
        mark(link.user, minutes)
    assert api.get(f"/accounts/{link.id}")["status"] == shown, reason


def test_a_new_member_is_due_before_there_is_an_account(api, application, make_user, mark):
    ada, staged = make_user("ada"), make_user("staged", state="staged")
    for user in (ada, staged):
        Assignment.objects.create(application_id=application["id"], user=user)
        mark(user)
    (account,) = api.get(f"/applications/{application['id']}/accounts?status=due")["items"]
    assert (account["user"]["name"], account["remote_id"]) == ("ada", None)
    assert api.get(f"/accounts/{account['id']}") == account
    assert api.get(f"/users/{ada.id}/accounts")["items"][0]["id"] == account["id"]


def test_accounts_are_filtered_and_searched(api, application, make_user, make_link):
    for name, status in (("ada", "synced"), ("bo", "held"), ("Ćila", "synced"), ("100%", "synced")):
        make_link(application, make_user(name), status=status)

    def found(query):
        return [
            item["user"]["name"] for item in api.get(f"/applications/{application['id']}/accounts?{query}")["items"]
        ]

    assert found("status=held") == ["bo"]
    assert found("search=ĆIL") == ["Ćila"]
    assert found("search=remote-ada") == ["ada"]
    assert found("search=%25") == ["100%"]
    assert found("search=nobody") == []


def test_the_list_goes_on_where_it_stopped(api, application, make_user, make_link):
    for number in range(5):
        make_link(application, make_user(f"user{number}"))
    names, path = [], f"/applications/{application['id']}/accounts?limit=2"
    page = api.get(path)
    while page["items"]:
        names += [item["user"]["name"] for item in page["items"]]
        assert (page["total"], page["total_exact"]) == (5, True)
        page = api.get(f"{path}&cursor={page['next']}") if page["next"] else {"items": []}
    assert names == [f"user{number}" for number in range(5)]


def test_a_wrong_filter_is_named(api, application):
    path = f"/applications/{application['id']}/accounts"
    assert list(api.problem("GET", f"{path}?status=lost", None, 422)[1]) == ["status"]
    assert list(api.problem("GET", f"{path}?cursor=x", None, 422)[1]) == ["cursor"]


def test_retry_makes_it_due_now(api, application, make_user, make_link):
    link = make_link(application, make_user("ada"), status="retrying", next_try=timezone.now() + timedelta(hours=1))
    assert api.post(f"/accounts/{link.id}/retry")["status"] == "due"
    mark = Due.objects.get()
    assert (mark.user_id, mark.priority, mark.cause, mark.actor["kind"]) == (link.user_id, 1, "person", "token")
    assert mark.correlation is not None


def test_operators_retry_and_auditors_only_look(api_as, application, make_user, make_link):
    link = make_link(application, make_user("ada"), status="retrying")
    api_as("auditor")("POST", f"/accounts/{link.id}/retry", expect=403)
    api_as("auditor").get(f"/accounts/{link.id}")
    api_as("operator").post(f"/accounts/{link.id}/retry")


def test_an_unknown_account_is_not_found(api):
    nowhere = "/accounts/00000000-0000-4000-8000-000000000000"
    for method, path in (("GET", ""), ("POST", "/retry"), ("POST", "/hold/resolve")):
        body = {"action": "create"} if path == "/hold/resolve" else None
        assert api.problem(method, nowhere + path, body, 404)[0] == "not_found"
