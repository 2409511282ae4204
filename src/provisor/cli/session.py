"""Commands work on the database through the same commands and queries as the API. This opens it for one command.

With the embedded PostgreSQL a command joins the running one, or starts it for as long as the command takes.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from provisor import config
from provisor.cli.failures import Failure


@contextmanager
def opened() -> Iterator[None]:
    """Django is set up and its database answers and is migrated. Raises Failure, PostgresError, ConfigurationError."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "provisor.settings")
    os.environ.setdefault("PROVISOR_DATABASE_POOL", "0")
    environment = config.read()
    with ExitStack() as stack:
        if environment.database_url is None:
            _embedded(stack, environment)
        import django

        django.setup()
        from django.db import connections

        stack.callback(connections.close_all)
        _refuse_unmigrated()
        yield


def _embedded(stack: ExitStack, environment: config.Environment) -> None:
    from provisor.runtime.postgres import Cluster, running

    alone = Cluster(environment.data_dir).process() is None
    stack.enter_context(running(environment.data_dir))
    if alone:  # nobody serves this folder: it may be new, or of an earlier version
        subprocess.run([sys.executable, "-m", "provisor", "migrate", "--quiet"], check=True)


def _refuse_unmigrated() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('administrators_administrator')")
        if cursor.fetchone()[0] is None:
            raise Failure("The database is empty. Run “provisor migrate” first.")
