"""One command has to run a database, a web server and a worker, and leave nothing behind: `serve`.

It holds a lock on the data folder, starts PostgreSQL (unless an external one is named), migrates, and keeps one
process for each part alive. It stops them in reverse: the children first, then their database.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from provisor import config
from provisor.runtime import locks, parent
from provisor.runtime.postgres import Cluster, one_at_a_time, running

log = structlog.get_logger("provisor.serve")

READY_WITHIN = 60.0  # seconds until the web process must answer
STOPPED_WITHIN = 10.0  # seconds that a child has for stopping
BACK_OFF = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)  # seconds before each restart of a child that keeps dying
TOO_MANY_DEATHS = 4  # while starting
STEADY = 60.0  # seconds of life that forget earlier deaths


class CannotServe(Exception):
    """serve doesn't start; the message says why and what to do."""


@dataclass
class Child:
    """One process that is kept alive. `words` follow `provisor`: they show its role in the list of processes."""

    words: Sequence[str]
    port: int | None = None  # that it listens on, on the loopback address; serve refuses to start if it is taken
    told: dict[str, str] = field(default_factory=dict)  # more of its environment
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    deaths: int = 0
    not_before: float = 0.0

    def start(self) -> None:
        environment = os.environ | {parent.MARK: "1"} | self.told
        environment.pop("PROVISOR_DATABASE_POOL", None)  # this process may have switched it off for itself
        command = [sys.executable, "-m", "provisor", *self.words]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, env=environment, start_new_session=True)
        self.started = time.monotonic()

    def look(self) -> None:
        """Starts the child again if it died, each time a little later if it keeps dying."""
        now = time.monotonic()
        if self.process and self.process.poll() is not None:
            self._bury(now)
        if self.process is None and now >= self.not_before:
            self.start()

    def ask_to_stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()

    def stop(self, patience: float) -> None:
        if self.process is None:
            return
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._close()

    def _bury(self, now: float) -> None:
        assert self.process
        if now - self.started > STEADY:
            self.deaths = 0
        wait = BACK_OFF[min(self.deaths, len(BACK_OFF) - 1)]
        log.warning("process died", part=self.words[0], exit=self.process.returncode, restart_in_seconds=wait)
        self.deaths += 1
        self.not_before = now + wait
        self._close()

    def _close(self) -> None:
        if self.process and self.process.stdin:
            self.process.stdin.close()
        self.process = None


@dataclass
class Supervisor:
    """What `serve` keeps running. `stopping` is set by SIGINT, SIGTERM, or whoever wants it to end."""

    host: str
    port: int
    children: list[Child]
    cluster: Cluster | None
    stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def address(self) -> str:
        return config.read().public_url or _local(self.host, self.port)

    def wait_until_ready(self) -> None:
        """Returns once everything takes connections, or when serve is to stop. Raises CannotServe."""
        deadline = time.monotonic() + READY_WITHIN
        ports = [(self.host, self.port), *[("127.0.0.1", child.port) for child in self.children if child.port]]
        while not self.stopping.is_set() and not all(_answers(*port) for port in ports):
            if time.monotonic() > deadline or any(child.deaths >= TOO_MANY_DEATHS for child in self.children):
                raise CannotServe("Not all parts of Provisor start. Their log above says why.")
            self.look()
            self.stopping.wait(0.05)

    def pause(self, seconds: float) -> bool:
        """Keeps everything alive for so long. True if it is to stop."""
        self.look()
        return self.stopping.wait(seconds)

    def watch(self) -> None:
        """Keeps everything alive until it is to stop."""
        while not self.pause(0.2):
            pass

    def look(self) -> None:
        if self.cluster and self.cluster.process() is None:
            log.warning("PostgreSQL died", restart_in_seconds=0)
            with one_at_a_time(self.cluster.data_dir):
                self.cluster.start()
        for child in self.children:
            child.look()


@contextmanager
def serving(*, host: str, port: int, more: Sequence[Child] = ()) -> Iterator[Supervisor]:
    """Everything that `provisor serve` runs, and `more` children, until this is left.

    Raises CannotServe before anything is started: the data folder is served already, or the port is taken."""
    environment = config.read()
    with ExitStack() as stack:
        stack.enter_context(_data_folder(environment.data_dir))
        _refuse_taken_ports((host, port), *[("127.0.0.1", child.port) for child in more if child.port])
        config.master_key(environment)  # made once, by one process
        stopping = stack.enter_context(_until_a_signal())
        external = environment.database_url is not None
        cluster = None if external else stack.enter_context(running(environment.data_dir))
        _migrate()
        told = {"PROVISOR_SERVED_AT": _local(host, port)}  # links in mail lead there, unless there is a public address
        children = [
            Child(("web", "--host", host, "--port", str(port)), told=told),
            Child(("worker",), told=told),
            *more,
        ]
        stack.callback(_stop_all, children)
        yield Supervisor(host, port, children, cluster, stopping)


def serve(*, host: str, port: int, ready: Callable[[Supervisor], None]) -> None:
    """`provisor serve`, until SIGINT or SIGTERM. `ready` is called once the portal answers."""
    with serving(host=host, port=port) as supervisor:
        supervisor.wait_until_ready()
        if not supervisor.stopping.is_set():
            ready(supervisor)
        supervisor.watch()


def _local(host: str, port: int) -> str:
    """Where the portal is found from this machine."""
    here = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104 - as shown to people
    return f"http://{here}:{port}"


def _refuse_taken_ports(*ports: tuple[str, int]) -> None:
    for host, port in ports:
        try:
            family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            with socket.socket(family, kind) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
        except OSError as error:
            reason = error.strerror or str(error)
            raise CannotServe(
                f"{host}:{port} can't be listened on: {reason}. See --help for choosing another."
            ) from error


@contextmanager
def _data_folder(data_dir: Path) -> Iterator[None]:
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = locks.FileLock(data_dir / "serve.lock")
    try:
        lock.take()
    except locks.Taken as error:
        raise CannotServe(
            f"Another provisor serve runs on {data_dir}. Stop it, or set PROVISOR_DATA_DIR to another folder."
        ) from error
    try:
        _wait_for_orphans(data_dir)
        yield
    finally:
        lock.release()


def _wait_for_orphans(data_dir: Path) -> None:
    """Children of a serve that was killed notice it and end by themselves; until then they hold the port."""
    lock = parent.lock_of_parts(data_dir)
    try:
        lock.take_within(parent.PATIENCE * 2)
    except locks.Taken as error:
        raise CannotServe(f"Parts of an earlier provisor serve on {data_dir} still run. Stop them first.") from error
    finally:
        lock.release()


@contextmanager
def _until_a_signal() -> Iterator[threading.Event]:
    stopping = threading.Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    for number in before:
        signal.signal(number, lambda *_: stopping.set())
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _migrate() -> None:
    """In a process of its own: it works as the owner of the tables, which nothing here otherwise does."""
    command = [sys.executable, "-m", "provisor", "migrate", "--quiet"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, check=False, start_new_session=True)
    if done.returncode != 0:
        raise CannotServe("The database could not be brought up to this version. The message above says why.")


def _stop_all(children: Sequence[Child]) -> None:
    for child in children:
        child.ask_to_stop()
    deadline = time.monotonic() + STOPPED_WITHIN
    for child in children:
        child.stop(max(0.1, deadline - time.monotonic()))


def _answers(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=1) as found:
            # A try on a free port of the range that outgoing connections take theirs from can meet itself.
            return bool(found.getsockname() != found.getpeername())
    except OSError:
        return False
