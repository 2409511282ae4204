"""Where the database is: one address, read from the environment, for Django and for the worker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict

from provisor.config import ConfigurationError, Environment
from provisor.runtime import database, places


def environment(url: str | None = None, direct: str | None = None, data_dir: str = "/srv/data") -> Environment:
    return Environment(
        data_dir=Path(data_dir),
        database_url=url,
        database_direct_url=direct or url,
        public_url=None,
        allow_targets=(),
        email_url=None,
        metrics_public=False,
        connectors_dir=Path(data_dir, "connectors"),
    )


@pytest.fixture(autouse=True)
def _as_the_web_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROVISOR_DATABASE_ROLE")
    monkeypatch.delenv("PROVISOR_DATABASE_POOL")


def test_the_embedded_one_is_reached_by_the_applications_login_over_a_short_socket_path() -> None:
    settings = database.django_settings(environment(data_dir="/srv/" + "long" * 50))
    assert (settings["USER"], settings["NAME"]) == ("provisor_app", "provisor")
    assert len(f"{settings['HOST']}/.s.PGSQL.5432") < 107


def test_migrations_are_the_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVISOR_DATABASE_ROLE", "owner")
    assert database.django_settings(environment())["USER"] == "provisor_owner"


def test_connections_are_pooled_unless_a_command_says_no(monkeypatch: pytest.MonkeyPatch) -> None:
    assert database.django_settings(environment())["OPTIONS"]["pool"]
    monkeypatch.setenv("PROVISOR_DATABASE_POOL", "0")
    assert "pool" not in database.django_settings(environment())["OPTIONS"]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param(
            "postgresql://me:p%40ss@db.example.com:5433/dir?sslmode=require",
            {"USER": "me", "PASSWORD": "p@ss", "HOST": "db.example.com", "PORT": "5433", "NAME": "dir"},
            id="a server, with an escaped password",
        ),
        pytest.param(
            "postgresql://me@/dir?host=/var/run/pg&sslmode=disable",
            {"USER": "me", "HOST": "/var/run/pg", "NAME": "dir", "PORT": ""},
            id="a Unix socket",
        ),
        pytest.param("postgres://[::1]/dir", {"HOST": "::1", "NAME": "dir"}, id="IPv6, and the short scheme"),
    ],
)
def test_an_external_url(url: str, expected: dict[str, Any]) -> None:
    settings = database.django_settings(environment(url))
    assert {name: settings[name] for name in expected} == expected
    assert settings["OPTIONS"].get("sslmode") == conninfo_to_dict(url).get("sslmode")


@pytest.mark.parametrize(
    "url", ["mysql://u:hunter2@h/d", "postgresql://u:hunter2@h:port/d?x", "postgresql://u:hunter2@h"]
)
def test_a_url_that_cannot_be_read_is_named_and_never_repeated(url: str) -> None:
    with pytest.raises(ConfigurationError, match="PROVISOR_DATABASE_URL") as refused:
        database.django_settings(environment(url))
    assert "hunter2" not in str(refused.value)


def test_behind_a_pooler_the_worker_goes_past_it_and_web_holds_no_cursor_open() -> None:
    pooled = environment("postgresql://u@pooler/d", "postgresql://u@direct/d")
    assert conninfo_to_dict(database.dsn(pooled))["host"] == "direct"
    assert conninfo_to_dict(database.dsn(pooled, direct=False))["host"] == "pooler"
    assert database.django_settings(pooled)["DISABLE_SERVER_SIDE_CURSORS"]
    assert not database.django_settings(environment())["DISABLE_SERVER_SIDE_CURSORS"]


def test_two_data_folders_have_two_sockets() -> None:
    assert places.socket_folder(Path("/srv/a")) != places.socket_folder(Path("/srv/b"))
