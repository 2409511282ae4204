"""What goes wrong at the command line is told in one line on stderr: what, where, what to do next. No traceback for
anything that a person can put right; a mistake in Provisor itself still shows one.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

EXPLAINED = {
    "provisor.errors.Problem",
    "provisor.administrators.roles.Forbidden",
    "provisor.config.ConfigurationError",
    "provisor.vault.CannotOpen",
    "provisor.runtime.account.PostgresError",
    "provisor.runtime.supervise.CannotServe",
    "provisor.cli.failures.Failure",
}
UNREACHABLE = {"psycopg.OperationalError", "django.db.utils.OperationalError"}


class Failure(Exception):
    """A command can't do what it was asked to; the message is the line to show."""


@contextmanager
def explained() -> Iterator[None]:
    """Ends the process with exit code 1 and one line for errors that people can put right."""
    try:
        yield
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        line = line_for(error)
        if line is None:
            raise
        typer.echo(f"provisor: {line}", err=True)
        sys.exit(1)


def line_for(error: Exception) -> str | None:
    """The line for an error, by the name of its class: what raises it has been imported, nothing else need be."""
    names = {f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__}
    if names & EXPLAINED:
        return str(error)
    if names & UNREACHABLE:
        reason = str(error).strip().splitlines()[-1] if str(error).strip() else "no reason given"
        return f"The database can't be used: {reason}. Is PROVISOR_DATABASE_URL right, and is the server running?"
    return None
