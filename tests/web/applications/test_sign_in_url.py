"""Where a tile leads: `sign_in_url` of an application, a link that people follow."""

from __future__ import annotations

import pytest

from provisor.applications.models import Application

GOOD = "https://chat.example.com/start?team=a&b=%20#top"


def test_it_is_none_until_somebody_sets_it_and_null_clears_it(api, new_application):
    made = new_application()
    assert made["sign_in_url"] is None
    path = f"/applications/{made['id']}"
    assert api.patch(path, {"sign_in_url": GOOD})["sign_in_url"] == GOOD
    assert api.get(path)["sign_in_url"] == GOOD
    assert api.events("?type=application_update")[0]["changes"] == [{"name": "sign_in_url", "from": None, "to": GOOD}]
    assert api.patch(path, {"sign_in_url": None})["sign_in_url"] is None


def test_it_can_come_with_a_new_one(new_application):
    assert new_application(sign_in_url=GOOD)["sign_in_url"] == GOOD


@pytest.mark.parametrize(
    "address", ["https://a", "https://10.0.0.1:8443/x", "https://[::1]/", "HTTPS://Chat.Example.COM/"]
)
def test_nobody_here_asks_it_so_any_host_will_do(new_application, address: str):
    assert new_application(sign_in_url=address)["sign_in_url"] == address


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("http://chat.example.com/", "not encrypted"),
        ("javascript:alert(1)", "a script"),
        ("data:text/html,hello", "a page of its own"),
        ("//chat.example.com/", "no scheme"),
        ("chat.example.com", "no scheme"),
        ("https://", "no host"),
        ("https://example.com@evil.example/", "pretends to be another host"),
        ("https://user:word@chat.example.com/", "a user name in it"),
        ("https://evil.example\\@chat.example.com/", "browsers read the backslash otherwise"),
        ("https://chat.example.com:99999/", "no such port"),
        ("https://chät.example.com/", "letters that look like others"),
        ("https://chat.example.com/a b", "a space"),
        ('https://chat.example.com/"><script>', "markup"),
        ("https://chat.example.com/\nx", "a line break"),
        (" https://chat.example.com/", "white space that nobody sees"),
        ("", "empty"),
        ("https://chat.example.com/" + "a" * 2048, "too long"),
        (5, "no text"),
    ],
)
def test_what_is_no_page_is_refused(api, new_application, address: object, reason: str):
    made = new_application()
    code, fields = api.problem("PATCH", f"/applications/{made['id']}", {"sign_in_url": address}, 422)
    assert (code, list(fields)) == ("invalid", ["sign_in_url"]), reason
    assert Application.objects.get().sign_in_url is None
