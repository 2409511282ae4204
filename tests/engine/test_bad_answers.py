"""Answers that no service provider should give: each has a verdict and a message, adopts nobody, loses no change, and
is forgotten once the service provider behaves."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from provisor.applications import commands as applications
from provisor.applications.models import Application, Run
from provisor.testing import Fault, Profile

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
STRANGER = {
    "schemas": [USER],
    "id": "stranger",
    "userName": "mallory@example.com",
    "active": False,
    "emails": [{"value": "mallory@example.com", "type": "work", "primary": True}],
}
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
NULLS = dict.fromkeys(("schemas", "id", "userName", "externalId", "emails", "active", "name", "meta"))
DEEP = b'{"a":' * 500 + b"1" + b"}" * 500


def page(*rows: Any, total: Any = None) -> dict[str, Any]:
    return {"schemas": [LIST], "totalResults": len(rows) if total is None else total, "Resources": list(rows)}


@dataclass(frozen=True)
class Bad:
    """`fails`: the application as a whole is stopped, with this code."""

    why: str
    body: Any
    status: int = 200
    fails: str | None = None


TO_ANY = [
    Bad("an HTML page", b"<!doctype html><h1>Sign in</h1>", fails="not_scim"),
    Bad("a redirect", {}, 302, fails="redirected"),
    Bad("accepted, later", {}, 202),
    Bad("cut JSON", b'{"id": "r1", "userName": "ad'),
    Bad("plain text", b"OK"),
    Bad("a JSON text", '"OK"'),
    Bad("a number", b"7"),
    Bad("true", b"true"),
    Bad("an empty object", {"x": 1}),
    Bad("nulls everywhere", NULLS),
    Bad("an Error in a success", {"schemas": [ERROR], "status": "500", "detail": "It failed."}),
    Bad("an error without a schema", {"error": "It failed."}),
    Bad("deep nesting", DEEP),
    Bad("duplicate keys", b'{"id": "a", "id": null}'),
    Bad("UTF-16", json.dumps(STRANGER).encode("utf-16")),
    Bad("Latin-1", '{"id": "r1", "userName": "ada", "title": "Gräfin"}'.encode("latin-1")),
    Bad("a lone surrogate", b'{"id": "r1", "title": "\\ud800"}'),
    Bad("not a number", b'{"id": "r1", "n": NaN}'),
    Bad("a huge answer", b'{"x": "' + b"x" * (11 * 1024 * 1024) + b'"}'),
    Bad("an id that is a number", {**STRANGER, "id": 7}),
    Bad("an id that is an object", {**STRANGER, "id": {"value": "r1"}}),
    Bad("an id that is empty", {**STRANGER, "id": ""}),
]
TO_A_LOOK_UP = [
    *[bad for bad in TO_ANY if bad.why != "an error without a schema"],
    Bad("ids that are numbers", page({**STRANGER, "id": 7})),
    Bad("Resources is text", {"Resources": "none", "totalResults": 0}),
    Bad("a list of nothing", page(None, 7, "x", [])),
]
TO_A_CHANGE = [*TO_ANY, Bad("another account", STRANGER), Bad("a list", []), Bad("a page", page(STRANGER))]


def named(bad: list[Bad]) -> Any:
    return pytest.mark.parametrize("bad", bad, ids=[each.why for each in bad])


def strike(world: Any, bad: Bad, method: str) -> None:
    """From now on this is the answer, and nothing is carried out."""
    headers = {"body": bad.body} if bad.body is not None else {}
    world.sp.fault(Fault("status", bad.status, method=method, path_contains="Users", **headers))


def struck(world: Any, user: Any, bad: Bad) -> None:
    """A worker until the bad answer was given and judged; then what is known of it is looked at."""
    with world.worker() as worker:
        world.until(lambda: _told(world, user, bad))
        assert worker.failure is None
    if bad.fails:
        stopped = Application.objects.get().stopped
        assert (stopped["code"], bool(stopped["message"]), bool(stopped["hint"])) == (bad.fails, True, True)
        return
    error = world.link(user).error
    assert error["code"] != "internal_error", error
    assert error["message"]
    assert error["hint"]
    assert world.status(user) in ("retrying", "held")


def _told(world: Any, user: Any, bad: Bad) -> bool:
    if bad.fails:
        return Application.objects.get().provisioning == "failing"
    return world.status(user) in ("retrying", "held") and bool(world.link(user).error)


def behave(world: Any, user: Any, *, status: str = "synced") -> None:
    """The service provider is as it should be again; a person tries at once what would be tried later."""
    world.sp.clear_faults()
    Application.objects.update(provisioning="active", stopped=None, probe_at=None)
    if world.status(user) == "held":
        applications.retry_account(world.actor, world.link(user).id)
    world.make_ready()
    with world.worker():
        world.until(lambda: (world.make_ready(), world.status(user) == status)[1])


@named(TO_A_LOOK_UP)
def test_a_look_up_that_cannot_be_read_creates_nobody(world: Any, bad: Bad) -> None:
    """Nor is the account taken for gone that is there: it is adopted in the end, and nobody is doubled."""
    theirs = {"userName": "ada", "emails": [{"value": "ada@example.com", "type": "work", "primary": True}]}
    world.sp.put_user(theirs)
    ada = world.employee("ada")
    strike(world, bad, "GET")
    struck(world, ada, bad)
    assert world.sp.writes == []
    assert world.link(ada).remote_id is None
    behave(world, ada)
    assert [user["externalId"] for user in world.sp.users] == [str(ada.id)]


def test_the_wrong_user_to_a_filter_is_not_adopted(world: Any) -> None:
    world.sp.profile = Profile(ignore_filter=True)
    for name in ("grace", "mallory"):
        world.sp.put_user({"userName": name, "emails": [{"value": f"{name}@example.com", "primary": True}]})
    ada = world.employee("ada")
    world.work()
    assert world.account(ada)["userName"] == "ada"
    assert [user.get("externalId") for user in world.sp.users] == [None, None, str(ada.id)]


@named(TO_ANY)
def test_a_creation_with_a_bad_answer_is_looked_up_and_never_doubled(world: Any, bad: Bad) -> None:
    ada = world.employee("ada")
    strike(world, bad, "POST")
    struck(world, ada, bad)
    assert world.link(ada).remote_id is None, "nobody is linked by such an answer"
    behave(world, ada)
    assert [user["externalId"] for user in world.sp.users] == [str(ada.id)]
    assert world.link(ada).remote_id == world.sp.users[0]["id"]


def test_a_stranger_in_the_answer_to_a_creation_is_not_linked_for_long(world: Any) -> None:
    """It says that it created another account than it was asked to."""
    ada = world.employee("ada")
    strike(world, Bad("another account", STRANGER, 201), "POST")
    struck(world, ada, Bad("another account", STRANGER))
    assert world.link(ada).remote_id is None
    behave(world, ada)
    assert [user["externalId"] for user in world.sp.users] == [str(ada.id)]


@named(TO_A_CHANGE)
def test_a_change_with_a_bad_answer_is_not_lost(world: Any, bad: Bad) -> None:
    ada = world.employee("ada")
    world.work()
    strike(world, bad, "PATCH")
    world.edit(ada, jobTitle="Countess")
    struck(world, ada, bad)
    assert "title" not in world.account(ada)
    behave(world, ada)
    assert world.account(ada)["title"] == "Countess"
    assert len(world.sp.users) == 1


@named(TO_A_CHANGE)
def test_a_leaver_is_never_taken_for_deactivated(world: Any, bad: Bad) -> None:
    """Not even where the bad answer itself says active: false of somebody."""
    ada = world.employee("ada")
    world.work()
    strike(world, bad, "PATCH")
    world.leave(ada)
    struck(world, ada, bad)
    assert world.account(ada)["active"] is True
    assert world.status(ada) != "inactive"
    behave(world, ada, status="inactive")
    assert world.account(ada)["active"] is False


@named([bad for bad in TO_A_CHANGE if not bad.fails])
def test_a_leaver_whose_account_cannot_be_read_back_is_not_done(world: Any, bad: Bad) -> None:
    world.sp.profile = Profile(answer_patch="no_content")
    ada = world.employee("ada")
    world.work()
    strike(world, bad, "GET")
    world.leave(ada)
    struck(world, ada, bad)
    assert world.status(ada) != "inactive"
    behave(world, ada, status="inactive")


LISTS = [
    *[bad for bad in TO_ANY if not bad.fails],
    Bad("the same page for ever", page(STRANGER, total=1000)),
    Bad("a total that is too small", page(total=-1)),
    Bad("a total that is text", page(STRANGER, total="many")),
    Bad("ids that are numbers", page({**STRANGER, "id": 7})),
    Bad("an empty page where there should be some", page(total=5)),
    Bad("an HTML page", b"<html>"),
]


@named(LISTS)
def test_a_listing_that_cannot_be_read_concludes_nothing(world: Any, bad: Bad) -> None:
    """The account is there, and stays linked: nothing absent is concluded from such a list."""
    ada = world.employee("ada")
    world.work()
    linked = world.link(ada).remote_id
    world.sp.clear_requests()
    strike(world, bad, "GET")
    run = applications.start_run(world.actor, world.application.id, "reconcile")
    with world.worker() as worker:
        world.until(lambda: Run.objects.get(id=run.id).finished or Application.objects.get().provisioning == "failing")
        assert worker.failure is None
    assert world.sp.writes == []
    assert world.link(ada).remote_id == linked
    world.sp.clear_faults()
    Application.objects.update(provisioning="active", stopped=None, probe_at=None)
    assert world.run("reconcile").status == "done"
    assert world.status(ada) == "synced"
    assert len(world.sp.users) == 1


def test_a_boolean_that_came_as_text_is_one(world: Any) -> None:
    world.sp.profile = Profile(string_booleans=True)
    ada = world.employee("ada")
    world.work()
    world.leave(ada)
    world.work()
    assert world.status(ada) == "inactive"
    world.sp.clear_requests()
    world.run("reconcile")
    assert world.sp.writes == []
