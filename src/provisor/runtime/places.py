"""Where the embedded PostgreSQL of a data folder lives, and who signs in to it: names that every process must
agree on without asking, because settings are read long before a database runs.

Cheap to import; touches nothing.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

DATABASE = "provisor"
SUPERUSER = "postgres"  # only while starting: makes the two logins and the database
OWNER = "provisor_owner"  # migrations; owns the database and every table
APP = "provisor_app"  # web and worker
PORT = 5432  # part of the socket's file name; nothing listens on TCP


def cluster_folder(data_dir: Path) -> Path:
    """The folder that `initdb` makes (PGDATA)."""
    return data_dir / "postgres"


def socket_folder(data_dir: Path) -> Path:
    """A short folder for the Unix socket: its whole path may hold 107 bytes, a data folder's path may be longer.

    The same for every process and every spelling of the data folder (symbolic links are resolved)."""
    name = hashlib.sha256(str(data_dir.resolve()).encode()).hexdigest()[:16]
    return Path("/tmp") / f"provisor-{name}"  # noqa: S108 - created 0700 and its owner checked: account.own_folder
