"""A person's browser on the real thing: `provisor serve` with its database and worker, scim2-server, and Chromium.

`page` is signed in as an owner; a test fails on any error in the browser's console, a violation of the content security
policy included. `complaints` is that list: a test that provokes one takes it out.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from tests.interop.conftest import BIN, TOKEN, Installation, Rest, answers, process, until
from tests.ports import a_free_port

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
OWNER = "ada.lovelace@example.com"
PASSWORD = "correct horse battery staple"
OF_PERSON = "seven grey herons by the quay"  # not an administrator
PATIENCE = 30_000  # milliseconds that an expectation may take to come true


class Stack(Installation):
    """An installation that has an owner. `address` is the portal's."""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def add_administrator(self, email: str, role: str = "owner") -> None:
        command = [str(BIN / "provisor"), "admin", "create", email, "--role", role, "--password-stdin"]
        done = subprocess.run(
            command, env=self.whole_environment, input=PASSWORD.encode(), capture_output=True, timeout=60
        )
        assert done.returncode == 0, done.stderr.decode()

    @property
    def whole_environment(self) -> dict[str, str]:
        return {**os.environ, **self.environment}


@pytest.fixture(scope="session")
def unused_port() -> Callable[[], int]:
    return a_free_port


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, unused_port: Callable[[], int]) -> Iterator[Stack]:
    """One installation for all browser tests; each test makes what it needs under names of its own."""
    made = Stack(tmp_path_factory.mktemp("installation") / "data", unused_port())
    with made.serving():
        made.add_administrator(OWNER)
        yield made


@pytest.fixture(scope="session")
def api(stack: Stack) -> Rest:
    """The installation's REST API, as an owner."""
    return stack.rest


@pytest.fixture
def scim2_server(unused_port: Callable[[], int]) -> Iterator[Rest]:
    """scim2-server of the python-scim project, as a real process, empty."""
    port = unused_port()
    words = (str(BIN / "scim2-server"), "--hostname", "127.0.0.1", "--port", str(port), "--bearer-token", TOKEN)
    with process(*words):
        provider = Rest(f"http://127.0.0.1:{port}/v2", TOKEN)
        until(lambda: answers(f"{provider.base}/ServiceProviderConfig", TOKEN), what="scim2-server answers")
        yield provider


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    assert Path(CHROMIUM).exists(), "tests/browser needs Chromium: apt-get install chromium"
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the console complained of, and exceptions of the page's scripts."""
    return []


@pytest.fixture
def new_page(chromium: Browser, stack: Stack, complaints: list[str]) -> Iterator[Callable[..., Page]]:
    """`new_page(color_scheme="dark", viewport=…)`: a page of a browser of its own, not signed in."""
    contexts: list[BrowserContext] = []

    def make(**options: Any) -> Page:
        context = chromium.new_context(base_url=stack.address, **options)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield make
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture(scope="session")
def cookies(chromium: Browser, stack: Stack) -> list[Any]:
    """Of an owner who signed in once: signing in for each test would meet the limit on tries."""
    context = chromium.new_context(base_url=stack.address)
    page = context.new_page()
    sign_in(page)
    page.wait_for_url(f"{stack.address}/")
    kept = context.cookies()
    context.close()
    return list(kept)


@pytest.fixture
def signed_in(new_page: Callable[..., Page], cookies: list[Any]) -> Callable[..., Page]:
    """`signed_in(viewport=…)`: like new_page, signed in as the owner."""

    def make(**options: Any) -> Page:
        page = new_page(**options)
        page.context.add_cookies(cookies)
        return page

    return make


@pytest.fixture
def page(signed_in: Callable[..., Page]) -> Page:
    return signed_in()


def sign_in(page: Page, email: str = OWNER, password: str = PASSWORD, to: str = "/sign-in") -> None:
    page.goto(to)
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()


def enter(page: Page, login: str, password: str = OF_PERSON) -> None:
    """Into one's own pages."""
    page.goto("/my/sign-in")
    page.get_by_label("Username or e-mail").fill(login)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()
