"""Supported Functionality: which badge an application has, and the square that stands for a product."""

from __future__ import annotations

import pytest
from django.urls import reverse
from tests.portal.conftest import text_of

from provisor.applications.models import Application
from provisor.catalogue import entries
from provisor.portal import badges, facets

SLACK = "slack"


@pytest.mark.parametrize(
    ("connector", "provisioning", "secret", "badge", "reason"),
    [
        (SLACK, "configured", None, "available", "a prebuilt connector, not set up"),
        (SLACK, "configured", b"x", "available", "a prebuilt connector, set up and not active"),
        (SLACK, "paused", b"x", "available", "paused counts as not active"),
        (SLACK, "active", b"x", "active", "active"),
        (SLACK, "failing", b"x", "active", "it was switched on, and is tried again"),
        ("custom", "configured", None, None, "no prebuilt connector, and nothing configured"),
        ("custom", "configured", b"x", "available", "somebody set it up"),
        ("custom", "paused", None, "available", "it was active once"),
        ("custom", "active", b"x", "active", "active"),
        ("gone-from-the-catalogue", "configured", None, None, "the catalogue knows nothing of it"),
    ],
)
def test_the_badge_provisioning(connector: str, provisioning: str, secret: bytes | None, badge: str, reason: str):
    application = Application(connector=connector, provisioning=provisioning, secret=secret)
    assert badges.provisioning_of(application) == badge, reason


@pytest.mark.parametrize("slug", sorted(set(entries.ENTRIES) - {"custom"}))
def test_every_connector_has_a_square_of_its_own(slug: str):
    one = entries.ENTRIES[slug]
    icon = badges.icon_of(one.name, slug)
    assert 1 <= len(icon.letters) <= 2
    assert 0 <= icon.tint < len(badges.COLOURS) == 8
    if one.icon.letters:
        assert icon.letters == one.icon.letters
    if one.icon.colour:
        assert badges.COLOURS[icon.tint] == one.icon.colour


@pytest.mark.parametrize(
    ("name", "own"),
    [("", True), (" 2", True), (" Labor", False), ("X", False)],
    ids=["its", "second", "other", "run on"],
)
def test_a_name_that_people_gave_has_letters_of_its_own(name: str, own: bool):
    one = next(each for each in entries.ENTRIES.values() if each.icon.letters and " " not in each.name)
    icon = badges.icon_of(one.name + name, one.slug)
    assert icon.tint == badges.icon_of(one.name, one.slug).tint
    assert own is (icon == badges.icon_of(one.name, one.slug)) or icon.letters == one.icon.letters


def test_the_list_shows_what_the_catalogue_says_and_filters_by_it(owner, make_application):
    able = next(slug for slug, one in sorted(entries.ENTRIES.items()) if "sso" in one.supports and slug != "custom")
    make_application("Able", connector=able)
    make_application("Bare")
    address = reverse("applications")
    said = text_of(owner.get(address))
    assert "SSO" in said.partition("Able")[2].partition("Bare")[0]
    assert said.partition("Bare")[2].count("Provisioning") == 0
    for wanted in ("sso", "provisioning"):
        found = text_of(owner.get(address, {"supports": wanted}))
        assert ("Able" in found, "Bare" in found) == (True, False)
    kept = owner.get(address, {"supports": "sso", "status": "configured"}).content.decode()
    assert '<input type="hidden" name="supports" value="sso">' in kept


def test_what_provisioning_and_jit_are_stands_where_one_chooses(owner):
    for address in (reverse("catalogue"), reverse("connector", args=[SLACK])):
        said = text_of(owner.get(address))
        assert "JIT (Just-in-Time)" in said
        assert "aren't the same" in said.replace("&#x27;", "'")


def test_small_categories_are_folded_and_what_is_ticked_is_never_hidden():
    every = [one for slug, one in entries.ENTRIES.items() if slug != "custom"]
    _supports, categories, _maturity = facets.facets(facets.Wanted(), every)
    shown, folded = categories.options, categories.rest
    assert (len(shown), categories.unfolded) == (facets.FIRST, False)
    assert min(option.count for option in shown) >= max(option.count for option in folded)
    assert sum(option.count for option in (*shown, *folded)) == len(every)
    ticked = facets.Wanted(categories=frozenset([folded[0].value]))
    assert facets.facets(ticked, every)[1].unfolded


@pytest.mark.parametrize(("query", "beta"), [("", True), ("?beta=no", False), ("?beta=no&beta=yes", True)])
def test_beta_connectors_are_shown_unless_the_box_is_cleared(owner, query: str, beta: bool):
    body = owner.get(f"{reverse('catalogue')}{query}", follow=True).content.decode()
    assert ('badge-beta">Beta' in body) is beta
    assert ('id="beta-yes" checked' in body) is beta


def test_a_hundred_tiles_cost_no_more_statements_than_one(owner, django_assert_max_num_queries):
    owner.get(reverse("catalogue"))
    with django_assert_max_num_queries(12):
        owner.get(reverse("catalogue"))
