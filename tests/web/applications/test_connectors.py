"""Applications made from a connector: parameters make the base URL, and what the connector brings is there."""

from __future__ import annotations

import pytest

from provisor.applications.models import Application
from provisor.catalogue import entries

AUTH = {"type": "bearer", "token": "token-of-a-test"}
SNOWFLAKE = {"name": "Warehouse", "connector": "snowflake", "auth": AUTH}
INTEGRATION = "01234567-89ab-4cde-8f01-23456789abcd"
ACME = "https://acme.snowflakecomputing.com/scim/v2"


@pytest.fixture
def warehouse(api):
    return api.post("/applications", {**SNOWFLAKE, "parameters": {"account": "acme"}}, expect=201)


def test_parameters_make_the_base_url(warehouse):
    assert (warehouse["connector"], warehouse["base_url"]) == ("snowflake", ACME)
    assert warehouse["parameters"] == {"account": "acme"}
    assert warehouse["auth"]["token_set"] is True


def test_a_connector_without_parameters_needs_none(api):
    made = api.post("/applications", {"name": "Chat", "connector": "slack"}, expect=201)
    assert (made["base_url"], made["parameters"]) == ("https://api.slack.com/scim/v2", {})


def test_a_variant_has_a_base_url_of_its_own(api):
    parameters = {"variant": "integration", "account": "acme", "integration_uuid": INTEGRATION}
    made = api.post("/applications", {**SNOWFLAKE, "parameters": parameters}, expect=201)
    assert made["base_url"] == f"{ACME}/{INTEGRATION}"


def test_a_base_url_that_is_given_wins(api):
    body = {**SNOWFLAKE, "base_url": "https://opaque.example/customer/scim"}
    made = api.post("/applications", body, expect=201)
    assert (made["base_url"], made["parameters"]) == ("https://opaque.example/customer/scim", {})


REFUSED = [
    ({}, {"parameters.account"}, "missing"),
    (None, {"parameters.account"}, "null is missing as well"),
    ({"account": ""}, {"parameters.account"}, "empty"),
    ({"account": 5}, {"parameters.account"}, "no text"),
    ({"account": None}, {"parameters.account"}, "null"),
    ({"account": "evil.example/"}, {"parameters.account"}, "would end the host"),
    ({"account": "evil.example#"}, {"parameters.account"}, "would end the path"),
    ({"account": "a@evil.example:1"}, {"parameters.account"}, "would make the host a user"),
    ({"account": ".."}, {"parameters.account"}, "would climb out"),
    ({"account": "a\n"}, {"parameters.account"}, "a line break"),
    ({"account": "ａcme"}, {"parameters.account"}, "no ASCII"),
    ({"account": "a" * 129}, {"parameters.account"}, "too long"),
    ({"acount": "acme"}, {"parameters.acount", "parameters.account"}, "misspelt: unknown, and the other is missing"),
    ({"account": "acme", "variant": "eu"}, {"parameters.variant"}, "no such variant"),
    ({"account": "acme", "variant": ["eu"]}, {"parameters.variant"}, "no text"),
    ({"account": "acme", "variant": "integration"}, {"parameters.integration_uuid"}, "what the variant needs"),
]


@pytest.mark.parametrize(("parameters", "fields", "reason"), REFUSED)
def test_a_parameter_that_does_not_fit_is_named(api, parameters, fields, reason):
    code, found = api.problem("POST", "/applications", {**SNOWFLAKE, "parameters": parameters}, 422)
    assert (code, set(found)) == ("invalid", fields), reason
    assert not Application.objects.exists()


def test_a_missing_parameter_says_where_to_find_it(api):
    _code, fields = api.problem("POST", "/applications", SNOWFLAKE, 422)
    assert fields["parameters.account"].startswith("Missing. The account locator")


def test_a_malformed_parameter_is_refused_beside_a_base_url_too(api):
    body = {**SNOWFLAKE, "base_url": ACME, "parameters": {"account": "a/b"}}
    assert set(api.problem("POST", "/applications", body, 422)[1]) == {"parameters.account"}


def test_every_mistake_is_named_at_once(api):
    body = {**SNOWFLAKE, "name": " Warehouse", "parameters": {"account": "/"}, "settings": {"takeover": "always"}}
    named = {"name", "parameters.account", "settings.takeover"}
    assert set(api.problem("POST", "/applications", body, 422)[1]) == named


@pytest.mark.parametrize("connector", ["custom", "asana"])
def test_who_asks_for_nothing_takes_nothing(api, connector):
    body = {"name": "App", "connector": connector, "base_url": "https://a.example/scim", "parameters": {"a": "b"}}
    assert set(api.problem("POST", "/applications", body, 422)[1]) == {"parameters"}


def test_what_a_header_holds_is_needed_beside_a_base_url_too(api):
    """Its header goes out with each request, so it stands in the form in force."""
    body = {"name": "Messages", "connector": "braze", "base_url": "https://a.example/scim"}
    assert set(api.problem("POST", "/applications", body, 422)[1]) == {"parameters.service_origin"}
    made = api.post("/applications", {**body, "parameters": {"service_origin": "acme-1"}}, expect=201)
    (headers,) = [word for word in api.get(f"/applications/{made['id']}/form")["words"] if word["word"] == "headers"]
    assert (headers["value"], headers["source"]) == ({"X-Request-Origin": "acme-1"}, "connector")


def test_the_custom_one_needs_its_base_url(api):
    for body in ({"name": "App"}, {"name": "App", "connector": "custom"}, {"name": "App", "connector": None}):
        assert set(api.problem("POST", "/applications", body, 422)[1]) <= {"base_url", "connector"}


def test_the_mapping_is_the_connector_s(api, warehouse):
    rows = {row["scim"]: row for row in api.get(f"/applications/{warehouse['id']}/mapping")["rows"]}
    assert rows["displayName"]["included"] is True
    assert rows["title"]["included"] is False, "Snowflake is never sent one"
    made = api.post(
        "/applications", {"name": "Lake", "connector": "databricks", "parameters": {"account_id": "1"}}, expect=201
    )
    rows = {row["scim"]: row for row in api.get(f"/applications/{made['id']}/mapping")["rows"]}
    assert rows["userName"]["source"] == {"attribute": "email"}


def test_the_connector_s_settings_are_there_and_given_ones_win(api, monkeypatch):
    slack = entries.ENTRIES["slack"]
    defaults = slack.settings.model_copy(update={"concurrency": 2, "reconcile_every": 60})
    monkeypatch.setattr(
        entries, "ENTRIES", {**entries.ENTRIES, "slack": slack.model_copy(update={"settings": defaults})}
    )
    body = {"name": "Chat", "connector": "slack", "settings": {"concurrency": 3}}
    made = api.post("/applications", body, expect=201)["settings"]
    assert (made["concurrency"], made["reconcile_every"], made["takeover"]) == (3, 60, "exact")


def test_the_event_tells_what_was_chosen(api, warehouse):
    (event,) = api.events(f"?application={warehouse['id']}")
    told = {change["name"]: change["to"] for change in event["changes"]}
    assert (told["connector"], told["base_url"]) == ("snowflake", ACME)
    assert told["parameters"] == {"account": "acme"}


# PATCH


def test_other_parameters_are_another_address(api, warehouse):
    Application.objects.update(provisioning="active")
    changed = api.patch(f"/applications/{warehouse['id']}", {"parameters": {"account": "other"}})
    assert changed["base_url"] == "https://other.snowflakecomputing.com/scim/v2"
    assert changed["auth"]["token_set"] is False, "the token was meant for the former address"
    assert changed["provisioning"] == "paused"


def test_the_token_stays_when_it_comes_along(api, warehouse):
    Application.objects.update(provisioning="active")
    body = {"parameters": {"account": "other"}, "auth": AUTH}
    changed = api.patch(f"/applications/{warehouse['id']}", body)
    assert (changed["auth"]["token_set"], changed["provisioning"]) == (True, "active")


def test_the_same_parameters_change_nothing(api, warehouse):
    changed = api.patch(f"/applications/{warehouse['id']}", {"parameters": {"account": "acme"}})
    assert changed | {"pace": None} == api.get(f"/applications/{warehouse['id']}")
    assert (changed["auth"]["token_set"], changed["updated"]) == (True, warehouse["updated"])


def test_a_base_url_beside_parameters_wins(api, warehouse):
    body = {"parameters": {"account": "other"}, "base_url": ACME}
    changed = api.patch(f"/applications/{warehouse['id']}", body)
    assert (changed["base_url"], changed["parameters"]) == (ACME, {"account": "other"})
    assert changed["auth"]["token_set"] is True


@pytest.mark.parametrize("parameters", [{}, None, {"account": "a/b"}, "acme", ["acme"]])
def test_parameters_that_make_no_address_change_nothing(api, warehouse, parameters):
    _code, fields = api.problem("PATCH", f"/applications/{warehouse['id']}", {"parameters": parameters}, 422)
    assert fields.keys() <= {"parameters.account", "parameters"}
    assert api.get(f"/applications/{warehouse['id']}") == warehouse | {"pace": None}


def test_who_may_not_set_secrets_may_not_move_the_address(api_as, warehouse):
    path, body = f"/applications/{warehouse['id']}", {"parameters": {"account": "other"}}
    assert api_as("operator").problem("PATCH", path, body, 403)[0] == "forbidden"


def test_an_application_outlives_its_connector(api, warehouse):
    Application.objects.update(connector="gone")
    path = f"/applications/{warehouse['id']}"
    assert set(api.problem("PATCH", path, {"parameters": {"account": "other"}}, 422)[1]) == {"parameters"}
    assert api.patch(path, {"label": "Still here"})["label"] == "Still here"
