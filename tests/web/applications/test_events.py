"""GET /events: events and operations as one list, newest first, filtered and paged."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from provisor.audit.models import Event

START = datetime(2026, 1, 1, 12, tzinfo=UTC)


def operation(minute, **fields):
    """A row of the operations, as the worker writes it: it has no primary key, so no ORM."""
    at = datetime.now(UTC) - timedelta(minutes=minute)
    values = {"id": uuid.uuid4(), "at": at, "type": "user_create_provision", "outcome": "success", **fields}
    names = ", ".join(values)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO audit_operation ({names}) VALUES ({', '.join(['%s'] * len(values))})", list(values.values())
        )
    return str(values["id"])


def event(minute, **fields):
    at = datetime.now(UTC) - timedelta(minutes=minute)
    return str(Event.objects.create(at=at, **{"type": "user_create", "outcome": "success", **fields}).id)


def test_both_tables_are_one_list_newest_first(api):
    ids = [event(4), operation(3), event(2), operation(1)]
    assert [item["id"] for item in api.events()] == list(reversed(ids))


def test_pages_neither_repeat_nor_skip(api):
    ids = [(event if number % 2 else operation)(number) for number in range(7)]
    seen, page = [], api.get("/events?limit=3")
    while True:
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        page = api.get(f"/events?limit=3&cursor={page['next']}")
    assert (seen, page["total"]) == (ids, 7)


def test_an_event_reads_as_the_contract_says(api):
    user, run, correlation = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    actor = {"kind": "token", "id": "1", "name": "a test"}
    changes = [{"name": "title", "from": None, "to": "Dr"}]
    id = event(
        0, user_id=user, user_name="ada", run_id=run, status=201, message="Created.", actor=actor,
        correlation=correlation, changes=changes,
    )  # fmt: skip
    (found,) = api.events()
    assert found.pop("at").endswith("Z")
    assert found == {
        "id": id, "type": "user_create", "actor": actor, "user": {"id": str(user), "name": "ada"}, "group": None,
        "application": None, "run": str(run), "outcome": "success", "status": 201, "message": "Created.",
        "changes": changes, "correlation": str(correlation),
    }  # fmt: skip


@pytest.mark.parametrize("field", ["user", "group", "application", "run"])
def test_filters_look_into_both_tables(api, field):
    wanted = uuid.uuid4()
    ids = [event(2, **{f"{field}_id": wanted}), operation(1, **{f"{field}_id": wanted})]
    event(0, **{f"{field}_id": uuid.uuid4()})
    assert [item["id"] for item in api.events(f"?{field}={wanted}")] == list(reversed(ids))


def test_type_and_since_narrow_it_down(api):
    old, new = event(60), event(1)
    event(0, type="group_create")
    since = (datetime.now(UTC) - timedelta(minutes=30)).isoformat().replace("+00:00", "Z")
    assert [item["id"] for item in api.events(f"?type=user_create&since={since}")] == [new]
    assert [item["id"] for item in api.events("?type=user_create")] == [new, old]


@pytest.mark.parametrize("query", ["since=yesterday", "user=ada", "colour=red", "limit=0", "cursor=abc"])
def test_a_wrong_filter_is_named(api, query):
    assert list(api.problem("GET", f"/events?{query}", None, 422)[1]) == [query.partition("=")[0]]
