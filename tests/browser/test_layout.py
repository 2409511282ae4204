"""Nothing is cut off and nothing scrolls sideways, from a small phone to a wide screen, in both themes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.portal import gallery

from provisor.portal.headers import CONTENT_SECURITY_POLICY

WIDTHS = (320, 390, 760, 1180, 1440)
HEADERS = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": CONTENT_SECURITY_POLICY}


def gallery_page(make: Callable[..., Page], width: int, theme: str) -> Page:
    page = make(viewport={"width": width, "height": 900}, color_scheme=theme)
    page.route("**/gallery", lambda route: route.fulfill(body=gallery.rendered(theme), headers=HEADERS))
    page.goto("/gallery")
    return page


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_no_piece_is_wider_than_the_page(new_page, width: int, theme: str):
    page = gallery_page(new_page, width, theme)
    expect(page.get_by_role("heading", level=1)).to_have_text("Pieces")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", ["/sign-in", "/", "/events"])
def test_no_page_is_wider_than_the_window(signed_in, new_page, width: int, path: str):
    make = new_page if path == "/sign-in" else signed_in
    page: Page = make(viewport={"width": width, "height": 900})
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_icons_are_drawn(new_page):
    page = gallery_page(new_page, 1440, "light")
    boxes = page.evaluate("Array.from(document.querySelectorAll('main svg use')).map(u => u.getBBox().width)")
    assert boxes
    assert min(boxes) > 0


def test_the_menu_opens_on_a_phone(signed_in):
    page: Page = signed_in(viewport={"width": 390, "height": 844})
    page.goto("/")
    events = page.get_by_role("navigation", name="Main").get_by_role("link", name="Events")
    expect(events).to_be_hidden()
    page.locator(".nav-toggle > summary").click()
    events.click()
    expect(page).to_have_url("/events")


def test_a_blocked_button_does_nothing_and_says_why(new_page):
    page = gallery_page(new_page, 1440, "light")
    page.get_by_role("button", name="Activate", exact=True).click(force=True)
    expect(page).to_have_url("/gallery")
    expect(page.get_by_text("The test has to pass first.")).to_be_visible()


def test_slash_goes_to_the_search(page: Page):
    page.goto("/events")
    page.keyboard.press("/")
    expect(page.locator(".topbar input[type=search]")).to_be_focused()
