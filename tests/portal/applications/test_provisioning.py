"""The Provisioning tab: connection, test, attributes, activation; what was typed is kept and no token comes back."""

from __future__ import annotations

import pytest
from tests.portal.applications.conftest import TOKEN
from tests.portal.conftest import text_of

from provisor.portal.views.applications import attributes
from provisor.vault import unseal


def typed(page, **changes):
    """The form as the tab shows it, with some fields typed anew."""
    lines = attributes.of(page.fresh().mapping)
    form = {"base_url": page.fresh().base_url, "token": "", "lines": str(len(lines)), "act": "save", "seen": "0/0"}
    for at, line in enumerate(lines):
        form |= {f"scim-{at}": line.scim, f"source-{at}": line.source, f"when-{at}": line.when}
        form |= {f"constant-{at}": line.constant} | ({f"included-{at}": "1"} if line.included else {})
    return form | changes


def without(form, page, *scim):
    """The form with these attributes switched off."""
    rows = page.fresh().mapping
    off = {f"included-{at}" for at, row in enumerate(rows) if row["scim"] in scim}
    return {name: value for name, value in form.items() if name not in off}


def included(page):
    return {row["scim"] for row in page.fresh().mapping if row["included"]}


def test_base_url_token_and_attributes_are_saved_together(page, sp):
    form = without(typed(page, base_url=sp.base_url, token=TOKEN), page, "title")
    answer = page.post("provisioning", form)
    saved = page.fresh()
    assert answer.status_code == 302
    assert saved.base_url == sp.base_url
    assert unseal(bytes(saved.secret), table="applications_application", row=saved.id, field="secret") == TOKEN
    assert "title" not in included(page)


def test_the_test_tries_what_is_typed_and_saves_nothing(page, sp):
    answer = page.post("test", typed(page, base_url=sp.base_url, token=TOKEN), HX_Request="true")
    said = text_of(answer)
    assert "6 of 6 passed" in said
    assert "List users" in said
    assert page.fresh().secret is None
    assert sp.writes == []


def test_a_failing_test_quotes_the_service_provider(page, sp):
    answer = page.post("test", typed(page, base_url=sp.base_url, token="wrong"), HX_Request="true")
    said = text_of(answer)
    assert "1 of 3 failed" in said
    assert "Failed · 401" in said
    assert "Chat answered" in said


def test_without_scripts_the_test_keeps_the_whole_form(page, sp):
    form = typed(page, base_url=sp.base_url, token=TOKEN)
    answer = page.post("test", without(form, page, "title"))
    body = answer.content.decode()
    assert "6 of 6 passed" in text_of(answer)
    assert f'value="{sp.base_url}"' in body
    assert TOKEN not in body


def test_the_stored_token_is_never_handed_to_another_address(page, sp):
    page.post("provisioning", typed(page, base_url=sp.base_url, token=TOKEN))
    other = sp.base_url.replace("127.0.0.1", "127.0.0.2")
    page.post("test", typed(page, base_url=other), HX_Request="true")
    assert all(TOKEN not in str(request) for request in sp.requests) or not sp.requests


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"base_url": ""}, "Enter the address where its SCIM interface begins."),
        ({"base_url": "https://user:pw@chat.example/scim"}, "user name"),
        ({"base_url": "https://chat.example/scim?x=1"}, "question mark"),
        ({"base_url": "ftp://chat.example"}, "https"),
        ({"token": "two words"}, "white space"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(page, wrong, said):
    answer = page.post("provisioning", typed(page, **wrong))
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert page.fresh().base_url == page.application.base_url


def test_activate_tests_saves_and_activates(page, sp):
    answer = page.post("provisioning", typed(page, base_url=sp.base_url, token=TOKEN, act="activate"))
    assert answer.status_code == 302
    assert page.fresh().provisioning == "active"


def test_a_failed_activation_says_why_and_offers_to_go_on_anyway(page, sp):
    answer = page.post("provisioning", typed(page, base_url=sp.base_url, token="wrong", act="activate"))
    said = text_of(answer)
    assert answer.status_code == 409
    assert "401" in said
    assert "Activate anyway" in said
    page.post("activate", {"force": "1"})
    assert page.fresh().provisioning == "active"


def test_another_address_says_that_the_token_goes_before_it_does(page, sp):
    page.post("provisioning", typed(page, base_url=sp.base_url, token=TOKEN))
    form = typed(page, base_url=f"{sp.base_url}/other")
    asked = page.post("provisioning", form)
    assert "empties the token" in text_of(asked)
    assert page.fresh().secret is not None
    page.post("provisioning", form | {"seen": "1/0"})
    assert page.fresh().secret is None


def test_how_many_accounts_change_is_said_before_it_is_saved(open_page, make_user, make_link):
    ada = make_user("ada", displayname="Ada")
    page = open_page("Chat", ada, provisioning="active")
    known = {"displayName": {"sent": "Old", "echo": "Old"}}
    make_link({"id": page.application.id}, ada, known=known)
    form = typed(page)
    at = next(at for at, row in enumerate(page.fresh().mapping) if row["scim"] == "title")
    form |= {f"source-{at}": "username"}
    counted = page.post("provisioning", form | {"act": "count"}, HX_Request="true")
    assert counted.status_code == 200
    assert page.fresh().mapping_version == 1


def test_a_locked_row_stays_whatever_is_sent(page):
    page.post("provisioning", without(typed(page), page, "userName"))
    assert "userName" in included(page)


def test_an_attribute_can_be_added_as_a_fixed_text(page):
    shown = page.post("provisioning", typed(page, act="add", more="nickName")).content.decode()
    assert 'value="nickName"' in shown
    at = len(page.fresh().mapping)
    more = {"lines": str(at + 1), f"scim-{at}": "nickName", f"source-{at}": "constant", f"constant-{at}": "Nick"}
    page.post("provisioning", typed(page) | more | {f"included-{at}": "1", f"when-{at}": "always"})
    assert page.fresh().mapping[-1]["source"] == {"constant": "Nick"}


def test_a_row_that_cant_be_taken_says_so_in_its_place_and_nothing_is_saved(page, sp):
    form = typed(page, base_url=sp.base_url)
    at = next(at for at, row in enumerate(page.fresh().mapping) if row["scim"] == "title")
    answer = page.post("provisioning", form | {f"source-{at}": "salary"})
    assert "is no attribute of a user" in text_of(answer)
    assert page.fresh().base_url == page.application.base_url


def test_a_second_application_on_one_address_is_only_made_knowingly(open_page, sp):
    open_page("First", base_url=sp.base_url)
    page = open_page("Second")
    answer = page.post("provisioning", typed(page, base_url=sp.base_url))
    assert "Connect it all the same" in text_of(answer)
    page.post("provisioning", typed(page, base_url=sp.base_url, force="1"))
    assert page.fresh().base_url == sp.base_url


def test_no_token_is_ever_in_a_page(page, sp):
    page.post("provisioning", typed(page, base_url=sp.base_url, token=TOKEN))
    body = page.get("provisioning").content.decode()
    assert TOKEN not in body
    assert "Stored. Never shown again." in body


def test_values_are_shown_for_a_real_user(open_page, make_user):
    page = open_page("Chat", make_user("ada", firstname="Ada", department="Mathematics"))
    said = page.says("provisioning")
    assert "For ada" in said
    assert "Mathematics" in said


@pytest.mark.parametrize(
    ("address", "said"),
    [("https://chat.example/scim/v2", "https://chat.example/scim/v2"), ("http://chat.example", "https"), ("", "")],
)
def test_the_address_is_checked_while_it_is_typed(page, address, said):
    assert said in text_of(page.post("base-url", {"base_url": address}, HX_Request="true"))
