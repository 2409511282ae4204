"""One database, three readers of its address: Django's settings, the worker's own connections, and migrations.

Nothing here starts or opens anything: settings.py imports it.
"""

from __future__ import annotations

import os
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from provisor.config import ConfigurationError, Environment
from provisor.runtime import places

WORKER = "provisor worker"  # as it shows in pg_stat_activity; `runtime.status` looks for it
POOL = {"min_size": 1, "max_size": 20, "timeout": 10, "max_idle": 120}
_OWN_KEYS = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}


def django_settings(environment: Environment) -> dict[str, Any]:
    """DATABASES["default"]. Reads two variables that only Provisor's own processes set: PROVISOR_DATABASE_ROLE=owner
    (migrations) and PROVISOR_DATABASE_POOL=0 (a short command needs no pool)."""
    as_owner = os.environ.get("PROVISOR_DATABASE_ROLE") == "owner"
    where = parameters(environment, as_owner=as_owner)
    settings: dict[str, Any] = {name: where.pop(key, "") for key, name in _OWN_KEYS.items()}
    options: dict[str, Any] = dict(where)
    if os.environ.get("PROVISOR_DATABASE_POOL") != "0":
        options["pool"] = dict(POOL)
    pooler = not as_owner and environment.database_direct_url != environment.database_url
    return settings | {
        "ENGINE": "django.db.backends.postgresql",
        "OPTIONS": options,
        "CONN_MAX_AGE": 0,
        "DISABLE_SERVER_SIDE_CURSORS": pooler,  # a cursor outlives its transaction; behind a pooler it can't
        "TEST": {"TEMPLATE": "template0"},
    }


def dsn(environment: Environment, *, direct: bool = True, application_name: str = WORKER) -> str:
    """A libpq connection string for the application's login. `direct`: past a pooler, for LISTEN and session locks."""
    return make_conninfo("", **parameters(environment, direct=direct), application_name=application_name)


def parameters(environment: Environment, *, direct: bool = False, as_owner: bool = False) -> dict[str, Any]:
    """libpq's parameters by name. Raises ConfigurationError for a URL that it can't read, without repeating it."""
    if environment.database_url is None:
        login = places.OWNER if as_owner else places.APP
        folder = places.socket_folder(environment.data_dir)
        return {"host": str(folder), "port": str(places.PORT), "user": login, "dbname": places.DATABASE}
    if direct or as_owner:
        return _read(environment.database_direct_url or environment.database_url, "PROVISOR_DATABASE_DIRECT_URL")
    return _read(environment.database_url, "PROVISOR_DATABASE_URL")


def _read(url: str, variable: str) -> dict[str, Any]:
    try:
        found = conninfo_to_dict(url) if url.startswith(("postgresql://", "postgres://")) else {}
    except psycopg.ProgrammingError:
        found = {}  # its message would repeat the URL, and with it a password
    if not found.get("dbname"):
        raise ConfigurationError(
            f"{variable} can't be read. It has the form postgresql://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=require."
        )
    return found
