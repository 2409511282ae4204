"""GET /catalogue: what can be connected, and what has to be known before."""

from __future__ import annotations

import pytest

from provisor.catalogue.entries import ENTRIES, FOLDER


def test_every_file_is_there_once_by_slug(api):
    listed = api.get("/catalogue?limit=1000")
    slugs = [item["slug"] for item in listed["items"]]
    assert slugs == sorted(path.stem for path in FOLDER.glob("*.yaml"))
    assert (listed["total"], listed["next"]) == (len(slugs), None)
    assert {"custom", "slack", "aws-iam-identity-center"} <= set(slugs)


def test_pages_follow_each_other(api):
    first = api.get("/catalogue?limit=4")
    rest = api.get(f"/catalogue?limit=1000&cursor={first['next']}")
    assert [item["slug"] for item in first["items"] + rest["items"]] == sorted(ENTRIES)


FILTERS = [
    ("search=SCIM app", {"custom"}),
    ("search=gitHUB-enterprise", {"github-enterprise-managed-users"}),
    ("search=nothing", set()),
    ("category=custom", {"custom"}),
    ("category=crime", set()),
    ("supports=password", {slug for slug, one in ENTRIES.items() if "password" in one.supports}),
    ("category=data&beta=false", {slug for slug, one in ENTRIES.items() if one.category == "data" and not one.beta}),
    ("supports=import&beta=true", {slug for slug, one in ENTRIES.items() if one.beta and "import" in one.supports}),
    ("supports=groups&search=zoom", set()),
    ("beta=true&search=snowflake", set()),
    ("beta=false&search=snowflake", {"snowflake"}),
]


@pytest.mark.parametrize(("query", "found"), FILTERS, ids=[query for query, _ in FILTERS])
def test_it_is_searched_and_filtered(api, query, found):
    assert {item["slug"] for item in api.get(f"/catalogue?{query}")["items"]} == found


def test_a_word_that_is_none_is_refused(api):
    assert api.problem("GET", "/catalogue?supports=magic", None, 422)[1].keys() == {"supports"}


def test_one_entry_says_all_that_an_administrator_needs(api):
    entry = api.get("/catalogue/snowflake")
    assert entry["base_url"] == "https://{account}.snowflakecomputing.com/scim/v2"
    assert [parameter["name"] for parameter in entry["parameters"]] == ["account", "integration_uuid"]
    assert all(parameter["help"] and parameter["example"] for parameter in entry["parameters"])
    assert [variant["name"] for variant in entry["variants"]] == ["integration"]
    assert (entry["auth"]["type"], entry["auth"]["expires"]) == ("bearer", "6 months")
    assert entry["form"]["single_valued"] == ["emails"]
    assert any("six months" in warning for warning in entry["warnings"])
    assert all(source.startswith("https://") for source in entry["sources"])
    assert (entry["checked"], entry["confidence"]) == ("2026-11-24", "high")


@pytest.mark.parametrize("slug", sorted(ENTRIES))
def test_the_list_shows_the_same_as_the_entry(api, slug):
    (listed,) = [item for item in api.get("/catalogue?limit=1000")["items"] if item["slug"] == slug]
    entry = api.get(f"/catalogue/{slug}")
    assert listed == {name: entry[name] for name in listed}


def test_what_is_not_in_it_is_not_found(api):
    assert api.problem("GET", "/catalogue/nothing", None, 404)[0] == "not_found"
