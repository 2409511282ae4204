"""Installing and starting the service providers: their packages by name and exact version, our glue beside this file.

Installed once, into `PROVISOR_INTEROP_CACHE` (default: a folder in the user's cache), never into the repository.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from tests.interop.world import BIN, TOKEN, answers, process, until

GLUE = Path(__file__).parent / "providers"
TO_START = 120.0  # seconds


class CannotStart(Exception):
    """A provider can't be had on this machine; the message says what is missing."""


def cache() -> Path:
    """Where providers are installed."""
    named = os.environ.get("PROVISOR_INTEROP_CACHE")
    return Path(named or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "provisor-interop")


@contextlib.contextmanager
def _answering(url: str, *command: str, env: dict[str, str] | None = None) -> Iterator[None]:
    with tempfile.TemporaryFile() as output, process(*command, env=env, output=output) as started:
        until(lambda: answers(url, TOKEN) or started.poll() is not None, TO_START, f"{command[0]} answers")
        if started.poll() is not None:
            output.seek(0)
            raise CannotStart(f"{command[0]} ended: {output.read().decode(errors='replace')[-1000:]}")
        yield


def scim2_server(*more: str) -> Callable[[int], contextlib.AbstractContextManager[None]]:
    """scim2-server, which is among our own requirements; it keeps everything in memory."""

    def start(port: int) -> contextlib.AbstractContextManager[None]:
        command = (str(BIN / "scim2-server"), "--hostname", "127.0.0.1", "--port", str(port), "--bearer-token", TOKEN)
        return _answering(f"http://127.0.0.1:{port}/v2/Users", *command, *more)

    return start


def with_cursors() -> Callable[[int], contextlib.AbstractContextManager[None]]:
    """scim2-server with cursors (RFC 9865) in place of startIndex."""
    return scim2_server("--service-provider-config", str(GLUE / "scim2_server" / "cursor.json"))


def node(name: str, script: str) -> Callable[[int], contextlib.AbstractContextManager[None]]:
    """A provider of npm packages behind `script`."""

    def start(port: int) -> contextlib.AbstractContextManager[None]:
        folder = _npm(name, script)
        url = f"http://127.0.0.1:{port}/scim/Users"
        command = ("node", str(folder / script), str(port))
        return _answering(url, *command, env={"SP_TOKEN": TOKEN, "DO_NOT_TRACK": "1"})

    return start


def _npm(name: str, script: str) -> Path:
    """The folder with its packages, installed if package.json has changed."""
    if not (shutil.which("node") and shutil.which("npm")):
        raise CannotStart(f"{name} needs Node.js 20 or later with npm; install them and run this again.")
    folder, wanted = cache() / name, (GLUE / name / "package.json").read_text()
    installed = folder / "installed.json"
    if not installed.exists() or installed.read_text() != wanted:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text(wanted)
        _run("npm", "install", "--silent", "--ignore-scripts", "--no-audit", "--no-fund", folder=folder)
        installed.write_text(wanted)
    shutil.copyfile(GLUE / name / script, folder / script)
    return folder


def _run(*command: str, folder: Path, env: dict[str, str] | None = None) -> None:
    done = subprocess.run(command, cwd=folder, env={**os.environ, **(env or {})}, capture_output=True, text=True)
    if done.returncode:
        raise CannotStart(f"{' '.join(command[:3])} failed: {(done.stderr or done.stdout)[-1000:]}")


@contextlib.contextmanager
def canaille(port: int) -> Iterator[None]:
    """Canaille on a database of its own, with a client for Provisor, and an access token for its own administrator."""
    program = str(_venv("canaille") / "bin" / "canaille")
    with tempfile.TemporaryDirectory(prefix="interop-canaille-") as made:
        folder = Path(made)
        settings = (GLUE / "canaille" / "settings.toml").read_text().replace("FOLDER", made)
        (folder / "settings.toml").write_text(settings)
        env = {"CANAILLE_CONFIG": str(folder / "settings.toml")}
        for words in _canaille_set_up():
            _run(program, *words, folder=folder, env=env)
        url = f"http://127.0.0.1:{port}/scim/v2/Users"
        with _answering(url, program, "run", "--bind", f"127.0.0.1:{port}", env=env):
            yield


def _venv(name: str) -> Path:
    """A virtual environment with its packages, made anew if requirements.txt has changed."""
    folder, wanted = cache() / name / "venv", (GLUE / name / "requirements.txt").read_text()
    installed = folder / "installed.txt"
    if not installed.exists() or installed.read_text() != wanted:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _run(sys.executable, "-m", "venv", "--clear", str(folder), folder=folder.parent)
        requirements = str(GLUE / name / "requirements.txt")
        _run(str(folder / "bin" / "python"), "-m", "pip", "install", "-q", "-r", requirements, folder=folder)
        installed.write_text(wanted)
    return folder


def _canaille_set_up() -> list[list[str]]:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    client = ["--client-id", "provisor", "--client-secret", "for-loopback-only", "--client-name", "Provisor"]
    allowed = ["--grant-types", "client_credentials", "--token-endpoint-auth-method", "client_secret_basic"]
    uris = ["--client-uri", "http://127.0.0.1", "--redirect-uris", "http://127.0.0.1/back", "--scope", "openid"]
    token = ["--token-id", "interop", "--access-token", TOKEN, "--client", "provisor", "--audience", "provisor"]
    lasting = ["--scope", "openid", "--type", "access_token", "--issue-date", now, "--lifetime", "86400"]
    return [
        ["db", "upgrade"],
        ["create", "client", "--quiet", *client, *allowed, *uris],
        ["create", "token", "--quiet", *token, *lasting],
    ]
