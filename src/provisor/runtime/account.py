"""PostgreSQL refuses to run as root, and people do run Provisor as root: in containers, or on a machine of its own.

Then its processes run under an existing unprivileged account that owns nothing but the cluster's folder. Folders
above it, or the .venv, may be closed to that account (/root is 0700); opening them would be the wrong answer, so
there the processes keep the one capability that passes by, CAP_DAC_OVERRIDE, and no other right of root.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CANDIDATES = ("postgres", "nobody", "daemon")


class PostgresError(Exception):
    """The embedded PostgreSQL can't be used; the message says why and what to do."""


@dataclass(frozen=True)
class Account:
    """Who runs PostgreSQL. `prefix` goes in front of its commands, `options` into subprocess."""

    uid: int
    gid: int
    prefix: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)


def for_cluster(cluster: Path, needed: Iterable[Path]) -> Account:
    """The account for `cluster`, an existing folder or one to be made; it must reach the paths in `needed` too.

    Raises PostgresError where root has no unprivileged account to use."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    uid, gid = _owner_of(cluster) or _candidate()
    if all(_reaches(uid, gid, path) for path in (cluster.parent, *needed)):
        return Account(uid, gid, options={"user": uid, "group": gid, "extra_groups": []})
    return Account(uid, gid, prefix=_keeping_access(uid, gid))


def own_folder(path: Path, account: Account) -> None:
    """Makes `path` a folder that `account` alone may enter. Raises PostgresError for one that is somebody else's."""
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (account.uid, os.geteuid()):
            raise PostgresError(f"{path} belongs to somebody else. Remove it, then start again.") from None
    path.chmod(0o700)
    os.chown(path, account.uid, account.gid)


def _owner_of(cluster: Path) -> tuple[int, int] | None:
    try:
        found = cluster.stat()
    except FileNotFoundError:
        return None
    return (found.st_uid, found.st_gid) if found.st_uid else None


def _candidate() -> tuple[int, int]:
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    raise PostgresError(
        f"PostgreSQL does not run as root, and none of the accounts {', '.join(CANDIDATES)} exists. "
        "Start Provisor as an ordinary user, or set PROVISOR_DATABASE_URL."
    )


def _reaches(uid: int, gid: int, path: Path) -> bool:
    """Whether every folder on the way to `path` lets this account pass."""
    return all(_passes(uid, gid, folder.stat()) for folder in (path, *path.parents) if folder.is_dir())


def _passes(uid: int, gid: int, found: os.stat_result) -> bool:
    if found.st_uid == uid:
        return bool(found.st_mode & stat.S_IXUSR)
    return bool(found.st_mode & (stat.S_IXGRP if found.st_gid == gid else stat.S_IXOTH))


def _keeping_access(uid: int, gid: int) -> tuple[str, ...]:
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise PostgresError(
            "The data folder or the .venv is closed to the account that PostgreSQL would run under, and `setpriv` "
            "(of util-linux) is missing. Set PROVISOR_DATA_DIR to a folder outside /root, or install util-linux."
        )
    keep = "-all,+dac_override"
    ids = (f"--reuid={uid}", f"--regid={gid}", "--clear-groups")
    return (setpriv, *ids, f"--inh-caps={keep}", f"--ambient-caps={keep}", "--no-new-privs", "--")
