"""How an application speaks: each word with where it comes from, setting one by hand, and probing."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.portal.conftest import text_of

from provisor.applications import queries
from provisor.errors import Invalid
from provisor.portal.forms import words


def value_of(page, word):
    return next(each for each in queries.words(page.fresh()) if each["word"] == word)


def row(page, word):
    body = page.get("form").content.decode()
    start = body.index(f'id="word-{word}"')
    return body[start : body.index("</tr>", start)]


def test_every_word_is_there_with_its_source(open_page):
    learned = {"update": "put"}
    seen = {"evidence": "PATCH was answered 501.", "at": "2026-11-24T10:00:00+00:00", "by": "probe"}
    page = open_page(
        "Cloud",
        connector="aws-iam-identity-center",
        learned=learned,
        evidence={"update": seen},
        settings={"form": {"page": 20}},
    )
    body = page.get("form").content.decode()
    assert all(f'id="word-{each["word"]}"' in body for each in queries.words(page.application))
    assert "Learned" in row(page, "update")
    assert "PATCH was answered 501." in row(page, "update")
    assert "Connector" in row(page, "single_valued")
    assert "Set by a person" in row(page, "page")
    assert "Default" in row(page, "op_case")


def test_only_what_differs_can_be_shown(open_page):
    page = open_page(settings={"form": {"page": 20}})
    body = page.get("form", view="differs").content.decode()
    assert 'id="word-page"' in body
    assert 'id="word-update"' not in body


@pytest.mark.parametrize(
    ("word", "typed", "value"),
    [
        ("page", "20", 20),
        ("update", "put", "put"),
        ("boolean_text", "true", True),
        ("match", "userName\r\n externalId \n\n", ["userName", "externalId"]),
        ("headers", "X-One = a=b: c", {"X-One": "a=b: c"}),
        (
            "formats",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department = plain_text",
            {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department": "plain_text"},
        ),
        ("external_id_source", "username", "username"),
        ("attributes", "", []),
    ],
)
def test_a_word_is_set_by_hand_and_taken_back(page, word, typed, value):
    before = value_of(page, word)
    assert page.post("form", {"word": word, "value": typed, "act": "set"}).status_code == 302
    assert (value_of(page, word)["value"], value_of(page, word)["source"]) == (value, "override")
    assert "Take back" in row(page, word)
    page.post("form", {"word": word, "act": "back"})
    assert value_of(page, word) == before


@pytest.mark.parametrize(
    ("word", "typed", "said"),
    [
        ("page", "5000", "a whole number from 1 to 1000"),
        ("page", "many", "a whole number"),
        ("update", "telepathy", "patch or put expected"),
        ("match", "shoeSize", "shoeSize: unknown"),
        ("headers", "no sign", "name = value"),
        ("headers", "Authorization = Bearer x", "can&#x27;t be set"),
        ("boolean_text", "perhaps", "true or false"),
    ],
)
def test_what_the_vocabulary_doesnt_have_is_said_beside_the_word(page, word, typed, said):
    answer = page.post("form", {"word": word, "value": typed, "act": "set"})
    assert answer.status_code == 422
    body = answer.content.decode()
    shown = body[body.index(f'id="word-{word}"') :]
    assert said in shown[: shown.index("</tr>")]
    assert "form" not in page.fresh().settings


def test_an_unknown_word_is_a_page_that_helps(page):
    assert page.post("form", {"word": "mood", "value": "1"}).status_code == 404


@given(st.one_of(
    st.tuples(st.just("boolean"), st.booleans()),
    st.tuples(st.just("integer"), st.integers(0, 10**9)),
    st.tuples(st.just("text"), st.from_regex(r"[!-~]([ -~]*[!-~])?", fullmatch=True)),
    st.tuples(st.just("list"), st.lists(st.from_regex(r"[!-~]([ -~]*[!-~])?", fullmatch=True))),
    st.tuples(
        st.just("map"),
        st.dictionaries(
            st.from_regex(r"[A-Za-z:.][A-Za-z0-9:.-]*", fullmatch=True),
            st.from_regex(r"[!-~]([ -~]*[!-~])?", fullmatch=True),
        ),
    ),
))  # fmt: skip
def test_what_is_shown_in_a_control_is_read_back_as_it_was(pair):
    kind, value = pair
    assert words.as_value(words.as_text(value, kind), {"kind": kind}) == value


@given(st.sampled_from(["boolean", "integer", "text", "list", "map"]), st.text())
def test_whatever_is_typed_is_read_or_refused(kind, typed):
    lines = [line.strip() for line in typed.replace("\r\n", "\n").split("\n")]
    broken = kind == "map" and any(
        (line and not line.partition("=")[0].strip()) or "=" not in line for line in lines if line
    )
    with pytest.raises(Invalid) if broken else nullcontext():
        words.as_value(typed, {"kind": kind})


@pytest.fixture
def connected(page, sp):
    page.post("provisioning", {"base_url": sp.base_url, "token": "the-token-of-the-sp", "seen": "0/0", "act": "save"})
    assert page.fresh().secret is not None
    return page


def test_probing_shows_what_it_found_and_keeps_it(connected, sp):
    sp.put_user({"userName": "ada", "emails": [{"value": "ada@example.com", "primary": True}], "active": True})
    answer = connected.post("form/probe")
    assert answer.status_code == 200
    learned = connected.fresh().learned
    assert learned
    said = text_of(answer)
    assert all(word.replace("_", " ").capitalize() in said for word in learned)


def test_probing_without_a_connection_says_why(page):
    answer = page.post("form/probe")
    assert answer.status_code == 409
    assert "No token is set." in text_of(answer)


def test_the_deep_test_asks_first_and_shows_its_steps(connected, sp):
    asked = connected.says("form/deep-test")
    assert "is created there, changed, deactivated and removed" in asked
    assert len(sp.users) == 0
    said = text_of(connected.post("form/deep-test", {"email": "provisor-test@example.com"}))
    assert "Create a test user" in said
    assert "Remove the test user" in said
    assert len(sp.users) == 0


def test_the_deep_test_takes_no_address_of_ours(connected, sp, make_user):
    make_user("ada", email="ada@example.com")
    answer = connected.post("form/deep-test", {"email": "ada@example.com"})
    assert answer.status_code == 422
    assert "A user of the directory has this address." in text_of(answer)
    assert len(sp.users) == 0


@pytest.mark.parametrize(
    ("deactivation", "words"),
    [("erases", "erases an account that is deactivated"), ("leaves", "leaves the organisation"), ("deactivates", None)],
)
def test_what_deactivating_destroys_is_said_before_it_can_happen(
    open_page, make_group, make_user, make_link, deactivation, words
):
    staff = make_group("Staff", make_user("ada"))
    page = open_page("Chat", staff, settings={"form": {"deactivation": deactivation}})
    make_link({"id": page.application.id}, staff.memberships.get().user)
    preview = text_of(page.post("groups/preview", {"shown": [str(staff.id)]}, HX_Request="true"))
    for said in (page.says("activate"), page.says("provisioning"), preview):
        assert (words in said) if words else ("erases" not in said and "leaves the organisation" not in said)
