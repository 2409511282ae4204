"""Two processes may start at once after an update, and the application's login must never own a table: migrations
run one at a time, as the owner, and end with granting the application's login what it needs and no more.
"""

from __future__ import annotations

import os

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from provisor import config
from provisor.runtime import database, places

ONE_AT_A_TIME = 0x70726F76  # the advisory lock; any number that nothing else here uses
APPEND_ONLY = ("audit_event", "audit_operation")  # the application's login may add to them and read them


def migrate() -> list[str]:
    """Brings the database up to this version and returns what it applied, as "app.name". Repeating it is harmless.

    Sets Django up as the owner: call it in a process of its own, before anything else has set Django up."""
    os.environ["PROVISOR_DATABASE_ROLE"] = "owner"
    os.environ["PROVISOR_DATABASE_POOL"] = "0"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "provisor.settings")
    with psycopg.connect(owner_dsn(config.read()), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [ONE_AT_A_TIME])
        try:
            applied = _apply()
            with connection.transaction():
                _grant(connection)
        except Exception as error:
            if not isinstance(error.__cause__ or error, psycopg.errors.InsufficientPrivilege):
                raise
            raise config.ConfigurationError(
                "This database login may not change tables. Run “provisor migrate” with the owner's login in"
                " PROVISOR_DATABASE_DIRECT_URL; web and worker do with the other one (docs/guide/operate.md)."
            ) from error
        return applied


def owner_dsn(environment: config.Environment) -> str:
    return make_conninfo("", **database.parameters(environment, as_owner=True))


def _apply() -> list[str]:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        call_command("migrate", verbosity=0, interactive=False)
    connection.close()
    return [f"{step.app_label}.{step.name}" for step, _backwards in missing]


def _grant(connection: psycopg.Connection) -> None:
    """No default privileges: each run grants anew, and a partition made later needs none of its own."""
    app = sql.Identifier(places.APP)
    if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [places.APP]).fetchone():
        return  # an external database with one login
    for statement in (
        "GRANT USAGE ON SCHEMA {schema} TO {app}",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {app}",
        "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {app}",
        "REVOKE ALL ON {append_only} FROM {app}",
        "GRANT SELECT, INSERT ON {append_only} TO {app}",
    ):
        tables = sql.SQL(", ").join(sql.Identifier(name) for name in APPEND_ONLY)
        names = {"schema": sql.Identifier(_schema(connection)), "app": app, "append_only": tables}
        connection.execute(sql.SQL(statement).format(**names))
    for (partition,) in connection.execute(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = ANY(%s::regclass[])", [list(APPEND_ONLY)]
    ).fetchall():
        connection.execute(sql.SQL("REVOKE ALL ON {} FROM {}").format(sql.SQL(partition), app))


def _schema(connection: psycopg.Connection) -> str:
    found = connection.execute("SELECT current_schema()").fetchone()
    assert found
    return str(found[0])
