"""demo: everything that serve runs, with a sample organisation and a real third-party service provider connected.

The service provider (scim2-server) keeps nothing: at the first start everybody is provisioned, at each later one
a full reconcile makes it right again. The demo's data, password and tokens stay in a folder of their own.
"""

from __future__ import annotations

import os
import secrets
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from provisor import config
from provisor.cli.failures import Failure

if TYPE_CHECKING:
    from provisor.applications.models import Application
    from provisor.runtime.supervise import Supervisor

APPLICATION = "Sample app"
SAMPLE_TOKEN = "PROVISOR_SAMPLE_APP_TOKEN"  # noqa: S105 - the name of a variable
SYNCED_WITHIN = 180.0  # seconds

Port = Annotated[int, typer.Option(min=1, max=65535, help="The port of the API and the portal.")]
AppPort = Annotated[int, typer.Option(min=1, max=65535, help="The port of the sample application.")]


@dataclass(frozen=True)
class Secrets:
    """What the demo makes once and shows at each start: files in its folder that only their owner may read."""

    folder: Path

    def kept(self, name: str) -> str | None:
        path = self.folder / name
        return path.read_text() if path.exists() else None

    def keep(self, name: str, value: str) -> str:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self.folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(value)
        return value

    def once(self, name: str) -> str:
        return self.kept(name) or self.keep(name, secrets.token_urlsafe(15))


def register(app: typer.Typer) -> None:
    app.command()(demo)
    app.command("sample-app", hidden=True)(sample_app)


def demo(port: Port = 8080, app_port: AppPort = 8899) -> None:
    """Run a sample organisation, connected to a real SCIM service provider. Ctrl-C stops everything."""
    folder = config.read().data_dir / "demo"
    kept = Secrets(folder)
    _environment(folder, kept, app_port)
    from provisor.runtime import logs
    from provisor.runtime.supervise import Child, serving

    logs.configure("demo")
    sample = Child(("sample-app", "--port", str(app_port)), port=app_port)
    typer.echo("Starting the database, the web server, the worker and the sample application ...")
    with serving(host="127.0.0.1", port=port, more=[sample]) as supervisor:
        supervisor.wait_until_ready()
        if not supervisor.stopping.is_set():
            _prepare(supervisor, kept, app_port)
        supervisor.watch()
    typer.echo("Stopped. The demo's data stays; start it again any time.")


def sample_app(port: AppPort = 8899) -> None:
    """scim2-server, as a child of the demo: its token comes by the environment, and it ends with its parent."""
    from scim2_server.testserver import cli as scim2_server

    from provisor.runtime import parent

    data_dir = config.read().data_dir
    parent.end_with_parent(data_dir)
    token = os.environ.pop(SAMPLE_TOKEN)
    sys.argv = ["scim2-server", "--hostname", "127.0.0.1", "--port", str(port), "--bearer-token", token]
    with (data_dir / "sample-app.log").open("w") as log, redirect_stdout(log), redirect_stderr(log):
        scim2_server.main()


def _environment(folder: Path, kept: Secrets, app_port: int) -> None:
    """The demo is an installation of its own, whatever else is configured here."""
    for name in ("PROVISOR_DATABASE_URL", "PROVISOR_DATABASE_DIRECT_URL", "PROVISOR_PUBLIC_URL"):
        os.environ.pop(name, None)
    os.environ["PROVISOR_DATA_DIR"] = str(folder)
    allowed = [*config.read().allow_targets, f"127.0.0.1:{app_port}"]
    os.environ["PROVISOR_ALLOW_TARGETS"] = ",".join(allowed)
    os.environ[SAMPLE_TOKEN] = kept.once("sample-app-token")


def _prepare(supervisor: Supervisor, kept: Secrets, app_port: int) -> None:
    from provisor.cli.session import opened

    with opened():
        from provisor.cli import sample

        password = kept.once("password")
        organisation = sample.Organisation.read()
        first = organisation.load(password)
        token = _token(kept)
        application = sample.connect(
            APPLICATION, f"http://127.0.0.1:{app_port}/v2", os.environ[SAMPLE_TOKEN], organisation
        )
        _sync(supervisor, application, repair=not first)
        if not supervisor.stopping.is_set():
            _tell(supervisor.address, application, token, password, kept)


def _token(kept: Secrets) -> str:
    """The demo's API token: the one of the last start if it is still valid, else a new one."""
    from provisor.administrators import commands
    from provisor.administrators.actor import system
    from provisor.administrators.models import ApiToken
    from provisor.api.tokens import digest_of

    found = kept.kept("token")
    if found and ApiToken.objects.filter(digest=digest_of(found), revoked=None, expires=None).exists():
        return found
    return kept.keep("token", commands.create_token(system(), name="demo", role="owner")[1])


def _sync(supervisor: Supervisor, application: Application, *, repair: bool) -> None:
    """Waits until every account is as it should be, showing how far it is."""
    from provisor.administrators.actor import system
    from provisor.applications import commands, queries
    from provisor.cli.watching import UNDER_WAY, accounts_by_status, bar

    if application.provisioning != "active":
        typer.echo(f"{application.name} is {application.provisioning}: it is left alone. Activate it to see it synced.")
        return
    run = commands.start_run(system(), application.id, "reconcile" if repair else "sync")
    deadline = time.monotonic() + SYNCED_WITHIN
    with bar(f"Syncing {application.name}") as show:
        while not supervisor.pause(0.1):
            states = accounts_by_status(application.id)
            waiting = states.get("due", 0) + states.get("retrying", 0)
            total = sum(states.values())
            show(total - waiting, total)
            if queries.get_run(run.id).status not in UNDER_WAY and not waiting:
                break
            if time.monotonic() > deadline:
                raise Failure(
                    f"{application.name} is not synced after {SYNCED_WITHIN:.0f} seconds. Its log above says why."
                )
    told = ", ".join(f"{count} {status}" for status, count in states.items())
    typer.echo(f"{application.name} is right: {told} (accounts).")


def _tell(address: str, application: Application, token: str, password: str, kept: Secrets) -> None:
    from provisor.directory import queries

    one = queries.users(queries.UserFilter(application=application.id, state="active")).order_by("username_key")[0]
    bearer, body = f"-H 'Authorization: Bearer {token}'", "-H 'Content-Type: application/json'"
    allowed, here = os.environ["PROVISOR_ALLOW_TARGETS"], os.path.normpath(sys.argv[0])
    seen = f"{application.base_url}/Users?filter=externalId%20eq%20%22{one.id}%22"
    typer.echo(
        f"""
Portal:    {address}/
API docs:  {address}/api/v1/docs
Sign-in:   admin@example.com, password {password}
API token: {token}

Three things to try (in another terminal):
1. Who has an account in {application.name}?
   curl {bearer} '{address}/api/v1/applications/{application.id}/accounts?limit=3'
2. Change {one.firstname}'s department, and see it arrive there:
   curl -X PATCH {bearer} {body} {address}/api/v1/users/{one.id} -d '{{"department": "Research"}}'
   curl -H 'Authorization: Bearer {os.environ[SAMPLE_TOKEN]}' '{seen}'
3. Suspend {one.firstname}: the account there becomes inactive. (unsuspend brings it back.)
   curl -X POST {bearer} {address}/api/v1/users/{one.id}/suspend

Other commands work on the demo too:
   PROVISOR_DATA_DIR='{kept.folder}' PROVISOR_ALLOW_TARGETS='{allowed}' {here} plan '{application.name}'
Ctrl-C stops everything."""
    )
