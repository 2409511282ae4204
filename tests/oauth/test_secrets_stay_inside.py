"""An authorisation server that repeats whatever it hears: none of it comes out, in no row, log line, event or step."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.db import connection as database
from tests.engine.conftest import World
from tests.oauth.authorising import own_credentials

from provisor.applications import commands as applications
from provisor.applications import connection
from provisor.applications.models import Application
from provisor.scim.check import Step, passes

SECRET = "canary-client-secret/=+9d"
PROXY_PASSWORD = "canary-proxy-password-8c"
CANARIES = (SECRET, "canary-client-secret", PROXY_PASSWORD)
TOLD = ("applications_application", "applications_run", "applications_link", "applications_pace", "audit_event")
SEALED = ("secret", "tls_key", "proxy_secret")


@contextmanager
def _parrot() -> Iterator[str]:
    """The token URL of a server that puts what it heard into its refusal."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            told = {"error": "invalid_client", "error_description": f"{self.headers['Authorization']} {body} {SECRET}"}
            raw = json.dumps(told).encode()
            self.send_response(401)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, format: str, *args: Any) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/token"
        server.shutdown()
        thread.join(10)


def _everything_told() -> str:
    """Every column of the tables that people see, but for the sealed ones."""
    with database.cursor() as cursor:
        rows = [cursor.execute(f"SELECT to_jsonb(t) - %s FROM {table} t", [list(SEALED)]).fetchall() for table in TOLD]
    return json.dumps(rows, default=str)


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_a_refusal_shows_none_of_our_secrets(
    signing_world: World, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], method: str
) -> None:
    world = signing_world
    caplog.set_level(logging.DEBUG)
    with _parrot() as token_url:
        auth = {"type": "oauth2_client_credentials", "token_url": token_url, "client_id": "provisor"}
        given = {"auth": {**auth, "client_secret": SECRET, "method": method}}
        applications.update_application(world.actor, world.application.id, given)
        Application.objects.update(provisioning="active")
        world.employee("ada")
        with world.worker():
            world.until(lambda: Application.objects.get().provisioning == "failing")
        steps = connection.run_check(Application.objects.get())
    stopped = Application.objects.get().stopped
    assert stopped["code"] == "credentials_invalid"
    assert "invalid_client" in stopped["message"]
    assert "[redacted]" in stopped["message"]
    assert not passes(steps)
    shown = _everything_told() + caplog.text + str(capfd.readouterr()) + repr(steps)
    assert not [canary for canary in CANARIES if canary in shown]


def test_the_reading_test_says_what_signing_in_gave(signing_world: World, brief: Any) -> None:
    world = signing_world
    applications.update_application(world.actor, world.application.id, {"auth": own_credentials(brief)})
    steps = connection.run_check(Application.objects.get())
    assert [step.name for step in steps[:4]] == ["address", "sign_in", "connect", "users"]
    assert steps[1].message.startswith("A token was given out by 127.0.0.1:")
    assert passes(steps)


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("another secret", {"client_secret": "wrong-canary-secret"}, "invalid_client"),
    ("no endpoint", {"token_url": "/nowhere/"}, "404"),
    ("nobody there", {"token_url": "closed"}, "can't be reached"),
]


@pytest.mark.parametrize(("name", "change", "said"), WRONG, ids=[case[0] for case in WRONG])
def test_the_reading_test_says_why_signing_in_failed(
    signing_world: World, brief: Any, unused_tcp_port: int, name: str, change: dict[str, Any], said: str
) -> None:
    places = {"/nowhere/": f"{brief.base}/nowhere/", "closed": f"http://127.0.0.1:{unused_tcp_port}/token"}
    if "token_url" in change:
        change = {"token_url": places[change["token_url"]]}
    auth = {**own_credentials(brief), **change}
    applications.update_application(signing_world.actor, signing_world.application.id, {"auth": auth})
    steps = connection.run_check(Application.objects.get())
    last: Step = steps[-1]
    assert (last.name, last.ok) == ("sign_in", False)
    assert said in last.message
    assert not passes(steps)
    assert "canary" not in repr(steps)
    assert not signing_world.sp.requests


def test_without_a_certificate_nobody_signs_in_with_one(signing_world: World) -> None:
    """What can't be used stops the application and says so; nothing is sent."""
    world = signing_world
    Application.objects.update(auth_type="client_certificate", auth={}, tls=None, provisioning="active")
    world.employee("ada")
    with world.worker():
        world.until(lambda: Application.objects.get().provisioning == "failing")
    stopped = Application.objects.get().stopped
    assert stopped["code"] == "credentials_invalid"
    assert "client certificate" in stopped["message"]
    assert not world.sp.requests
