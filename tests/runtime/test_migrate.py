"""Migrations: by the owner, once, and the application's login gets what it needs and no more."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from provisor.runtime import places
from provisor.runtime.postgres import Cluster, running

Words = tuple[str, ...]


def migrate(**environment: str) -> subprocess.Popen[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PROVISOR", "DJANGO"))}
    command = [sys.executable, "-m", "provisor", "migrate"]
    return subprocess.Popen(command, env=kept | environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ends(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Migrated by two at once."""
    data_dir = tmp_path_factory.mktemp("migrated")
    with running(data_dir, {"fsync": "off"}) as cluster:
        both = [migrate(PROVISOR_DATA_DIR=str(data_dir)) for _ in range(2)]
        told = sorted(ends(process) for process in both)
        assert told[0].startswith("Applied")
        assert told[1] == "The database is up to date.\n"
        yield cluster


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET type = 'x'",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event",
        "UPDATE audit_operation SET type = 'x'",
        "DELETE FROM audit_operation",
        "DELETE FROM audit_operation_default",
        "SELECT * FROM audit_operation_default",
        "CREATE TABLE mine (id int)",
        "ALTER TABLE directory_user ADD COLUMN x int",
        "DROP TABLE directory_user",
        "ALTER TABLE audit_event DISABLE TRIGGER ALL",
    ],
)
def test_the_application_may_not(cluster: Cluster, statement: str) -> None:
    with psycopg.connect(cluster.dsn(places.APP)) as connection, pytest.raises(InsufficientPrivilege):
        connection.execute(statement)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM audit_event",
        "INSERT INTO audit_operation (id, at, type) VALUES (gen_random_uuid(), now(), 'x')",
        "INSERT INTO directory_group (id, name, name_key, created, updated) "
        "VALUES (gen_random_uuid(), 'a', 'a', now(), now())",
        "DELETE FROM directory_membership",
        "SELECT nextval('applications_due_id_seq')",
        "SELECT * FROM applications_account",
        "SELECT * FROM django_migrations",
    ],
)
def test_the_application_may(cluster: Cluster, statement: str) -> None:
    with psycopg.connect(cluster.dsn(places.APP)) as connection:
        connection.execute(statement)  # type: ignore[call-overload]


def test_not_even_the_owner_changes_history(cluster: Cluster) -> None:
    with psycopg.connect(cluster.dsn(places.OWNER)) as connection:
        connection.execute("INSERT INTO audit_event (id, at, type) VALUES (gen_random_uuid(), now(), 'x')")
        with pytest.raises(InsufficientPrivilege, match="append-only"):
            connection.execute("DELETE FROM audit_event")


def test_an_external_database_with_one_login(data_dir: Path, tmp_path: Path) -> None:
    with running(data_dir, {"fsync": "off"}) as cluster:
        url = f"postgresql:///provisor?host={cluster.socket_folder}&user={places.OWNER}"
        out = ends(migrate(PROVISOR_DATABASE_URL=url, PROVISOR_DATA_DIR=str(tmp_path / "own")))
        assert out.startswith("Applied")
        with psycopg.connect(cluster.dsn(places.OWNER)) as connection:
            assert connection.execute("SELECT count(*) FROM directory_organisation").fetchone() == (1,)
    assert not (tmp_path / "own" / "postgres").exists()


def test_a_database_that_is_away_is_one_clear_line(tmp_path: Path) -> None:
    process = migrate(
        PROVISOR_DATABASE_URL=f"postgresql://u:hunter2@/d?host={tmp_path}", PROVISOR_DATA_DIR=str(tmp_path)
    )
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err.startswith("provisor: The database can't be used")
    assert "hunter2" not in err
    assert "Traceback" not in err
