"""A real PostgreSQL for the tests: the embedded one on a folder of its own, or PROVISOR_TEST_DATABASE_URL.

The environment is set here, before Django reads its settings: so DJANGO_SETTINGS_MODULE stands here and not in
pyproject.toml, from where pytest-django would read the settings before this file.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import django
import psycopg
import pytest
from hypothesis import settings
from psycopg.conninfo import make_conninfo
from tests.ports import a_free_port

MASTER_KEY = "a master key of the tests, 32 bytes and more"
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

# The same examples at every run, so that a change is judged by what it changed; new ones: EXPLORE=1 script/test ...
settings.register_profile("same", derandomize=True, deadline=None)  # a busy machine is no reason to fail
settings.register_profile("explore", deadline=None)
settings.load_profile("explore" if os.environ.get("EXPLORE") else "same")


def _prepare_environment() -> Path:
    url = os.environ.get("PROVISOR_TEST_DATABASE_URL")
    for name in [name for name in os.environ if name.startswith(("PROVISOR", "PG"))]:
        del os.environ[name]
    data_dir = Path(tempfile.mkdtemp(prefix="provisor-tests-"))
    os.environ["DJANGO_SETTINGS_MODULE"] = "provisor.settings"
    os.environ["PROVISOR_DATA_DIR"] = str(data_dir)
    os.environ["PROVISOR_SECRET_KEY"] = MASTER_KEY
    os.environ["PROVISOR_DATABASE_ROLE"] = "owner"  # makes the test database and migrates it
    os.environ["PROVISOR_DATABASE_POOL"] = "0"
    if url:
        os.environ["PROVISOR_DATABASE_URL"] = url
    return data_dir


Run = Callable[..., subprocess.CompletedProcess[str]]
Start = Callable[..., subprocess.Popen[str]]

DATA_DIR = _prepare_environment()


def pytest_configure(config: pytest.Config) -> None:
    django.setup()
    if config.getoption("numprocesses", None):  # the processes that run the tests set themselves up as this one did
        del os.environ["DJANGO_SETTINGS_MODULE"]


@pytest.fixture(scope="session")
def postgres() -> Iterator[None]:
    """A server that the settings point to. Stopped and removed with the session."""
    if "PROVISOR_DATABASE_URL" in os.environ:
        yield
        return
    from provisor.runtime import places
    from provisor.runtime.postgres import running

    with running(DATA_DIR, NOT_DURABLE) as cluster:
        with psycopg.connect(cluster.dsn(places.SUPERUSER), autocommit=True) as connection:
            connection.execute(f"ALTER ROLE {places.OWNER} CREATEDB")
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(postgres: None) -> None:
    """pytest-django asks for this before it makes the test database: so the server runs by then."""


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """A test's thread or worker may have left a connection open: it would keep the test database from being dropped."""
    yield
    with psycopg.connect(_test_database(), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
        )


@pytest.fixture
def dsn(transactional_db: None) -> str:
    """The test database for connections of one's own (the worker's), as its owner. What they commit is cleared."""
    return _test_database()


def _test_database() -> str:
    from django.db import connection

    keys = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    given = {libpq: connection.settings_dict[name] for name, libpq in keys.items() if connection.settings_dict[name]}
    return make_conninfo("", **given)


@pytest.fixture(autouse=True)
def _as_migrated(request: pytest.FixtureRequest) -> None:
    """Django clears the tables that it manages after a transactional test: not the partitioned one, nor those of the
    jobs, but the row that a migration made. Any test may come after one: each process has an order of its own."""
    marker = request.node.get_closest_marker("django_db")
    if "transactional_db" in request.fixturenames or (marker and marker.kwargs.get("transaction")):
        request.getfixturevalue("transactional_db")
        _as_migration_left_it()
        _cleared.append(request.node.nodeid)
    elif _cleared and (marker or "db" in request.fixturenames):
        request.getfixturevalue("db")
        _as_migration_left_it()


_cleared: list[str] = []  # the transactional tests so far


def _as_migration_left_it() -> None:
    from django.db import connection

    from provisor.directory.models import Organisation

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE audit_operation")
        cursor.execute("DELETE FROM procrastinate_jobs")  # Django doesn't manage it either
        cursor.execute("DELETE FROM procrastinate_workers")
    Organisation.objects.get_or_create(pk=1)


@pytest.fixture
def free_port() -> int:
    """As a_free_port."""
    return a_free_port()


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    """Waits until the condition holds; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came about"
        threading.Event().wait(0.02)


@pytest.fixture(name="until")
def _until() -> Callable[..., None]:
    return until


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def environment(data_dir: Path) -> dict[str, str]:
    """Of a process that knows nothing of this test session."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PROVISOR", "DJANGO", "PG"))}
    return kept | {"PROVISOR_DATA_DIR": str(data_dir)}


@pytest.fixture
def provisor(environment: dict[str, str]) -> Run:
    """Runs one command to its end."""

    def run(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "provisor", *words]
        return subprocess.run(command, env=environment | more, capture_output=True, text=True, timeout=120, check=False)

    return run


@pytest.fixture
def start(environment: dict[str, str], tmp_path: Path) -> Iterator[Start]:
    """Starts a command that goes on; whatever of it is left at the end of the test is killed."""
    started: list[subprocess.Popen[str]] = []

    def run(*words: str, **more: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "provisor", *words]
        with (tmp_path / f"log-{len(started)}").open("w") as log:
            started.append(
                subprocess.Popen(command, env=environment | more, stdout=subprocess.PIPE, stderr=log, text=True)
            )
        return started[-1]

    yield run
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
        assert process.stdout
        process.stdout.close()
    stop_postgres(Path(environment["PROVISOR_DATA_DIR"]))


def stop_postgres(data_dir: Path) -> None:
    from provisor.runtime.postgres import Cluster

    for folder in (data_dir, data_dir / "demo"):
        Cluster(folder).stop()


def pytest_sessionfinish() -> None:
    shutil.rmtree(DATA_DIR, ignore_errors=True)
