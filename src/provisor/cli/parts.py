"""serve, and the parts it consists of: web, worker, migrate."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from provisor import config

Host = Annotated[str, typer.Option(help="The address to listen on.")]
Port = Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")]


def register(app: typer.Typer) -> None:
    for command in (serve, web, worker, migrate):
        app.command()(command)


def serve(host: Host = "127.0.0.1", port: Port = 8080) -> None:
    """Run everything on this machine: database, migrations, web and worker."""
    from provisor.runtime import logs, supervise

    logs.configure("serve")
    supervise.serve(host=host, port=port, ready=lambda it: typer.echo(f"Provisor is ready: {it.address}"))


def web(host: Host = "127.0.0.1", port: Port = 8080) -> None:
    """Run the web server alone: the API and the portal."""
    from provisor.runtime import logs, parent
    from provisor.runtime import web as server

    parent.end_with_parent(config.read().data_dir)
    logs.configure("web")
    server.run(host=host, port=port)


def worker(
    concurrency: Annotated[int, typer.Option(min=1, max=1024, help="Applications worked on at the same time.")] = 16,
) -> None:
    """Run one worker: it keeps the accounts in every application right. Any number may run, on any machine."""
    from provisor.runtime import logs, parent

    parent.end_with_parent(config.read().data_dir)
    logs.configure("worker")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "provisor.settings")
    import django

    django.setup()
    from provisor.applications import working
    from provisor.directory.commands import restored

    working.run(concurrency=concurrency, history=restored)


def migrate(
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing unless it fails.")] = False,
) -> None:
    """Bring the database up to this version, as its owner. Safe to repeat, and on several machines at once."""
    from contextlib import ExitStack

    from provisor.runtime.migrate import migrate as run

    environment = config.read()
    with ExitStack() as stack:
        if environment.database_url is None:
            from provisor.runtime.postgres import running

            stack.enter_context(running(environment.data_dir))
        applied = run()
    if not quiet:
        typer.echo(f"Applied {len(applied)} migrations." if applied else "The database is up to date.")
