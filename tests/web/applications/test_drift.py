"""What full reads found, as the API shows it: accounts that are not ours, whose they could be, and drift only told of."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from provisor.applications.models import Assignment, Drift, Link, Orphan, Tombstone
from provisor.text import unique_key

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def application(new_application):
    return new_application()["id"]


@pytest.fixture
def put(application):
    """Writes down an account of others, as a full read does."""

    def put(user_name, email="", days=0, **more):
        seen = LONG_AGO + timedelta(days=days)
        return Orphan.objects.create(
            application_id=application,
            remote_id=f"r-{user_name}",
            user_name=user_name,
            user_name_key=unique_key(user_name),
            email=email,
            email_key=unique_key(email),
            first_seen=seen,
            last_seen=timezone.now(),
            **more,
        )

    return put


@pytest.fixture
def orphans(api, application):
    return lambda query="": api.get(f"/applications/{application}/orphans{query}")["items"]


def person(api, username):
    return api.post("/users", {"username": username, "email": f"{username}@example.com"}, expect=201)["id"]


def test_an_account_of_others_shows_all_that_is_known_of_it(orphans, put):
    put("Root", "Root@example.org", external_id="hr-1", active=False)
    (shown,) = orphans()
    assert shown.pop("last_seen") > shown["first_seen"]
    assert shown == {
        "remote_id": "r-Root",
        "user_name": "Root",
        "email": "Root@example.org",
        "external_id": "hr-1",
        "active": False,
        "first_seen": "2026-01-01T00:00:00.000000Z",
        "former_user": None,
        "matches": None,
    }


def test_the_oldest_come_first_or_the_newest_page_by_page(api, application, orphans, put):
    for days in (3, 1, 2):
        put(f"user{days}", days=days)
    assert [each["user_name"] for each in orphans()] == ["user1", "user2", "user3"]
    assert [each["user_name"] for each in orphans("?sort=-first_seen")] == ["user3", "user2", "user1"]
    first = api.get(f"/applications/{application}/orphans?limit=2")
    assert first["total"] == 3
    rest = api.get(f"/applications/{application}/orphans?limit=2&cursor={first['next']}")
    assert [each["user_name"] for each in rest["items"]] == ["user3"]


@pytest.mark.parametrize(
    ("search", "found"), [("OOT", ["Root"]), ("%", []), ("example.net", ["other"]), ("r-Root", ["Root"])]
)
def test_searching(orphans, put, search, found):
    put("Root", "root@example.org")
    put("other", "other@example.net")
    assert [each["user_name"] for each in orphans(f"?search={search}".replace("%", "%25"))] == found


@pytest.mark.parametrize(
    ("user_name", "email", "external_id", "match"),
    [
        ("ADA", "Ada@Example.com", None, "exact"),
        ("ada", "other@example.com", None, "partial"),
        ("other", "ada@example.com", None, "partial"),
        ("other", "other@example.com", "its own", "exact"),
        ("other", "other@example.com", "hr-1", None),
        ("", "", None, None),
    ],
    ids=["both", "user name", "e-mail", "our externalId", "a foreign externalId", "nothing to go by"],
)
def test_whose_it_could_be(api, orphans, put, user_name, email, external_id, match):
    ada = person(api, "ada")
    put(user_name, email, external_id=ada if external_id == "its own" else external_id)
    (shown,) = orphans()
    expected = match and {"user": {"id": ada, "name": "ada"}, "match": match, "access": False}
    assert shown["matches"] == expected


def test_an_exact_match_goes_before_a_partial_one_and_says_whether_the_user_has_access(api, application, orphans, put):
    person(api, "aaron")
    ada = person(api, "ada")
    put("ada", "ada@example.com")
    put("aaron", "ada@example.com", days=1)
    Assignment.objects.create(application_id=application, user_id=ada)
    exact, partial = (each["matches"] for each in orphans())
    assert (exact["user"]["name"], exact["match"], exact["access"]) == ("ada", "exact", True)
    assert partial["match"] == "partial"


def test_whose_it_was(application, orphans, put):
    put("root")
    Tombstone.objects.create(
        application_id=application, remote_id="r-root", user_id=uuid.uuid4(), username="gone", at=timezone.now()
    )
    assert orphans()[0]["former_user"] == "gone"


def test_what_was_linked_since_the_read_is_not_shown(api, application, orphans, put):
    put("ada")
    Link.objects.create(
        id=uuid.uuid4(),
        application_id=application,
        user_id=person(api, "ada"),
        remote_id="r-ada",
        updated=timezone.now(),
    )
    assert orphans() == []


def test_drift_that_is_only_told(api, application):
    link, user = uuid.uuid4(), uuid.uuid4()
    changes = [{"name": "title", "from": "Clerk", "to": "Chief"}]
    times = {"first_seen": LONG_AGO, "last_seen": LONG_AGO}
    Drift.objects.create(
        application_id=application, link_id=link, user_id=user, name="ada", kind="changed", changes=changes, **times
    )
    (shown,) = api.get(f"/applications/{application}/drift")["items"]
    assert shown == {
        "account": str(link),
        "user": {"id": str(user), "name": "ada"},
        "group": None,
        "kind": "changed",
        "changes": changes,
        "first_seen": "2026-01-01T00:00:00.000000Z",
        "last_seen": "2026-01-01T00:00:00.000000Z",
    }


@pytest.mark.parametrize("what", ["orphans", "drift"])
def test_an_application_that_is_not_there(api, what):
    api.get(f"/applications/{uuid.uuid4()}/{what}", expect=404)


@pytest.mark.parametrize("query", ["?sort=user_name", "?search=" + "x" * 300, "?cursor=x", "?other=1"])
def test_bad_input(api, application, query):
    api.get(f"/applications/{application}/orphans{query}", expect=422)


def test_an_auditor_may_look(api_as, application):
    assert api_as("auditor").get(f"/applications/{application}/orphans")["items"] == []


def test_adopt_is_a_setting(api, application):
    changed = api.patch(f"/applications/{application}", {"settings": {"drift": "adopt"}})
    assert changed["settings"]["drift"] == "adopt"
    assert api.problem("PATCH", f"/applications/{application}", {"settings": {"drift": "ignore"}}, 422) == (
        "invalid",
        {"settings.drift": "One of repair, report, adopt."},
    )
