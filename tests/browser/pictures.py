"""The pictures in docs/screenshots are made, not kept by hand: `script/screenshots` runs this.

It starts the demo in a folder of its own, adds trouble to it (a refused token, held accounts), and takes the
pictures. Arguments: names of pictures; none takes all of them.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from tests.browser.conftest import ARGUMENTS, CHROMIUM, OF_PERSON, enter, sign_in
from tests.interop.conftest import BIN, TOKEN, Rest, answers, process, until

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
PERSON = "adaeze.nwachukwu"
LEAVER = "kwabena.oseitutuwa"
PORT, APP_PORT, OTHER_PORT = 18080, 18899, 18898
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
USER_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:User"


def main(names: list[str]) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with demo() as (api, password), sync_playwright() as playwright:
        make_trouble(api)
        give_a_password(api)
        live(api)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for name, path, theme, size in pictures(api):
            if not names or name in names:
                take(browser, password, FOLDER / f"{name}.png", path, theme, size)
        browser.close()


def pictures(api: Rest) -> Iterator[tuple[str, str, str, dict[str, int]]]:
    """Name, address, theme and size of each."""
    application = api.get("/applications?search=sample")["items"][0]["id"]
    group = api.get("/groups?search=support")["items"][0]["id"]
    yield "home-light", "/", "light", WIDE
    yield "home-dark", "/", "dark", WIDE
    yield "home-narrow", "/", "light", NARROW
    yield "users-light", f"/users?group={group}", "light", WIDE
    yield "applications-light", "/applications", "light", WIDE
    yield "catalogue-light", "/applications/catalog", "light", WIDE
    yield "connector-light", "/applications/catalog/slack", "light", WIDE
    yield "provisioning-dark", f"/applications/{application}/provisioning", "dark", WIDE
    wiki = api.get("/applications?search=wiki")["items"][0]["id"]
    started = api.get(f"/imports?application={wiki}")["items"][0]["id"]
    yield "import-light", f"/applications/{wiki}/imports/{started}?match=all", "light", WIDE
    computed = api.get("/groups?search=buyers")["items"][0]["id"]
    yield "rule-light", f"/groups/{computed}/rule", "light", WIDE
    yield "offboarding-light", f"/users/{leaver(api)}/offboarding", "light", WIDE
    yield "own-applications-light", "/my", "light", WIDE
    yield "own-password-narrow", "/my/password", "dark", NARROW


def take(browser: Browser, password: str, file: Path, path: str, theme: str, size: dict[str, int]) -> None:
    """One picture of what one sees without scrolling."""
    base = f"http://127.0.0.1:{PORT}"
    context = browser.new_context(base_url=base, color_scheme=theme, viewport=size, reduced_motion="reduce")
    page: Page = context.new_page()
    if path.startswith("/my"):
        enter(page, PERSON)
        page.wait_for_url(f"{base}/my")
    else:
        sign_in(page, "admin@example.com", password)
        page.wait_for_url(f"{base}/")
    page.goto(path, wait_until="networkidle")
    page.screenshot(path=file)
    context.close()


@contextmanager
def demo() -> Iterator[tuple[Rest, str]]:
    """The demo and a second scim2-server; the API as an owner, and the administrator's password."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="provisor-pictures-"))
        environment = {"PROVISOR_DATA_DIR": folder, "PROVISOR_ALLOW_TARGETS": "127.0.0.1"}
        words = ("--hostname", "127.0.0.1", "--port", str(OTHER_PORT), "--bearer-token", TOKEN)
        stack.enter_context(process(str(BIN / "scim2-server"), *words))
        log = Path(folder) / "demo.log"
        ports = f"--port {PORT} --app-port {APP_PORT}"
        command = f"exec {BIN / 'provisor'} demo {ports} >{log} 2>&1"
        stack.enter_context(process("/bin/sh", "-c", command, env=environment))
        until(lambda: log.exists() and "Ctrl-C" in log.read_text(), patience=180, what="the demo is ready")
        said = log.read_text()
        until(lambda: answers(f"http://127.0.0.1:{OTHER_PORT}/v2/ServiceProviderConfig", TOKEN), what="scim2-server")
        token, password = re.search(r"API token: (\S+)", said), re.search(r"password (\S+)", said)
        assert token
        assert password
        yield Rest(f"http://127.0.0.1:{PORT}/api/v1", token[1]), password[1]


def make_trouble(api: Rest) -> None:
    """What Home shows when something needs a person."""
    groups = {group["name"]: group["id"] for group in api.every("/groups")}
    someone_else_has_the_address(api, groups["Sales"])
    wiki = connect(api, "Wiki", TOKEN, groups["Sales"])
    until(lambda: api.get(f"/applications/{wiki}/accounts?status=held")["total"] == 2, what="two accounts are held")
    chat = connect(api, "Chat", "an-old-token", groups["Support"])
    until(lambda: api.get(f"/applications/{chat}")["provisioning"] == "failing", what="Chat fails")


def live(api: Rest) -> None:
    """An import that waits, a rule whose members wait, and somebody who left."""
    other = Rest(f"http://127.0.0.1:{OTHER_PORT}/v2", TOKEN)
    for first, last in (("Nora", "Lind"), ("Milo", "Hart"), ("Yara", "Quist")):
        name = f"{first}.{last}".lower()
        emails = [{"value": f"{name}@example.com", "primary": True}]
        named = {"givenName": first, "familyName": last}
        other.post("/Users", {"schemas": [USER_SCHEMA], "userName": name, "name": named, "emails": emails})
    wiki = api.get("/applications?search=wiki")["items"][0]["id"]
    started = api.post(f"/applications/{wiki}/imports", {})["id"]
    until(lambda: api.get(f"/imports/{started}")["status"] == "ready", what="the import waits")
    group = api.post("/groups", {"name": "Buyers"})["id"]
    rule = {"expression": 'user.department == "Sales" && user.state == "active"', "review": True}
    api.call("PUT", f"/groups/{group}/rule", rule)
    api.post(f"/users/{leaver(api)}/suspend", {})
    until(lambda: api.get(f"/users/{leaver(api)}/offboarding")["state"] == "complete", what="every account is off")


def leaver(api: Rest) -> str:
    return str(api.get(f"/users?search={LEAVER}")["items"][0]["id"])


def give_a_password(api: Rest) -> None:
    """Somebody whose own pages are shown."""
    user = api.get(f"/users?search={PERSON}")["items"][0]["id"]
    api.call("PUT", f"/users/{user}/password", {"password": OF_PERSON})


def connect(api: Rest, name: str, token: str, group: str) -> str:
    given = {"name": name, "base_url": f"http://127.0.0.1:{OTHER_PORT}/v2", "auth": {"type": "bearer", "token": token}}
    application = api.post("/applications", {**given, "force": True})["id"]
    api.post(f"/applications/{application}/assignments", {"groups": {"add": [group]}})
    api.post(f"/applications/{application}/activate", {"force": True})
    return str(application)


def someone_else_has_the_address(api: Rest, group: str) -> None:
    """Two accounts with the address of one of ours and a user name that isn't ours."""
    other = Rest(f"http://127.0.0.1:{OTHER_PORT}/v2", TOKEN)
    for number, user in enumerate(api.get(f"/groups/{group}/members?limit=2")["items"]):
        email = {"value": user["email"], "primary": True}
        other.post("/Users", {"schemas": [USER_SCHEMA], "userName": f"earlier{number}", "emails": [email]})


if __name__ == "__main__":
    os.environ.pop("PROVISOR_DATABASE_URL", None)
    main(sys.argv[1:])
