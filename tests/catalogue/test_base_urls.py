"""Templates of base URLs: a parameter fills its own place and nothing else."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisor.catalogue import base_urls
from provisor.catalogue.connector import Connector
from provisor.catalogue.entries import ENTRIES

TEMPLATES = [
    (connector, variant)
    for connector in ENTRIES.values()
    if connector.base_url
    for variant in (None, *(each.name for each in connector.variants))
]


def examples(connector: Connector, variant: str | None) -> dict[str, str]:
    chosen = {"variant": variant} if variant else {}
    names = base_urls.names_in(base_urls.template_of(connector, chosen) or "")
    return {**chosen, **{one.name: one.example for one in connector.parameters if one.name in names}}


@pytest.mark.parametrize(("connector", "variant"), TEMPLATES, ids=lambda one: getattr(one, "slug", one))
def test_the_examples_make_an_address(connector: Connector, variant: str | None) -> None:
    parameters = examples(connector, variant)
    assert base_urls.wrong_with(connector, parameters, complete=True) == {}
    made = urlsplit(base_urls.base_url(connector, parameters) or "")
    assert (made.scheme, made.query, made.fragment, made.username) == ("https", "", "", None)
    assert "{" not in made.geturl()
    assert all(value in made.geturl() for name, value in parameters.items() if name != "variant")


@pytest.mark.parametrize(("connector", "variant"), TEMPLATES, ids=lambda one: getattr(one, "slug", one))
def test_each_one_that_is_missing_is_named(connector: Connector, variant: str | None) -> None:
    parameters = examples(connector, variant)
    for name in parameters.keys() - {"variant"}:
        left = {key: value for key, value in parameters.items() if key != name}
        assert base_urls.wrong_with(connector, left, complete=True) == {name: "missing"}
        assert base_urls.wrong_with(connector, left, complete=False) == {}


@given(value=st.text(max_size=40) | st.text(alphabet="a.:/@#?%\\-_~[]", max_size=12))
def test_no_value_moves_the_host_or_climbs_out(value: str) -> None:
    aws, atlassian = ENTRIES["aws-iam-identity-center"], ENTRIES["atlassian-cloud"]
    if base_urls.wrong_with(aws, {"region": value, "tenant_id": value}, complete=True):
        return
    made = urlsplit(base_urls.base_url(aws, {"region": value, "tenant_id": value}) or "")
    assert made.hostname == f"scim.{value}.amazonaws.com".lower()
    assert (made.path, made.port) == (f"/{value}/scim/v2", None)
    last = urlsplit(base_urls.base_url(atlassian, {"directory_id": value}) or "")
    assert (last.path, last.query, last.fragment) == (f"/scim/directory/{value}", "", "")
    assert value not in (".", "..")


def test_what_a_connector_does_not_know() -> None:
    slack, snowflake = ENTRIES["slack"], ENTRIES["snowflake"]
    assert base_urls.wrong_with(slack, {"a": "b"}, complete=True) == {"a": "unknown"}
    assert base_urls.wrong_with(slack, {"variant": "eu"}, complete=True) == {"variant": "variant"}
    assert base_urls.wrong_with(snowflake, {"account": 5}, complete=True) == {"account": "malformed"}
