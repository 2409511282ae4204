"""A worker may die at any moment: nothing is lost, and nothing is doubled."""

from __future__ import annotations

import json
import random
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest
from psycopg.conninfo import conninfo_to_dict
from tests.conftest import MASTER_KEY
from tests.engine.conftest import RunningWorker, World
from tests.engine.model_failpoints import boundaries, work_until
from tests.engine.model_waiting import assert_each_has_one_account, converge, crash, settle, sloppy_ends

from provisor.applications.models import Link
from provisor.directory import commands as directory
from provisor.testing import FakeServiceProvider, Fault

MANY = 500
PATIENCE = 120.0
THE_FAMOUS = {f"{side} {call}" for side in ("before", "after") for call in ("intend", "request", "record")}


def test_a_worker_that_loses_its_database_again_and_again_doubles_nothing(world):
    world.people(MANY)
    world.sp.fault(Fault("latency", method="POST", seconds=0.01))
    chance = random.Random(2)
    for _ in range(6):
        enough = len(world.sp.users) + chance.randint(1, 80)
        worker = RunningWorker(world.dsn)
        world.until(lambda enough=enough: len(world.sp.users) >= enough, PATIENCE)
        crash(world, worker)
    assert len(world.sp.users) < MANY, "the worker was done before it was killed"
    world.sp.clear_faults()
    converge(world, PATIENCE)
    assert_each_has_one_account(world, MANY)


def test_killed_worker_processes_double_nothing(world, start, database_url):
    world.people(MANY)
    for enough in (60, 150, 300):
        worker = start("worker", **database_url)
        world.until(lambda enough=enough: len(world.sp.users) >= enough, PATIENCE)
        worker.kill()
        worker.wait(30)
    assert len(world.sp.users) < MANY, "the worker was done before it was killed"
    start("worker", **database_url)
    settle(world, PATIENCE)
    assert_each_has_one_account(world, MANY)


@pytest.fixture
def database_url(world: World) -> dict[str, str]:
    """What a worker process has to be told to work on the test database."""
    where = conninfo_to_dict(world.dsn)
    query = "&".join(f"{name}={value}" for name, value in where.items() if name != "dbname")
    return {
        "PROVISOR_DATABASE_URL": f"postgresql:///{where['dbname']}?{query}",
        "PROVISOR_SECRET_KEY": MASTER_KEY,
        "PROVISOR_ALLOW_TARGETS": "127.0.0.1",
    }


@pytest.fixture(autouse=True)
def _sloppy_ends() -> Iterator[None]:
    with sloppy_ends():
        yield


# What one account is brought through, how it begins, and whether it is active in the end.


def create(world: World, name: str) -> Any:
    return world.employee(name)


def update(world: World, name: str) -> Any:
    user = _settled(world, name)
    world.edit(user, jobTitle="Countess", email=f"{name}@example.org")
    return user


def suspend(world: World, name: str) -> Any:
    user = _settled(world, name)
    directory.suspend_user(world.actor, user.id)
    return user


def take_over(world: World, name: str) -> Any:
    emails = [{"value": f"{name}@example.com", "type": "work", "primary": True}]
    world.sp.put_user({"userName": name, "emails": emails, "active": True})
    return world.employee(name)


def _settled(world: World, name: str) -> Any:
    user = world.employee(name)
    world.work()
    return user


@pytest.mark.parametrize("begin", [create, update, suspend, take_over], ids=lambda begin: begin.__name__)
def test_ending_at_any_boundary_of_one_change_loses_and_doubles_nothing(world, begin):
    world.configure(guard={"max_count": 1000})  # more people are suspended here than the guard lets through in a day
    begin(world, "first")
    visited = set()
    for number, boundary in enumerate(boundaries(world.dsn), start=2):
        user = begin(world, f"user{number}")
        if work_until(world.dsn, boundary):
            visited.add(boundary.name)
        converge(world)
        assert_right(world, user, f"ended {boundary}")
        assert len(world.sp.users) == number
    assert visited >= THE_FAMOUS
    assert world.sp.findings == []


def assert_right(world: World, user: Any, where: str) -> None:
    """Exactly one account has the user's name and id; it is as the directory has it, and linked."""
    user.refresh_from_db()
    (account,) = [account for account in world.sp.users if account["userName"] == user.username]
    assert account["externalId"] == str(user.id), where
    assert (account["active"], account["emails"][0]["value"]) == (user.state == "active", user.email), where
    assert Link.objects.get(user_id=user.id).remote_id == account["id"], where


# The whole tree: serve, web, worker and PostgreSQL, killed at once.


class Installation:
    """`provisor serve` on a data folder of its own, spoken to through its REST API."""

    def __init__(self, start: Callable[..., Any], provisor: Callable[..., Any], port: int) -> None:
        self._start, self._provisor, self._port = start, provisor, port
        self._token = ""

    def serve(self) -> Any:
        process = self._start("serve", "--port", str(self._port), PROVISOR_ALLOW_TARGETS="127.0.0.1")
        assert process.stdout.readline().startswith("Provisor is ready")
        self._token = self._token or self._provisor("token", "create", "test", "--role", "owner").stdout.strip()
        return process

    def post(self, path: str, body: dict[str, Any]) -> Any:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        url = f"http://127.0.0.1:{self._port}/api/v1{path}"
        request = urllib.request.Request(url, json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def connect(self, base_url: str, count: int) -> None:
        """`count` users in a group that is assigned to an active application."""
        drafts = [{"username": f"user{n}", "email": f"user{n}@example.com"} for n in range(count)]
        users = [result["user"]["id"] for result in self.post("/users:batch", {"users": drafts})["results"]]
        group = self.post("/groups", {"name": "Staff"})["id"]
        self.post(f"/groups/{group}/members", {"add": users})
        auth = {"type": "bearer", "token": "secret"}
        given = {"name": "Sample app", "connector": "custom", "base_url": base_url, "auth": auth}
        application = self.post("/applications", given)["id"]
        self.post(f"/applications/{application}/assignments", {"groups": {"add": [group]}})
        self.post(f"/applications/{application}/activate", {})


def kill_tree(process: Any, data_dir: Any) -> None:
    """kill -9 of serve, of everything it started, and of its PostgreSQL."""
    from provisor.runtime.postgres import Cluster

    postmaster = Cluster(data_dir).process()
    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    family += [postmaster, *postmaster.children(recursive=True)] if postmaster else []
    for member in {member.pid: member for member in family}.values():
        if member.is_running():
            member.kill()
    psutil.wait_procs(family, timeout=30)


def test_after_a_kill_of_the_whole_tree_nothing_is_doubled(start, provisor, free_port, data_dir, until):
    with FakeServiceProvider.in_thread() as sp:
        installation = Installation(start, provisor, free_port)
        process = installation.serve()
        sp.fault(Fault("latency", method="POST", seconds=0.01))
        installation.connect(sp.base_url, 300)
        until(lambda: len(sp.users) > 50)
        kill_tree(process, data_dir)
        assert len(sp.users) < 300
        installation.serve()
        until(lambda: len({account["externalId"] for account in sp.users}) == 300, PATIENCE)
        assert len(sp.users) == 300
        assert sp.findings == []
