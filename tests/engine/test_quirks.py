"""Answers that mean something else at this SP, because its form says so (form.quirks, C2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from provisor.applications.models import Application, Link, Run
from provisor.testing import Fault

from .bulk_provider import BulkProvider, told
from .conftest import World


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[BulkProvider]:
    monkeypatch.setenv("PROVISOR_ALLOW_TARGETS", "127.0.0.1")
    with BulkProvider.running() as provider:
        yield provider


@pytest.fixture
def company(dsn: str, provider: BulkProvider) -> Iterator[World]:
    world = World(dsn, provider)  # type: ignore[arg-type]
    yield world
    world.stop_worker()


def quirk(name: str) -> None:
    Application.objects.update(learned={"quirks": [name]})


def faster(provider: BulkProvider, status: int, detail: str) -> None:
    """Between our look-up and our create the very same account comes into being, and the SP tells it like this."""

    def before(data: dict[str, Any]) -> Any:
        if "userName" not in data:
            return None
        provider.users["z"] = {"id": "z", "userName": data["userName"], "emails": data["emails"]}
        return told(status, detail)

    provider.before = before


@pytest.mark.parametrize(
    ("name", "status", "detail"),
    [("conflict_as_400", 400, "A user with this name already exists."), ("conflict_as_500", 500, "Internal error")],
)
def test_a_conflict_in_other_words_is_looked_up_and_taken_over(
    company: World, provider: BulkProvider, name: str, status: int, detail: str
) -> None:
    quirk(name)
    faster(provider, status, detail)
    ada = company.employee("ada")
    company.work()
    assert company.link(ada).remote_id == "z"
    assert company.status(ada) == "synced"
    assert len(provider.users) == 1


def test_without_the_quirk_a_400_is_a_refusal(company: World, provider: BulkProvider) -> None:
    faster(provider, 400, "A user with this name already exists.")
    ada = company.employee("ada")
    company.work()
    assert company.link(ada).error["code"] == "refused"


def test_a_500_that_is_no_conflict_is_tried_again(company: World, provider: BulkProvider) -> None:
    quirk("conflict_as_500")
    provider.before = lambda data: told(500, "Out of memory")
    ada = company.employee("ada")
    with company.worker():
        company.until(lambda: Link.objects.filter(user_id=ada.id, status="retrying"))
        provider.before = lambda data: None
        company.make_ready()
        company.settle()
    assert company.status(ada) == "synced"
    assert len(provider.users) == 1


def test_403_of_a_paused_service_provider_is_nobodys_error(company: World, provider: BulkProvider) -> None:
    quirk("forbidden_is_pause")
    provider.before = lambda data: told(403, "Provisioning is off.")
    users = company.people(5)
    with company.worker():
        company.until(
            lambda: (
                Link.objects.filter(error__code="paused_there").count()
                and not Run.objects.filter(finished=None).exists()
            )
        )
    assert len([asked for asked in provider.asked if asked.method == "POST"]) <= 5, "not again and again"
    assert Application.objects.get().provisioning == "active"
    assert not Link.objects.exclude(status="retrying").exists()
    assert not Link.objects.filter(attempts__gt=0).exists()
    provider.before = lambda data: None
    with company.worker():
        company.make_ready()
        company.settle()
    assert {company.status(user) for user in users} == {"synced"}


def test_an_error_in_the_body_of_a_success_is_an_error(world: World) -> None:
    ada = world.employee("ada")
    world.work()
    error = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "400", "detail": "Not this title."}
    world.sp.fault(Fault("status", 200, method="PATCH", times=1, body=error))
    world.edit(ada, jobTitle="Analyst")
    world.work()
    assert world.link(ada).error["code"] == "refused"
    assert "Not this title." in world.link(ada).error["message"]


def test_an_error_without_a_status_in_a_success_is_no_success(world: World) -> None:
    ada = world.employee("ada")
    world.work()
    error = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "detail": "Hm."}
    world.sp.fault(Fault("status", 200, method="PATCH", times=1, body=error))
    world.edit(ada, jobTitle="Analyst")
    world.work()
    account = world.account(ada)
    assert account is not None
    assert account["title"] == "Analyst", "read again, and sent again"
    assert world.status(ada) == "synced"
