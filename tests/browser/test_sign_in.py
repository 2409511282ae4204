"""Into the portal as a person does it: typing, pressing Enter, mistyping, leaving."""

from __future__ import annotations

from playwright.sync_api import Page, expect
from tests.browser.conftest import OWNER, PASSWORD, sign_in


def test_one_comes_in_with_the_keyboard_alone(new_page):
    page: Page = new_page()
    page.goto("/")
    page.keyboard.type(OWNER.upper())
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Home")


def test_wrong_keeps_the_address_and_empties_the_password(new_page):
    page: Page = new_page()
    sign_in(page, password="not this one")
    expect(page.get_by_role("alert")).to_have_text("That e-mail and password don't match.")
    expect(page.get_by_label("E-mail")).to_have_value(OWNER)
    expect(page.get_by_label("Password", exact=True)).to_have_value("")


def test_a_missing_password_is_asked_for_where_it_is_missing(new_page):
    page: Page = new_page()
    sign_in(page, password="")
    expect(page.get_by_label("Password", exact=True)).to_be_focused()
    expect(page.get_by_text("Type your password.")).to_be_visible()


def test_one_lands_where_one_was_going(new_page):
    page: Page = new_page()
    sign_in(page, to="/events?span=day")
    expect(page).to_have_url("/events?span=day")


def test_the_password_can_be_looked_at(new_page):
    page: Page = new_page()
    page.goto("/sign-in")
    field = page.get_by_label("Password", exact=True)
    field.fill("seen")
    page.get_by_role("button", name="Show the password").click()
    expect(field).to_have_attribute("type", "text")


def test_signing_out_leaves_nothing_behind(new_page):
    page: Page = new_page()
    sign_in(page)
    page.locator(".account > summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_it_works_without_scripts(new_page):
    page: Page = new_page(java_script_enabled=False)
    sign_in(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Home")
    page.locator(".account > summary").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page).to_have_url("/")


def test_the_theme_follows_the_system_until_somebody_chooses(page: Page):
    page.emulate_media(color_scheme="dark")
    page.goto("/")
    background = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(background) == "rgb(18, 18, 21)"
    page.locator(".account > summary").click()
    page.get_by_role("button", name="Light").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    assert page.evaluate(background) == "rgb(246, 245, 242)"
