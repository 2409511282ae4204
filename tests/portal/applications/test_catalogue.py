"""The Integration Catalog: finding a connector, and the application that is made from one."""

from __future__ import annotations

import re

import pytest
from django.utils.html import escape
from tests.portal.conftest import text_of

from provisor.applications.models import Application
from provisor.catalogue import entries
from provisor.portal.forms.connector import Making
from provisor.portal.forms.parameters import built

AWS = "/applications/catalog/aws-iam-identity-center"
GITHUB = "/applications/catalog/github-enterprise-managed-users"
REGION = entries.ENTRIES["aws-iam-identity-center"].parameters[0].example
TYPED = {"name": "Cloud", "parameter_region": "eu-central-1", "parameter_tenant_id": "abc123", "show_in_portal": "on"}


def tiles(answer) -> list[str]:
    return re.findall(r'class="card tile" href="/applications/catalog/([\w-]+)"', answer.content.decode())


def test_every_connector_but_the_custom_one_has_a_tile(owner):
    shown = tiles(owner.get("/applications/catalog"))
    assert sorted(shown) == sorted(set(entries.ENTRIES) - {"custom"})
    assert 'href="/applications/new"' in owner.get("/applications/catalog").content.decode()


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ({"search": "GITHUB"}, lambda one: "github" in f"{one.slug} {one.name} {one.description}".lower()),
        ({"supports": ["groups", "import"]}, lambda one: {"groups", "import"} <= set(one.supports)),
        ({"category": ["data", "communication"]}, lambda one: one.category in ("data", "communication")),
        ({"beta": "no"}, lambda one: not one.beta),
        ({"supports": ["nonsense"], "cursor": "x"}, lambda one: True),
    ],
)
def test_filters_leave_what_fits(owner, query, fits):
    wanted = sorted(one.slug for slug, one in entries.ENTRIES.items() if slug != "custom" and fits(one))
    assert sorted(tiles(owner.get("/applications/catalog", query))) == wanted
    assert wanted


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("search=&beta=no&beta=yes", ""),
        ("search=&supports=groups&beta=no&beta=yes", "?supports=groups"),
        ("search=&beta=no", "?beta=no"),
        ("beta=no&beta=yes&search=git&category=data&category=ai", "?search=git&category=ai&category=data"),
    ],
)
def test_an_address_holds_only_what_is_asked_for(owner, sent, kept):
    answer = owner.get(f"/applications/catalog?{sent}")
    assert answer["Location"] == f"/applications/catalog{kept}"
    assert owner.get(answer["Location"]).status_code == 200
    live = owner.get(f"/applications/catalog?{sent}", headers={"HX-Request": "true"})
    assert (live.status_code, live["HX-Push-Url"]) == (200, f"/applications/catalog{kept}")


def test_the_counts_follow_what_else_is_ticked(owner):
    answer = owner.get("/applications/catalog", {"category": "data"})
    body = re.sub(r"\s+", " ", answer.content.decode())
    ticks = dict(re.findall(r'value="([\w-]+)" id="[\w-]+"[^>]*><span class="grow">[^<]*</span><span[^>]*>(\d+)', body))
    data = [one for one in entries.ENTRIES.values() if one.category == "data"]
    assert int(ticks["groups"]) == sum("groups" in one.supports for one in data)
    every = [one for slug, one in entries.ENTRIES.items() if slug != "custom"]
    assert int(ticks["developer-tools"]) == sum(one.category == "developer-tools" for one in every)


def test_where_nothing_fits_a_custom_application_is_offered(owner):
    said = text_of(owner.get("/applications/catalog", {"search": "xyz<b>"}))
    assert "No connector for “xyz&lt;b&gt;”" in said
    assert said.count("Add custom application") == 2


def test_the_page_of_a_connector_says_what_one_has_to_know(owner):
    said, one = text_of(owner.get(AWS)), entries.ENTRIES["aws-iam-identity-center"]
    known = (one.name, one.auth.help, one.parameters[0].label, one.parameters[0].help)
    for text in (*known, one.warnings[0], one.unverified[0]):
        assert escape(text) in said


def test_what_it_makes_has_the_base_url_of_its_template(owner):
    answer = owner.post(AWS, TYPED | {"token": "a-token-of-aws"})
    made = Application.objects.get()
    assert answer["Location"] == f"/applications/{made.id}/provisioning"
    assert made.base_url == "https://scim.eu-central-1.amazonaws.com/abc123/scim/v2"
    assert (made.connector, made.parameters["region"], made.secret is not None) == (
        "aws-iam-identity-center",
        "eu-central-1",
        True,
    )
    assert "a-token-of-aws" not in owner.get(f"/applications/{made.id}/provisioning").content.decode()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"parameter_region": ""}, "The base URL needs this."),
        ({"parameter_region": "evil.example/x?"}, f"An example: {REGION}"),
        ({"name": ""}, "Give the application a name."),
        ({"base_url": "http://elsewhere.example/scim"}, "https"),
        ({"token": "two\nlines"}, "Token"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_made(owner, change, said):
    answer = owner.post(AWS, TYPED | change)
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert "abc123" in answer.content.decode()
    assert not Application.objects.exists()


def test_only_the_parameters_of_the_chosen_base_url_are_needed(owner):
    asked = {"name": "Code", "variant": "data_residency", "parameter_subdomain": "acme", "parameter_enterprise": "x"}
    owner.post(GITHUB, asked)
    made = Application.objects.get()
    assert made.base_url == "https://api.acme.ghe.com/scim/v2/enterprises/acme"
    assert made.parameters == {"variant": "data_residency", "subdomain": "acme"}


def test_another_base_url_needs_no_parameters(owner):
    owner.post(AWS, {"name": "Cloud", "base_url": "https://scim.example.com/v2"})
    assert Application.objects.get().base_url == "https://scim.example.com/v2"


def test_a_second_one_is_asked_for_and_gets_a_name_of_its_own(owner):
    owner.post(AWS, TYPED | {"name": "AWS IAM Identity Center"})
    first = owner.get(AWS).content.decode()
    assert "Add another" in first
    assert 'name="parameter_region"' not in first
    assert 'value="AWS IAM Identity Center 2"' in owner.get(AWS, {"another": "1"}).content.decode()
    assert "Added" in text_of(owner.get("/applications/catalog", {"search": "aws"}))


def test_a_second_one_on_the_same_address_is_made_only_by_force(owner):
    owner.post(AWS, TYPED)
    twin = owner.post(AWS, TYPED | {"name": "Twin"})
    assert twin.status_code == 422
    assert "Connect it all the same" in text_of(twin)
    owner.post(AWS, TYPED | {"name": "Twin", "force": "1"})
    assert Application.objects.count() == 2


def test_the_base_url_is_shown_while_it_is_typed(owner):
    said = owner.post(f"{AWS}/base-url", {"parameter_region": "eu-central-1"}).content.decode()
    assert "<b>eu-central-1</b>" in said
    assert "{tenant_id}" in said


def test_an_auditor_reads_and_is_offered_no_form(signed_in):
    body = signed_in("auditor").get(AWS).content.decode()
    assert 'name="parameter_region"' not in body
    assert "takes the role owner or admin" in body


def test_an_unknown_connector_is_a_page_that_helps(owner):
    answer = owner.get("/applications/catalog/nothing")
    assert answer.status_code == 404
    assert "The catalogue has no such connector" in text_of(answer)


def test_the_custom_one_has_a_form_of_its_own(owner):
    assert owner.get("/applications/catalog/custom")["Location"] == "/applications/new"


@pytest.mark.parametrize("slug", sorted(set(entries.ENTRIES) - {"custom"}))
def test_each_connector_can_be_connected_with_its_own_examples(owner, slug):
    one = entries.ENTRIES[slug]
    asked = {f"parameter_{each.name}": each.example for each in one.parameters}
    address = {} if one.base_url else {"base_url": "https://scim.example.com/v2"}
    assert owner.get(f"/applications/catalog/{slug}").status_code == 200
    assert owner.post(f"/applications/catalog/{slug}", {"name": "Made", **asked, **address}).status_code == 302
    made = Application.objects.get()
    assert (made.connector, "{" in made.base_url) == (slug, False)


def test_the_parts_of_a_base_url_are_the_base_url():
    one = entries.ENTRIES["aws-iam-identity-center"]
    form = Making(one, TYPED)
    assert form.is_valid()
    made = "https://scim.eu-central-1.amazonaws.com/abc123/scim/v2"
    assert "".join(text for text, _typed in built(one, form.typed())) == made


def test_a_hundred_tiles_take_a_handful_of_statements(owner, django_assert_max_num_queries):
    with django_assert_max_num_queries(10):
        assert len(tiles(owner.get("/applications/catalog"))) >= 90
