"""Creates and updates that leave together in Bulk requests: one request for many, one outcome for each (B1)."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from provisor.applications.models import Application, Change, Link

from .bulk_provider import BulkProvider, told
from .conftest import World

BULK = 50


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[BulkProvider]:
    monkeypatch.setenv("PROVISOR_ALLOW_TARGETS", "127.0.0.1")
    with BulkProvider.running() as provider:
        yield provider


@pytest.fixture
def company(dsn: str, provider: BulkProvider) -> Iterator[World]:
    """The small world, with an application whose form says that it takes Bulk."""
    world = World(dsn, provider)  # type: ignore[arg-type]
    Application.objects.update(connector="custom", learned={"bulk": BULK})
    yield world
    world.stop_worker()


def settled(world: World, provider: BulkProvider, users: list[Any]) -> None:
    """One account for each, and each linked to its own."""
    assert sorted(user["externalId"] for user in provider.users.values()) == sorted(str(user.id) for user in users)
    links = {str(link.user_id): link for link in Link.objects.all()}
    assert {link.status for link in links.values()} == {"synced"}
    for user in users:
        account = provider.by_external_id(str(user.id))
        assert account is not None
        assert links[str(user.id)].remote_id == account["id"]


def learned() -> dict[str, Any]:
    return Application.objects.get().learned


def test_a_first_load_takes_well_under_a_tenth_of_a_request_for_each(company: World, provider: BulkProvider) -> None:
    users = company.people(500)
    company.work()
    settled(company, provider, users)
    assert len(provider.asked) < 0.05 * len(users)
    assert all(len(asked.body["Operations"]) <= BULK for asked in provider.bulks)


def test_a_single_edit_is_a_request_of_its_own(company: World, provider: BulkProvider) -> None:
    ada = company.employee("ada")
    company.work()
    company.edit(ada, jobTitle="Analyst")
    company.work()
    settled(company, provider, [ada])
    assert [(asked.method, asked.path) for asked in provider.asked if asked.method != "GET"] == [
        ("POST", "/Users"),
        ("PATCH", "/Users/id-1"),
    ]


def test_updates_leave_together_too(company: World, provider: BulkProvider) -> None:
    users = company.people(120)
    company.work()
    provider.asked.clear()
    for user in users:
        company.edit(user, jobTitle="Analyst")
    company.work()
    assert {user["title"] for user in provider.users.values()} == {"Analyst"}
    assert len(provider.asked) < 0.1 * len(users)
    assert {each["method"] for asked in provider.bulks for each in asked.body["Operations"]} == {"PATCH"}


def test_who_leaves_never_waits_for_a_batch(company: World, provider: BulkProvider) -> None:
    company.configure(guard={"max_percent": 100, "max_count": 100})
    users = company.people(20)
    company.work()
    provider.asked.clear()
    company.leave(*users)
    company.work()
    assert {user["active"] for user in provider.users.values()} == {False}
    assert provider.bulks == []


def test_one_bad_object_stops_no_other(company: World, provider: BulkProvider) -> None:
    """HTTP 200 never means that all succeeded: one is refused, one exists and is another's, one exists and is taken over."""
    users = company.people(40)
    bad, foreign, ours = users[3], users[5], users[7]
    provider.before = lambda data: told(400, "No.", "invalidValue") if data.get("userName") == bad.username else None
    provider.users["x"] = {"id": "x", "userName": foreign.username, "externalId": "somebody", "emails": []}
    provider.users["y"] = {"id": "y", "userName": ours.username, "emails": [{"value": ours.email, "primary": True}]}
    company.work()
    assert {company.status(user) for user in users if user not in (bad, foreign)} == {"synced"}
    assert company.link(ours).remote_id == "y"
    assert company.link(bad).error["code"] == "refused"
    assert company.link(foreign).error["code"] == "owned_elsewhere"
    assert company.status(bad) == company.status(foreign) == "held"
    assert len(provider.users) == 39, "38 accounts and somebody else's"


def test_an_account_that_the_bulk_request_itself_finds_in_the_way_is_looked_up(
    company: World, provider: BulkProvider
) -> None:
    """It came into being after the listing: 409 for this operation, and then as always."""
    users = company.people(40)
    late = users[11]

    def somebody_is_faster(data: dict[str, Any]) -> None:
        if data.get("userName") == late.username and "z" not in provider.users:
            provider.users["z"] = {"id": "z", "userName": late.username, "externalId": "somebody"}

    provider.before = somebody_is_faster
    company.work()
    assert company.link(late).error["code"] == "owned_elsewhere"
    assert {company.status(user) for user in users if user != late} == {"synced"}


WITHOUT_EFFECT = {
    "in another order": lambda entries: entries[::-1],
    "numbers as status": lambda entries: [{**entry, "status": int(entry["status"])} for entry in entries],
    "a status of an old draft": lambda entries: [{**entry, "status": {"code": entry["status"]}} for entry in entries],
    "names in another case": lambda entries: [{name.upper(): value for name, value in e.items()} for e in entries],
    "without a method": lambda entries: [{k: v for k, v in entry.items() if k != "method"} for entry in entries],
    "with strangers": lambda entries: [*entries, {"method": "POST", "bulkId": "?", "status": "400"}, "x", None],
    "doubled": lambda entries: entries * 2,
}


@pytest.mark.parametrize("spoil", WITHOUT_EFFECT.values(), ids=WITHOUT_EFFECT)
def test_what_does_no_harm(company: World, provider: BulkProvider, spoil: Any) -> None:
    provider.spoil = spoil
    users = company.people(60)
    company.work()
    settled(company, provider, users)
    assert len(provider.asked) < 10
    assert learned()["bulk"] == BULK


def test_an_account_is_known_by_its_location_where_no_resource_comes(company: World, provider: BulkProvider) -> None:
    provider.echo = False
    users = company.people(60)
    company.work()
    settled(company, provider, users)
    assert len(provider.asked) < 10
    provider.asked.clear()
    company.run("reconcile")
    assert [asked for asked in provider.asked if asked.method != "GET"] == []


LOSSES = {
    "half of the answers": lambda entries: entries[::2],
    "no answer at all": lambda entries: "close",
    "no answers": lambda entries: [],
    "no answer to a Bulk request": lambda entries: {"hello": 1},
    "an error with 200": lambda entries: told(500, "Oh."),
    "answers that contradict each other": lambda entries: [*entries, {**entries[0], "status": "400"}],
    "answers to another method": lambda entries: [{**entries[0], "method": "DELETE"}, *entries[1:]],
    "without a status": lambda entries: [{**entries[0], "status": None}, *entries[1:]],
    "without id and location": lambda entries: [
        {k: v for k, v in e.items() if k not in ("location", "response")} for e in entries
    ],
}


@pytest.mark.parametrize("spoil", LOSSES.values(), ids=LOSSES)
def test_what_was_not_answered_is_looked_up(company: World, provider: BulkProvider, spoil: Any) -> None:
    """Carried out, and not told: nobody is created twice."""
    provider.spoil = spoil
    users = company.people(60)
    company.work()
    settled(company, provider, users)


def test_answers_that_name_nobody_switch_bulk_off(company: World, provider: BulkProvider) -> None:
    """By their place alone an outcome could be given to the wrong account."""
    provider.spoil = lambda entries: [{k: v for k, v in entry.items() if k != "bulkId"} for entry in entries]
    users = company.people(60)
    company.work()
    settled(company, provider, users)
    assert learned()["bulk"] == 0


@pytest.mark.parametrize("status", [404, 405, 501, 302])
def test_without_bulk_there_they_go_one_by_one(company: World, provider: BulkProvider, status: int) -> None:
    provider.whole = status
    users = company.people(60)
    company.work()
    settled(company, provider, users)
    assert learned()["bulk"] == 0
    assert Application.objects.get().provisioning == "active"
    assert len(provider.bulks) <= 2
    assert f"answered with {status}" in Application.objects.get().evidence["bulk"]["evidence"]


@pytest.mark.parametrize("status", [400, 403])
def test_bulk_that_is_refused_again_and_again_is_off(company: World, provider: BulkProvider, status: int) -> None:
    provider.whole = status
    users = company.people(150)
    company.work()
    settled(company, provider, users)
    assert learned()["bulk"] == 0


def test_too_many_are_halved_and_the_smaller_number_is_kept(company: World, provider: BulkProvider) -> None:
    provider.most = 20
    users = company.people(200)
    company.work()
    settled(company, provider, users)
    assert learned()["bulk"] == 13, "50, 25, 13"
    more = [company.employee(f"more{n}") for n in range(60)]
    provider.asked.clear()
    company.work()
    settled(company, provider, [*users, *more])
    assert {asked.status for asked in provider.bulks} == {200}


def test_one_that_is_too_large_by_itself_is_held_and_nothing_is_learned(company: World, provider: BulkProvider) -> None:
    users = company.people(100)
    company.edit(users[42], jobTitle="x" * 200)
    company.configure(form={"payload_bytes": 0})

    def too_large(body: dict[str, Any]) -> bool:
        return any(len(each["data"].get("title") or "") > 100 for each in body["Operations"])

    whole = provider._bulk
    provider._bulk = lambda body: (413, told(413, "Too large.")) if too_large(body) else whole(body)  # type: ignore[method-assign]
    provider.before = lambda data: told(413, "Too large.") if len(data.get("title") or "") > 100 else None
    company.work()
    assert company.link(users[42]).error["code"] == "too_large"
    assert {company.status(user) for user in users if user != users[42]} == {"synced"}
    assert learned()["bulk"] == BULK


def test_no_request_is_larger_than_the_form_says(company: World, provider: BulkProvider) -> None:
    Application.objects.update(learned={"bulk": 100, "bulk_bytes": 6000})
    users = company.people(60)
    company.work()
    settled(company, provider, users)
    sizes = [len(asked.body["Operations"]) for asked in provider.bulks]
    assert max(sizes) < 15
    assert sum(sizes) > 50


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_failure_of_the_whole_is_everybodys(company: World, provider: BulkProvider, status: int) -> None:
    provider.whole = status
    users = company.people(40)
    with company.worker():
        company.until(lambda: provider.bulks)
        company.until(lambda: Link.objects.filter(status="retrying").count() == len(users))
        provider.whole = 0
        company.make_ready()
        company.settle()
    settled(company, provider, users)
    assert learned()["bulk"] == BULK


def test_a_worker_that_dies_in_the_middle_doubles_nobody(company: World, provider: BulkProvider) -> None:
    users = company.people(150)
    carried_out, dead = threading.Event(), threading.Event()
    provider.spoil = lambda entries: carried_out.set() or (dead.wait(20) and entries)  # type: ignore[func-returns-value]
    with company.worker() as worker:
        company.until(carried_out.is_set)
        worker.kill()
        dead.set()
    assert not Link.objects.filter(status="synced").exists()
    provider.spoil = lambda entries: entries
    company.work()
    settled(company, provider, users)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_300_creates_through_whatever_goes_wrong(company: World, provider: BulkProvider, seed: int) -> None:
    """Missing answers, 413, operations that fail for a while, answers that are cut or never come: exactly one each."""
    chance = random.Random(seed)

    def before(data: dict[str, Any]) -> Any:
        return told(chance.choice([500, 503, 429]), "Later.") if chance.random() < 0.05 else None

    def spoil(entries: list[Any]) -> Any:
        provider.most = chance.choice([1000, 30, 15])
        what = chance.random()
        if what < 0.15:
            return "close"
        if what < 0.25:
            return {"schemas": [], "Operations": None}
        return [entry for entry in chance.sample(entries, len(entries)) if chance.random() > 0.1]

    provider.before, provider.spoil = before, spoil
    users = company.people(300)
    with company.worker():
        company.until(lambda: Link.objects.filter(status="synced").count() > 200, 60)
        provider.before, provider.spoil = lambda data: None, lambda entries: entries
        company.until(lambda: company.make_ready() or Link.objects.filter(status="synced").count() == 300, 60)
        company.settle()
    settled(company, provider, users)
    assert Change.objects.filter(kind="create", outcome="success").count() <= 300
