"""GET /catalogue: what can be connected."""

from __future__ import annotations

import pytest


def test_the_custom_connector_is_there(api):
    (entry,) = api.get("/catalogue")["items"]
    assert (entry["slug"], entry["name"]) == ("custom", "Custom SCIM 2.0 application")
    assert api.get("/catalogue/custom") == entry


FILTERS = [
    ("search=SCIM", 1), ("search=cust", 1), ("search=nothing", 0), ("category=custom", 1), ("category=crm", 0),
    ("supports=provisioning", 1), ("supports=sso", 0), ("beta=false", 1), ("beta=true", 0),
]  # fmt: skip


@pytest.mark.parametrize(("query", "found"), FILTERS)
def test_it_is_searched_and_filtered(api, query, found):
    assert len(api.get(f"/catalogue?{query}")["items"]) == found


def test_what_is_not_in_it_is_not_found(api):
    assert api.problem("GET", "/catalogue/slack", None, 404)[0] == "not_found"
