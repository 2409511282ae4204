"""Static files come out of the package, with addresses that change with them."""

from __future__ import annotations

import re

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.test import Client

NAMES = ["portal/portal.css", "portal/portal.js", "portal/icons.svg", "portal/favicon.svg", "django_htmx/htmx-2.min.js"]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_there_and_may_be_kept(browser: Client, name: str):
    answer = browser.get(staticfiles_storage.url(name))
    assert (answer.status_code, answer.content != b"") == (200, True)
    assert answer["Cache-Control"] == "max-age=31536000, public"
    assert answer["Content-Length"] == str(len(answer.content))


def test_an_address_carries_the_version_of_the_file():
    assert re.fullmatch(r"/static/portal/portal\.css\?v=[0-9a-f]{8}", staticfiles_storage.url("portal/portal.css"))


def test_a_file_that_has_not_changed_is_not_sent_again(browser: Client):
    first = browser.get("/static/portal/portal.css")
    again = browser.get("/static/portal/portal.css", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["/static/", "/static/portal/", "/static/../settings.py", "/static/portal/portal.py"])
def test_nothing_else_is_served(browser: Client, path: str):
    assert browser.get(path).status_code == 404
