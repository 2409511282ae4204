"""What a person decides about held accounts, and that nothing is adopted which was not shown."""

from __future__ import annotations

import pytest

from provisor.applications.models import Due
from provisor.testing import Fault


@pytest.fixture
def connected(new_application, sp):
    """An application on the provider that runs."""
    return new_application(sp.base_url)


@pytest.fixture
def there(sp):
    """An account at the provider, and how it was shown as a candidate."""
    user = sp.put_user({"userName": "ada", "active": True, "emails": [{"value": "ada@example.org", "type": "work"}]})
    shown = {
        "remote_id": user["id"], "username": "ada", "external_id": None, "emails": ["ada@example.org"],
        "active": True, "owner": None,
    }  # fmt: skip
    return shown


@pytest.fixture
def held(connected, make_user, make_link, there):
    """A held account with that one candidate."""
    return make_link(connected, make_user("ada"), status="held", remote_id=None, active=None, candidates=[there])


def resolve(api, link, expect=200, **body):
    return api.post(f"/accounts/{link.id}/hold/resolve", body, expect=expect)


def test_adopting_reads_the_candidate_again_and_makes_it_due(api, held, there, sp):
    account = resolve(api, held, action="adopt", remote_id=there["remote_id"])
    assert (account["id"], account["status"]) == (str(held.id), "due")
    mark = Due.objects.get()
    assert mark.decision == {"action": "adopt", "remote_id": there["remote_id"]}
    assert (mark.priority, mark.cause) == (1, "person")
    assert [(request.method, request.is_write) for request in sp.requests] == [("GET", False)]


@pytest.mark.parametrize("action", ["create", "ignore"])
def test_the_other_decisions_ask_nobody(api, held, sp, action):
    resolve(api, held, action=action)
    assert Due.objects.get().decision == {"action": action}
    assert sp.requests == []


def test_the_decision_is_in_the_history(api, held, there):
    resolve(api, held, action="adopt", remote_id=there["remote_id"])
    (event,) = api.events("?type=takeover_adopt")
    assert (event["user"]["name"], event["application"]["name"]) == ("ada", "Sample")
    assert event["changes"] == [{"name": "remote_id", "from": None, "to": there["remote_id"]}]


EDITS = [
    {"userName": "someone-else"},
    {"externalId": "somebody"},
    {"active": False},
    {"emails": [{"value": "other@example.org"}]},
]


@pytest.mark.parametrize("edit", EDITS)
def test_a_candidate_that_changed_is_not_adopted(api, held, there, sp, edit):
    sp.edit_user(there["remote_id"], **edit)
    error = resolve(api, held, action="adopt", remote_id=there["remote_id"], expect=409)["error"]
    assert (error["code"], Due.objects.count()) == ("candidate_changed", 0)


def test_a_candidate_that_is_gone_is_not_adopted(api, held, there, sp):
    sp.remove_user(there["remote_id"])
    error = resolve(api, held, action="adopt", remote_id=there["remote_id"], expect=409)["error"]
    assert error["code"] == "candidate_changed"


def test_an_account_that_was_not_shown_is_not_adopted(api, held, sp):
    other = sp.put_user({"userName": "bo"})
    error = resolve(api, held, action="adopt", remote_id=other["id"], expect=409)["error"]
    assert (error["code"], sp.requests) == ("candidate_changed", [])


def test_a_candidate_that_cannot_be_seen_is_not_adopted(api, held, there, sp):
    sp.fault(Fault("status", status=503))
    error = resolve(api, held, action="adopt", remote_id=there["remote_id"], expect=409)["error"]
    assert (error["code"], Due.objects.count()) == ("connection_failed", 0)


@pytest.mark.parametrize("status", ["synced", "retrying", "inactive", "due"])
def test_only_held_accounts_wait_for_a_decision(api, connected, make_user, make_link, status):
    link = make_link(connected, make_user("ada"), status=status)
    assert resolve(api, link, action="ignore", expect=409)["error"]["code"] == "wrong_state"


def test_a_second_decision_is_refused_while_the_first_is_carried_out(api, held):
    resolve(api, held, action="create")
    assert resolve(api, held, action="ignore", expect=409)["error"]["code"] == "wrong_state"
    assert Due.objects.get().decision == {"action": "create"}


WRONG = [
    ({}, "action"),
    ({"action": "merge"}, "action"),
    ({"action": "adopt"}, "remote_id"),
    ({"action": "create", "remote_id": "1"}, "remote_id"),
    ({"action": "create", "surprise": 1}, "surprise"),
]


@pytest.mark.parametrize(("body", "field"), WRONG)
def test_a_decision_that_makes_no_sense_is_refused_by_its_field(api, held, body, field):
    _code, fields = api.problem("POST", f"/accounts/{held.id}/hold/resolve", body, 422)
    assert list(fields) == [field]


def test_many_are_decided_at_once_in_order(api, connected, held, there, make_user, make_link):
    bo = make_link(connected, make_user("bo"), status="held", remote_id=None)
    synced = make_link(connected, make_user("cy"))
    body = [
        {"id": str(synced.id), "action": "ignore"},
        {"id": str(held.id), "action": "adopt", "remote_id": there["remote_id"]},
        {"id": "00000000-0000-4000-8000-000000000000", "action": "create"},
        {"id": str(bo.id), "action": "create"},
    ]
    results = api.post(f"/applications/{connected['id']}/holds:resolve", {"accounts": body})["results"]
    assert [(item["index"], item["status"]) for item in results] == [(0, 409), (1, 200), (2, 404), (3, 200)]
    assert results[0]["error"]["code"] == "wrong_state"
    assert results[1]["account"]["status"] == "due"


def test_another_applications_accounts_are_not_decided_on(api, new_application, held):
    other = new_application(name="Other")
    body = {"accounts": [{"id": str(held.id), "action": "create"}]}
    (result,) = api.post(f"/applications/{other['id']}/holds:resolve", body)["results"]
    assert (result["status"], Due.objects.count()) == (404, 0)


def test_operators_do_not_decide(api_as, held):
    api_as("operator").post(f"/accounts/{held.id}/hold/resolve", {"action": "create"}, expect=403)
