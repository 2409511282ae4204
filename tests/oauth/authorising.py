"""The authorisation server as tests and benchmarks use it: started, asked about tokens, ended."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from tests.oauth.authorisation_server import SECRET

ROOT = Path(__file__).parents[2]
REDIRECT = "http://127.0.0.1:8080/applications/authorised"
FRESH = 0.1  # seconds that an SP believes what the server said of a token


@dataclass(frozen=True)
class Authorising:
    """A running authorisation server."""

    base: str
    token_url: str
    authorize_url: str

    def stats(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.base}/stats", timeout=20) as answer:
            return dict(json.load(answer))

    def asked(self, what: str) -> int:
        """How often the token endpoint was asked, such as `refresh_token 200`."""
        return int(self.stats()["asked"].get(what, 0))

    def revoke(self) -> None:
        urllib.request.urlopen(f"{self.base}/revoke", timeout=20).close()

    def active(self, token: str) -> bool:
        """Whether the server says that this token holds now (RFC 7662)."""
        signed = b64encode(f"sp:{quote_plus(SECRET)}".encode()).decode()
        body = urllib.parse.urlencode({"token": token}).encode()
        request = urllib.request.Request(f"{self.base}/o/introspect/", body, {"Authorization": f"Basic {signed}"})
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return json.load(answer).get("active") is True
        except urllib.error.HTTPError:
            return False

    def check(self) -> Callable[[str], bool]:
        """For an SP: what `active` says, believed for a moment. Who was over once stays so."""
        seen: dict[str, float] = {}
        over: set[str] = set()

        def check(token: str) -> bool:
            if token not in over and time.monotonic() >= seen.get(token, 0.0):
                if not self.active(token):
                    over.add(token)
                seen[token] = time.monotonic() + FRESH
            return token not in over

        return check

    def agree(self, url: str) -> dict[str, str]:
        """Goes to where a browser would be sent, agrees, and tells what the redirect carries."""
        opener = urllib.request.build_opener(_NoRedirect, urllib.request.HTTPCookieProcessor())
        try:
            opener.open(url, timeout=20).close()
        except urllib.error.HTTPError as answer:
            return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(answer.headers["Location"]).query))
        raise AssertionError("no redirect came")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **more: Any) -> None:
        return None


@contextmanager
def authorisation_server(folder: Path, *, life: int = 3600, redirect: str = REDIRECT) -> Iterator[Authorising]:
    """Started on a free port; ended, and only this one, afterwards."""
    command = [sys.executable, "-m", "tests.oauth.authorisation_server", str(folder), "--life", str(life)]
    with subprocess.Popen([*command, "--redirect", redirect], stdout=subprocess.PIPE, cwd=ROOT) as process:
        try:
            assert process.stdout
            yield Authorising(**json.loads(process.stdout.readline()))
        finally:
            process.terminate()


def own_credentials(server: Authorising) -> dict[str, Any]:
    """The `auth` document of an application that signs in there in its own name."""
    return {
        "type": "oauth2_client_credentials",
        "token_url": server.token_url,
        "client_id": "provisor",
        "client_secret": SECRET,
        "scope": "scim",
    }
