"""Home in a browser: it lives, and what a hostile service provider says does nothing."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Page, expect
from tests.interop.conftest import TOKEN, Rest, until

HOSTILE = "<img src=x onerror=window.hit=1><script>window.hit=1</script>"


class Refusing(BaseHTTPRequestHandler):
    """A service provider that answers markup to everything."""

    def do_GET(self) -> None:
        body = json.dumps({"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "detail": HOSTILE}).encode()
        self.send_response(401)
        self.send_header("Content-Type", "application/scim+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - the name that http.server calls

    def log_message(self, *_arguments: object) -> None:
        """Quiet."""


@pytest.fixture
def refusing() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/scim"
    server.shutdown()
    server.server_close()
    thread.join()


def connected(api: Rest, name: str, base_url: str, people: int) -> str:
    """An active application that a new group of so many people is assigned to."""
    slug = name.encode().hex()[:12]
    made = [
        api.post("/users", {"username": f"{slug}{n}", "email": f"{slug}{n}@example.com", "lastname": f"Person {n}"})[
            "id"
        ]
        for n in range(people)
    ]
    group = api.post("/groups", {"name": f"Everybody of {slug}"})["id"]
    api.post(f"/groups/{group}/members", {"add": made})
    given = {"name": name, "base_url": base_url, "auth": {"type": "bearer", "token": TOKEN}}
    application = api.post("/applications", given)["id"]
    api.post(f"/applications/{application}/assignments", {"groups": {"add": [group]}})
    api.post(f"/applications/{application}/activate", {"force": True})
    return application


def test_home_shows_accounts_as_they_become_right(page: Page, api: Rest, scim2_server: Rest):
    page.goto("/")
    connected(api, "Chat", scim2_server.base, 3)
    page.goto("/")
    page.evaluate("window.same = true")
    row = page.get_by_role("row").filter(has_text="Chat")
    expect(row).to_contain_text("3 right")
    api.post("/users", {"username": "later", "email": "later@example.com", "lastname": "Later"})
    user = api.get("/users?search=later")["items"][0]["id"]
    application = api.get("/applications?search=chat")["items"][0]["id"]
    api.post(f"/applications/{application}/assignments", {"users": {"add": [user]}})
    expect(row).to_contain_text("4 right")
    assert page.evaluate("window.same"), "the page was loaded again"


def test_the_focus_stays_while_home_refreshes(page: Page, api: Rest, scim2_server: Rest):
    connected(api, "Agenda", scim2_server.base, 1)
    page.goto("/")
    link = page.get_by_role("link", name="Agenda")
    link.focus()
    with page.expect_response(lambda answer: answer.request.headers.get("provisor-live") == "1"):
        pass
    expect(link).to_be_focused()


def test_hostile_words_do_nothing(page: Page, api: Rest, refusing: str):
    application = connected(api, f"Bad {HOSTILE}", refusing, 1)
    until(lambda: api.get(f"/applications/{application}")["provisioning"] == "failing", what="it fails")
    page.goto("/")
    expect(page.get_by_role("main")).to_contain_text(f"Bad {HOSTILE}: the token is refused")
    expect(page.get_by_role("main").locator("q").first).to_contain_text("<img src=x")
    page.goto("/events")
    expect(page.get_by_role("main")).to_contain_text("Bad <img")
    assert page.evaluate("window.hit") is None
    api.call("DELETE", f"/applications/{application}")


def test_a_page_that_does_not_exist_helps(page: Page, complaints: list[str]):
    page.goto("/nowhere")
    expect(page.get_by_role("heading", level=1)).to_have_text("This page doesn't exist")
    complaints.clear()  # the browser reports the 404 itself
    page.get_by_role("link", name="Go to Home").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Home")
