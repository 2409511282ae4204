"""While all writes are stopped, every page of the portal says so, and why."""

from __future__ import annotations

from typing import Any

from provisor.administrators.actor import shell
from provisor.directory import commands

PAGES = ("/", "/users", "/groups", "/applications", "/events")


def test_every_page_says_so(signed_in: Any) -> None:
    browser = signed_in("auditor")
    commands.stop_writes(shell(), reason="<b>A wrong file</b>")
    for page in PAGES:
        text = browser.get(page).content.decode()
        assert "All writes are stopped" in text, page
        assert "&lt;b&gt;A wrong file&lt;/b&gt;" in text
        assert "Stopped by command line" in text


def test_and_only_then(signed_in: Any) -> None:
    commands.stop_writes(shell())
    commands.start_writes(shell())
    browser = signed_in()
    for page in PAGES:
        assert "All writes are stopped" not in browser.get(page).content.decode(), page
