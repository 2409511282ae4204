"""No text of other people makes a link, a header or a tag of a mail; names and addresses stay as they are."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisor.mail.defusing import defused, facts, one_line

LINKS = re.compile(r"(?i)\b[a-z][a-z0-9+.-]*://\S|www\.\w|\b[\w-]+\.(?:example|com|org|net)\b(?!@)")


@pytest.mark.parametrize(
    "text",
    [
        "https://evil.example/login",
        "Ada http://evil.example",
        "HTTPS://EVIL.EXAMPLE",
        "www.evil.example",
        "evil.example",
        "(evil.example/path)",
        "javascript://evil.example/%0aalert(1)",
        "Hello, see evil.example now",
        "ftp://evil.example",
    ],
)
def test_nothing_in_it_looks_like_a_link(text):
    assert LINKS.search(text)
    assert not LINKS.search(defused(text))


@pytest.mark.parametrize(
    "name",
    ["Ada Lovelace", "J. R. R. Tolkien", "ada@example.org", "O'Neil", "山田 太郎", "a.b"],
)
def test_names_and_addresses_stay(name):
    assert defused(name) == name


@pytest.mark.parametrize("name", ["Dr.Strange-Smith", "R2.D2"])
def test_what_could_be_a_host_looks_as_it_was(name):
    assert defused(name) != name
    assert defused(name).replace("\N{WORD JOINER}", "") == name


@given(st.text())
def test_it_is_one_line_and_says_the_same(text):
    shown = defused(text)
    assert len(shown.splitlines()) <= 1
    assert shown.replace("\N{WORD JOINER}", "") == one_line(text)


@given(st.text(max_size=50))
def test_a_defused_text_stays_as_it_is(text):
    assert one_line(one_line(text)) == one_line(text)


@pytest.mark.parametrize("mark", ["\N{RIGHT-TO-LEFT OVERRIDE}", "\N{ZERO WIDTH SPACE}", "\x1b", "\r\n", "\u2028"])
def test_marks_that_turn_or_hide_text_go(mark):
    assert defused(f"Ada{mark}Lovelace") == "Ada Lovelace"


def test_only_what_is_named_a_link_can_be_one():
    given_facts = {
        "link": "https://id.example.org/x",
        "own_link": "javascript:alert(1)",
        "name": "https://evil.example",
    }
    shown = facts({**given_facts, "deep": [{"name": "www.evil.example", "link": 'https://x/"><b>'}]})
    assert shown["link"] == "https://id.example.org/x"
    assert shown["own_link"] == ""
    assert not LINKS.search(shown["name"])
    assert not LINKS.search(shown["deep"][0]["name"])
    assert shown["deep"][0]["link"] == ""
