"""What a walk stands on: real processes, the REST contract, and conditions that are waited for."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

BIN = Path(sys.executable).parent
PATIENCE = 60.0
TOKEN = "token-of-the-sample-provider"


class Rest:
    """Calls with a bearer token. An answer of 400 and above is an AssertionError that shows it."""

    def __init__(self, base: str, token: str) -> None:
        self.base, self.token = base, token

    def call(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(self.base + path, method=method)
        request.add_header("Authorization", f"Bearer {self.token}")
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, data, timeout=60) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            with error:
                raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()[:500]}") from None
        return json.loads(text) if text else None

    def get(self, path: str) -> Any:
        return self.call("GET", path)

    def post(self, path: str, body: Any = None) -> Any:
        return self.call("POST", path, body)

    def every(self, path: str) -> list[dict[str, Any]]:
        """All items of a list, page by page."""
        items, cursor, join = [], "", "&" if "?" in path else "?"
        while True:
            page = self.get(f"{path}{join}limit=200{cursor}")
            items += page["items"]
            if not page["next"]:
                return items
            cursor = f"&cursor={page['next']}"


def post_form(url: str, form: dict[str, str], user: str, password: str) -> None:
    """A form, sent with basic authentication; an answer of 400 and above is an error."""
    signed = base64.b64encode(f"{user}:{password}".encode()).decode()
    request = urllib.request.Request(url, urllib.parse.urlencode(form).encode(), {"Authorization": f"Basic {signed}"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        answer.read()


def until(holds: Callable[[], Any], patience: float = PATIENCE, what: str = "") -> Any:
    """The first true value of `holds`; fails when there is none in time."""
    deadline = time.monotonic() + patience
    while not (value := holds()):
        assert time.monotonic() < deadline, f"not within {patience} s: {what}"
        time.sleep(0.05)  # between two looks at the condition; the deadline above ends it
    return value


@contextlib.contextmanager
def process(
    *command: str, env: dict[str, str] | None = None, output: int | IO[bytes] = subprocess.PIPE
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is asked to stop afterwards, and made to if it doesn't. Who says much needs an `output` of its own: a
    pipe that nobody reads fills up, and the process stops in the middle of a line."""
    started = subprocess.Popen(command, env={**os.environ, **(env or {})}, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield started
    finally:
        started.terminate()
        try:
            started.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            started.kill()
            started.communicate()


def answers(url: str, token: str = "") -> bool:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


class Installation:
    """`provisor serve` on a data folder of its own. `rest` is the API with an owner's token."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.environment = {"PROVISOR_DATA_DIR": str(folder), "PROVISOR_ALLOW_TARGETS": "127.0.0.1"}
        for name in (
            "PROVISOR_DATABASE_URL",
            "PROVISOR_DATABASE_ROLE",
            "PROVISOR_DATABASE_POOL",
            "PROVISOR_SECRET_KEY",
        ):
            self.environment[name] = ""
        self.rest: Rest = Rest("", "")

    @contextlib.contextmanager
    def serving(self) -> Iterator[subprocess.Popen[bytes]]:
        with process(str(BIN / "provisor"), "serve", "--port", str(self.port), env=self.environment) as served:
            until(lambda: answers(f"http://127.0.0.1:{self.port}/readyz"), what="provisor is ready")
            if not self.rest.token:
                self.rest = Rest(
                    f"http://127.0.0.1:{self.port}/api/v1", self.command("token", "create", "tests").strip()
                )
            yield served

    def command(self, *words: str) -> str:
        done = subprocess.run(
            [str(BIN / "provisor"), *words], env={**os.environ, **self.environment}, capture_output=True, timeout=60
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()
