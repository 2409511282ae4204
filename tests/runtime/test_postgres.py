"""The embedded PostgreSQL: one postmaster for a data folder, whoever comes and goes, and however they go."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from provisor.runtime import places
from provisor.runtime.postgres import Cluster, PostgresError, running

NOT_DURABLE = {"fsync": "off", "full_page_writes": "off"}
STARTS_AND_DIES = """
import os, sys
from pathlib import Path
from provisor.runtime.postgres import running
with running(Path(sys.argv[1]), {"fsync": "off"}) as cluster:
    print(cluster.process().pid, flush=True)
    os.kill(os.getpid(), 9)
"""


@pytest.fixture
def cluster(data_dir: Path) -> Iterator[Cluster]:
    with running(data_dir, NOT_DURABLE) as cluster:
        yield cluster


def one(dsn: str, statement: str) -> object:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(statement).fetchone()  # type: ignore[call-overload]
        return row[0]


def test_it_answers_in_utf8_by_code_points_in_utc(cluster: Cluster) -> None:
    assert one(cluster.dsn(), "SHOW server_encoding") == "UTF8"
    assert one(cluster.dsn(), "SHOW timezone") == "UTC"
    assert one(cluster.dsn(), "SELECT string_agg(x, '' ORDER BY x) FROM unnest('{ä,a,Z,B}'::text[]) x") == "BZaä"


def test_it_listens_on_no_network_address(cluster: Cluster) -> None:
    assert one(cluster.dsn(), "SHOW listen_addresses") == ""


def test_only_its_owner_may_enter_the_folder_of_the_socket(cluster: Cluster) -> None:
    assert cluster.socket_folder.stat().st_mode & 0o077 == 0


def test_the_application_may_not_make_tables(cluster: Cluster) -> None:
    with psycopg.connect(cluster.dsn()) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("CREATE TABLE mine (id int)")


def test_it_stops_with_the_last_one_out(data_dir: Path) -> None:
    with running(data_dir, NOT_DURABLE) as cluster:
        with running(data_dir) as joined:
            assert joined.process() == cluster.process()
        assert cluster.answers()
    assert cluster.process() is None
    assert not cluster.socket_folder.exists()


def test_a_postmaster_that_outlived_its_starter_is_taken_over(data_dir: Path) -> None:
    orphan = subprocess.run([sys.executable, "-c", STARTS_AND_DIES, data_dir], stdout=subprocess.PIPE, check=False)
    assert orphan.returncode == -signal.SIGKILL
    with running(data_dir) as cluster:
        process = cluster.process()
        assert process
        assert process.pid == int(orphan.stdout)
    assert cluster.process() is None


def test_what_was_committed_survives_a_killed_postmaster(data_dir: Path, until: Callable[..., None]) -> None:
    with running(data_dir) as cluster:
        with psycopg.connect(cluster.dsn(places.OWNER)) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        process = cluster.process()
        assert process
        process.kill()
        until(lambda: cluster.process() is None)
    with running(data_dir) as cluster:
        assert one(cluster.dsn(places.OWNER), "SELECT answer FROM kept") == 42


def test_a_lock_file_that_names_a_strangers_process_is_no_hindrance(data_dir: Path) -> None:
    with running(data_dir, NOT_DURABLE) as cluster:
        lock_file = (cluster.folder / "postmaster.pid").read_text()
    stranger = subprocess.Popen(["sleep", "60"])
    (cluster.folder / "postmaster.pid").write_text("\n".join([str(stranger.pid), *lock_file.splitlines()[1:]]))
    with running(data_dir, NOT_DURABLE) as cluster:
        assert cluster.answers()
    stranger.kill()
    stranger.wait()


def test_a_lost_socket_is_made_anew(cluster: Cluster) -> None:
    (cluster.socket_folder / f".s.PGSQL.{places.PORT}").unlink()
    cluster.start()
    assert cluster.answers()


def test_a_cluster_of_another_major_version_is_refused_untouched(data_dir: Path) -> None:
    folder = places.cluster_folder(data_dir)
    folder.mkdir(parents=True)
    (folder / "PG_VERSION").write_text("16\n")
    with pytest.raises(PostgresError, match=r"made by PostgreSQL 16.*PROVISOR_DATABASE_URL"), running(data_dir):
        pass
    assert [path.name for path in folder.iterdir()] == ["PG_VERSION"]


def test_a_half_made_cluster_is_made_again(data_dir: Path) -> None:
    (data_dir / "postgres.new" / "base").mkdir(parents=True)
    with running(data_dir, NOT_DURABLE) as cluster:
        assert cluster.answers()


@pytest.mark.parametrize(
    "name",
    ["with a space and ünïcode", 'quote\'d "$HOME" `x`', "/".join(["a-long-name-of-a-folder"] * 8)],
    ids=["spaces", "quotes", "longer than the path of a socket may be"],
)
def test_any_data_folder_will_do(tmp_path: Path, name: str) -> None:
    with running(tmp_path / name, NOT_DURABLE) as cluster:
        assert one(cluster.dsn(), "SELECT 1") == 1


def test_a_symbolic_link_to_the_data_folder_leads_to_the_same_postmaster(cluster: Cluster, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(cluster.data_dir)
    assert Cluster(link).process() == cluster.process()
    with running(link) as joined:
        assert joined.answers()
    assert cluster.answers()


def test_the_folder_of_the_socket_must_not_be_somebody_elses(data_dir: Path, tmp_path: Path) -> None:
    folder = places.socket_folder(data_dir)
    folder.symlink_to(tmp_path)
    try:
        with pytest.raises(PostgresError, match="somebody else"), running(data_dir, NOT_DURABLE):
            pass
    finally:
        folder.unlink()


def test_the_log_holds_no_value_of_a_failed_statement(cluster: Cluster) -> None:
    with psycopg.connect(cluster.dsn()) as connection, pytest.raises(psycopg.errors.DivisionByZero):
        connection.execute("SELECT %s::text, 1/0", ["hunter2-secret"])
    with psycopg.connect(cluster.dsn()) as connection, pytest.raises(psycopg.errors.InvalidTextRepresentation):
        connection.execute("SELECT 'not-a-number-but-hunter2-secret'::int, 1 /* hunter3-secret */")
    log = cluster.log.read_text()
    assert "division by zero" in log
    assert "hunter3" not in log


def test_the_servers_environment_holds_nothing_of_ours(cluster: Cluster) -> None:
    process = cluster.process()
    assert process
    assert not [name for name in process.environ() if name.startswith(("PROVISOR", "DJANGO", "PG"))]
    assert os.environ["PROVISOR_SECRET_KEY"] not in str(process.environ())
