"""What the environment says (the contract's table of variables), read in one place.

Nothing here touches the disk or the network, except `master_key`, which makes the key file once.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

import platformdirs


class ConfigurationError(Exception):
    """An environment variable can't be used; the message names it and says what to do."""


@dataclass(frozen=True)
class Environment:
    """The PROVISOR_* variables as values. `database_url` is None for the embedded PostgreSQL."""

    data_dir: Path
    database_url: str | None
    database_direct_url: str | None
    public_url: str | None
    allow_targets: tuple[str, ...]
    email_url: str | None
    metrics_public: bool
    connectors_dir: Path


def read() -> Environment:
    """The environment of this process."""
    get = os.environ.get
    named = get("PROVISOR_DATA_DIR") or platformdirs.user_data_dir("provisor")
    database_url = get("PROVISOR_DATABASE_URL") or None
    targets = get("PROVISOR_ALLOW_TARGETS") or ""
    data_dir = Path(named).expanduser().absolute()
    return Environment(
        data_dir=data_dir,
        database_url=database_url,
        database_direct_url=get("PROVISOR_DATABASE_DIRECT_URL") or database_url,
        public_url=get("PROVISOR_PUBLIC_URL") or None,
        allow_targets=tuple(part.strip() for part in targets.split(",") if part.strip()),
        email_url=get("PROVISOR_EMAIL_URL") or None,
        metrics_public=get("PROVISOR_METRICS_PUBLIC") == "1",
        connectors_dir=Path(get("PROVISOR_CONNECTORS_DIR") or data_dir / "connectors").expanduser().absolute(),
    )


def own_url() -> str | None:
    """The address for links in mail: PROVISOR_PUBLIC_URL, or where `serve` made the portal listen. None for a part of a
    cluster that was told neither."""
    found = read().public_url or os.environ.get("PROVISOR_SERVED_AT")
    return found.rstrip("/") if found else None


def master_key(environment: Environment | None = None) -> bytes:
    """The master key, at least 32 bytes: from PROVISOR_SECRET_KEY, PROVISOR_SECRET_KEY_FILE, or `key` in the
    data folder, which is made once with mode 0600. Raises ConfigurationError for a key that is too short."""
    environment = environment or read()
    if given := os.environ.get("PROVISOR_SECRET_KEY"):
        return _long_enough(given.encode(), "PROVISOR_SECRET_KEY")
    if named := os.environ.get("PROVISOR_SECRET_KEY_FILE"):
        try:
            return _long_enough(Path(named).read_bytes().strip(), "PROVISOR_SECRET_KEY_FILE")
        except OSError as error:
            raise ConfigurationError(f"PROVISOR_SECRET_KEY_FILE: {named} can't be read ({error.strerror}).") from error
    path = environment.data_dir / "key"
    if not path.exists():
        _make_key(path)
    return _long_enough(path.read_bytes().strip(), str(path))


def _make_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"key.{os.getpid()}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(48))
    try:
        os.link(fresh, path)  # never over a key that another process made meanwhile
    except FileExistsError:
        pass
    finally:
        fresh.unlink()


def _long_enough(key: bytes, where: str) -> bytes:
    if len(key) < 32:
        raise ConfigurationError(f"{where} holds {len(key)} bytes; a master key needs at least 32 random ones.")
    return key
