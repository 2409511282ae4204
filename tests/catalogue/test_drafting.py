"""From an application that somebody connected by hand to a draft that is right, and that tells nobody whose it was."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.conftest import World
from typer.testing import CliRunner

from provisor.applications import commands as applications
from provisor.applications.models import Application
from provisor.catalogue import entries, files
from provisor.catalogue.connector import Connector
from provisor.catalogue.drafting import Seen, draft, slug_of, unfilled
from provisor.catalogue.hiding import hide
from provisor.cli.main import app
from provisor.core.mapping import DEFAULT_ROWS, parse_rows, rows_as_json
from provisor.testing import FakeServiceProvider, Profile

TODAY = date(2026, 1, 31)
UUID = "5f0c9a1e-7d42-4b1c-9a55-0d2f6f1f3b77"


def made(seen: Seen) -> Connector:
    """The connector of a draft: it has to be right."""
    return files.parse(draft(seen, "hr-suite", TODAY), "hr-suite.yaml")


ADDRESSES = [
    ("https://api.vendor.example.com/scim/v2", "https://api.vendor.example.com/scim/v2", []),
    ("https://initech.vendor.example.com/scim/v2", "https://{tenant}.vendor.example.com/scim/v2", ["initech"]),
    (f"https://api.vendor.example.com/{UUID}/scim", "https://api.vendor.example.com/{id}/scim", [UUID]),
    (
        "https://api.vendor.example.com/orgs/globex/scim",
        "https://api.vendor.example.com/orgs/{org_id}/scim",
        ["globex"],
    ),
    ("https://api.vendor.example.com/companies/4711", "https://api.vendor.example.com/companies/{company_id}", ["4711"]),
    ("https://scim.globex", "https://{host}", ["scim.globex"]),
    ("http://10.1.2.3:8443/scim/v2", "https://{host}/scim/v2", ["10.1.2.3", "8443"]),
    ("http://[fd00::7]/scim", "https://{host}/scim", ["fd00"]),
    (
        "https://globex.vendor.example.com/t/globex/scim",
        "https://{tenant}.vendor.example.com/t/{tenant}/scim",
        ["globex"],
    ),
    ("https://api.vendor.example.com/s3cretT0kenInThePath/scim", "https://api.vendor.example.com/{id}/scim", ["s3cret"]),
    ("https://api.vendor.example.com/12/34/scim", "https://api.vendor.example.com/{id}/{id_2}/scim", ["12/34"]),
]  # fmt: skip


@pytest.mark.parametrize(("url", "template", "own"), ADDRESSES, ids=[row[1] for row in ADDRESSES])
def test_an_address_keeps_nothing_of_the_customer(url: str, template: str, own: list[str]) -> None:
    seen = Seen(base_url=url, auth_type="bearer", form={"update": "put"}, evidence={"update": f"501 at {url}"})
    text = draft(seen, "hr-suite", TODAY)
    assert files.parse(text, "hr-suite.yaml").base_url == template
    assert [value for value in own if value.casefold() in text.casefold()] == []


LABEL = st.from_regex(r"\A[a-z][a-z0-9]{2,12}\Z")
SEGMENT = (
    LABEL | st.uuids(version=4).map(str) | st.integers(10, 10**9).map(str) | st.from_regex(r"\A[A-Za-z0-9_-]{30}\Z")
)


@given(host=LABEL, segments=st.lists(SEGMENT, max_size=4), port=st.sampled_from(["", ":8443"]))
def test_whatever_the_address_is_the_draft_is_right(host: str, segments: list[str], port: str) -> None:
    url = f"https://{host}.vendor.example.com{port}/{'/'.join(segments)}"
    assert made(Seen(base_url=url, auth_type="bearer")).base_url == hide(url).base_url


def test_what_was_learned_and_set_stands_there_with_its_evidence() -> None:
    evidence = {"update": "501 to\na PATCH of ada@example.com # at acme.vendor.example.com"}
    seen = Seen(
        base_url="https://acme.vendor.example.com/scim",
        auth_type="header",
        auth={"header": "X-Api-Key", "prefix": ""},
        form={"update": "put", "page": 100, "headers": {"X-Tenant": "acme-42"}, "deactivation": "erases",
              "reactivation": "create"},
        evidence=evidence,
        settings={"manage_groups": True},
    )  # fmt: skip
    text, connector = draft(seen, "hr-suite", TODAY), made(seen)
    assert connector.form == {"update": "put", "deactivation": "erases", "reactivation": "create"}, (
        "no default is written"
    )
    assert (connector.auth.type, connector.auth.header, connector.auth.prefix) == ("header", "X-Api-Key", "")
    assert connector.headers == {"X-Tenant": "{x_tenant}"}
    assert (connector.beta, connector.confidence, connector.supports) == (True, "low", ("provisioning", "groups"))
    assert "# update: 501 to a PATCH of {email} # at {tenant}.vendor.example.com" in text
    assert "acme-42" not in text
    assert "erases" in connector.warnings[0]
    assert len(unfilled(text)) >= 7


def test_the_mapping_stands_there_without_what_is_only_ours() -> None:
    rows = [row for row in rows_as_json(DEFAULT_ROWS) if row["scim"] not in ("title", "locale")]
    changed = {
        "userName": {"source": {"attribute": "email"}},
        "userType": {"included": True},
        "displayName": {"included": False},
    }
    rows = [row | changed.get(row["scim"], {}) for row in rows]
    rows += [
        {"scim": "nickName", "source": {"attribute": "attributes.badge"}, "included": True, "when": "always"},
        {"scim": "timezone", "source": {"constant": "Europe/Globex"}, "included": True, "when": "always"},
    ]
    seen = Seen(base_url="https://a.vendor.example.com", auth_type="bearer", rows=parse_rows(rows))
    wanted = {"userName": "email", "userType": True, "displayName": False, "nickName": "attributes.badge"}
    assert made(seen).mapping == wanted | {"title": False, "locale": False}
    text = draft(seen, "hr-suite", TODAY)
    assert "# timezone is a constant" in text
    assert "Globex" not in text


def test_ways_of_oauth_keep_the_products_addresses_and_no_client() -> None:
    said = {
        "token_url": "https://globex.vendor.example.com/oauth/token",
        "authorize_url": "https://globex.vendor.example.com/oauth/authorize",
        "client_id": "globex-client",
        "scope": "scim",
    }
    seen = Seen(base_url="https://globex.vendor.example.com/scim", auth_type="oauth2_authorization_code", auth=said)
    auth = made(seen).auth
    assert auth.token_url == "https://{tenant}.vendor.example.com/oauth/token"
    assert (auth.authorize_url, auth.scope) == ("https://{tenant}.vendor.example.com/oauth/authorize", "scim")
    assert "globex" not in draft(seen, "hr-suite", TODAY)


@pytest.mark.parametrize(("name", "slug"), [("HR Suite 2", "hr-suite-2"), ("", "my-product"), ("é–", "my-product")])
def test_a_slug_is_made_of_the_files_name(name: str, slug: str) -> None:
    assert slug_of(name) == slug


@pytest.fixture
def deviating(dsn: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A world whose SP has no PATCH, and no look-up by externalId or e-mail."""
    monkeypatch.setenv("PROVISOR_ALLOW_TARGETS", "127.0.0.1")
    with FakeServiceProvider.in_thread(
        profile=Profile(user_patch=False, filter_external_id=False, filter_emails=False, conflict="400")
    ) as sp:
        world = World(dsn, sp)
        yield world
        world.stop_worker()


def test_from_a_probed_application_to_another_one_that_knows_it_all(
    deviating: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole way: probed, drafted, checked, and a new application of the file has nothing left to learn."""
    applications.probe_application(deviating.actor, deviating.application.id)
    deviating.employee("ada")
    deviating.work()
    _used_once(deviating)
    learned = Application.objects.get(id=deviating.application.id).learned
    assert learned["update"] == "put"
    monkeypatch.setattr("provisor.cli.session.opened", _open_already)
    file = tmp_path / "hr-suite.yaml"
    drafted = CliRunner().invoke(app, ["catalogue", "draft", "Sample app", "--output", str(file)])
    assert drafted.exit_code == 0, drafted.output
    checked = CliRunner().invoke(app, ["catalogue", "lint", str(file)])
    assert (checked.exit_code, checked.output.splitlines()[0]) == (0, "1 file is right.")
    assert "127.0.0.1" not in file.read_text()
    again = CliRunner().invoke(app, ["catalogue", "draft", "Sample app", "--output", str(file)])
    assert again.exit_code != 0, "a file that somebody may have filled in stays"

    monkeypatch.setenv("PROVISOR_CONNECTORS_DIR", str(tmp_path))
    entries.forget()
    try:
        second = _second(deviating)
        deviating.sp.clear_requests()
        _used_once(deviating, "grace")
        deviating.work()
        assert "update" not in Application.objects.get(id=second.id).learned
        refused = [(one.method, one.path, one.status) for one in deviating.sp.requests if one.status in (400, 405, 501)]
        assert refused == []
    finally:
        monkeypatch.delenv("PROVISOR_CONNECTORS_DIR")
        entries.forget()


def _second(world: World) -> Application:
    """An application of the drafted connector, in place of the first one."""
    applications.delete_application(world.actor, world.application.id)
    given = {
        "name": "Second",
        "connector": "hr-suite",
        "base_url": world.sp.base_url,
        "auth": {"type": "bearer", "token": "secret"},
    }
    second = applications.create_application(world.actor, given, force=True)
    Application.objects.filter(id=second.id).update(provisioning="active")
    world.application = second
    applications.change_assignments(world.actor, second.id, groups_add=[world.staff.id])
    return second


def _used_once(world: World, name: str = "alan") -> None:
    person = world.employee(name)
    world.work()
    world.edit(person, firstname="Another")
    world.work()


def _open_already() -> object:
    from contextlib import nullcontext

    return nullcontext()
