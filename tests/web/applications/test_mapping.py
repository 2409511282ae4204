"""GET and PUT .../mapping: the default table, what may change, and what is due then."""

from __future__ import annotations

import pytest

from provisor.applications.models import Assignment, Due


@pytest.fixture
def path(application):
    return f"/applications/{application['id']}/mapping"


def edited(rows, scim, **change):
    """The rows with one of them changed."""
    return [{**row, **change} if row["scim"] == scim else row for row in rows]


def test_the_default_is_the_table_of_the_seed(api, path):
    mapping = api.get(path)
    rows = {row["scim"]: row for row in mapping["rows"]}
    assert mapping["version"] == 1
    assert rows["externalId"] == {
        "scim": "externalId", "source": {"attribute": "id"}, "required": True, "included": True, "when": "always",
    }  # fmt: skip
    assert rows["name.givenName"]["source"] == {"attribute": "firstname"}


def test_excluding_a_row_makes_every_account_due(api, path, application, make_user):
    Assignment.objects.create(application_id=application["id"], user=make_user("ada"))
    rows = edited(api.get(path)["rows"], "title", included=False)
    assert api.put(path, {"rows": rows}) == {"version": 2, "rows": rows}
    assert list(Due.objects.values_list("priority", "cause")) == [(2, "set")]
    (event,) = api.events("?type=integrationattribute_exclude")
    assert [change["name"] for change in event["changes"]] == ["title"]


def test_each_kind_of_edit_has_its_event(api, path):
    rows = api.get(path)["rows"]
    rows = edited(rows, "userType", included=True)
    rows = edited(rows, "displayName", source={"attribute": "username"})
    api.put(path, {"rows": rows})
    told = {event["type"]: [change["name"] for change in event["changes"]] for event in api.events()}
    assert told["integrationattribute_include"] == ["userType"]
    assert told["application_update"] == ["displayName"]


def test_the_same_rows_are_no_change(api, path):
    assert api.put(path, {"rows": api.get(path)["rows"]})["version"] == 1
    assert [event["type"] for event in api.events()] == ["application_create"]


REFUSED = [
    ("externalId", {"included": False}, "rows.externalId", "locked"),
    ("userName", {"when": "create"}, "rows.userName", "locked"),
    ("active", {"source": {"attribute": "username"}}, "rows.8", "not an account's state"),
    ("title", {"source": {"attribute": "salary"}}, "rows.13", "no attribute of a user"),
    ("title", {"when": "sometimes"}, "rows.13", "create or always"),
    ("title", {"colour": "red"}, "rows.13", "unknown"),
]


@pytest.mark.parametrize(("scim", "change", "field", "reason"), REFUSED)
def test_what_cannot_be_mapped_is_refused_by_its_row(api, path, scim, change, field, reason):
    rows = edited(api.get(path)["rows"], scim, **change)
    code, fields = api.problem("PUT", path, {"rows": rows}, 422)
    index = f"rows.{[row['scim'] for row in rows].index(scim)}"
    assert code == "invalid"
    assert set(fields) & {field, index}, reason
    assert api.get(path)["version"] == 1


def test_a_required_row_cannot_be_left_out(api, path):
    rows = [row for row in api.get(path)["rows"] if row["scim"] != "emails"]
    assert list(api.problem("PUT", path, {"rows": rows}, 422)[1]) == ["rows.emails"]


def test_a_stale_version_is_refused(api, path, application):
    rows = edited(api.get(path)["rows"], "title", included=False)
    seen = application["updated"]
    api.put(path, {"rows": rows}, If_Match=seen)
    assert api.put(path, {"rows": []}, If_Match=seen, expect=422)["error"]["code"] == "invalid"
    api.put(path, {"rows": edited(rows, "title", included=True)}, If_Match=seen, expect=412)
