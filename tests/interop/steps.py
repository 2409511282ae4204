"""The steps of the walk, in order. Each acts through what an administrator has, and says what must hold afterwards."""

from __future__ import annotations

import json
from typing import Any

from tests.interop.recorder import Request
from tests.interop.walk import Step, Walk, another_person
from tests.interop.world import until

EARLIER = "Earlier"  # the name of a group that was there before


# Connecting


def _connect(walk: Walk) -> None:
    settings = {"manage_groups": True, "reconcile_every": 0, "form": dict(walk.provider.form)}
    given = {
        "name": "Sample",
        "base_url": walk.said["origin"] + walk.provider.base,
        "auth": walk.provider.sign_in(walk.said["origin"]),
        "settings": settings,
    }
    made = walk.rest.post("/applications", given)["id"]
    told = walk.rest.post(f"/applications/{made}/test")
    walk.said["application"] = made
    assert told["ok"], json.dumps(told["steps"])
    walk.users, walk.said["users"] = {}, json.dumps(walk.users)


def _only_reads(walk: Walk, sent: list[Request]) -> None:
    wrote = [f"{request.method} {request.path}" for request in sent if request.writes]
    assert not wrote, f"wrote {wrote[:5]}"
    assert sent, "nothing was sent"


def _probe(walk: Walk) -> None:
    walk.rest.post(f"/applications/{walk.said['application']}/probe", {"groups": True})


def _probe_by_writing(walk: Walk) -> None:
    asked = {"deep": True, "email": "test.user@example.com", "groups": True}
    told = walk.rest.post(f"/applications/{walk.said['application']}/test", asked)
    walk.said["written"] = json.dumps(told["steps"])
    left = [step["message"] for step in told["steps"] if step["name"].startswith("remove") and not step["ok"]]
    assert told["ok"], "; ".join(step["message"] for step in told["steps"] if not step["ok"])
    assert not left, "; ".join(left)


def _nothing_left(walk: Walk, sent: list[Request]) -> None:
    left = [user["userName"] for user in walk.side.users()] + list(walk.side.groups())
    assert not left, f"of the test are left: {left}"


def _create(walk: Walk) -> None:
    walk.users = json.loads(walk.said["users"])
    walk.application = walk.said["application"]
    ids = [user["id"] for user in walk.users.values()]
    walk.rest.post(f"/applications/{walk.application}/assignments", {"users": {"add": ids}})
    mark = len(walk.recorder.requests)
    walk.rest.post(f"/applications/{walk.application}/activate")
    if walk.provider.oauth:
        _withdraw(walk, mark)


def _withdraw(walk: Walk, mark: int) -> None:
    """In the middle of the creates the token that they are signed with is made useless at the provider."""

    def created() -> list[Request]:
        return [request for request in walk.recorder.since(mark) if (request.method, request.status) == ("POST", 201)]

    until(lambda: len(created()) >= 5, what="the first five accounts")
    walk.side.withdraw(created()[-1].token)


def _went_on(walk: Walk, sent: list[Request]) -> None:
    """What was refused was sent again with the next token, and nobody was made twice."""
    if not walk.provider.oauth:
        return
    refused = {request.token for request in sent if request.status == 401}
    assert len(refused) == 1, f"{len(refused)} tokens were refused"
    assert {request.token for request in sent if request.status == 201} > refused, "no other token was used"


def _newcomer(walk: Walk, name: str, n: int, given: str, family: str) -> dict[str, Any]:
    user = walk.rest.post("/users", another_person(walk, n, given, family))
    walk.users[name] = {**user, "active": True}
    return dict(user)


def _assign(walk: Walk, name: str) -> None:
    body = {"users": {"add": [walk.users[name]["id"]]}}
    walk.rest.post(f"/applications/{walk.application}/assignments", body)


def _take_over(walk: Walk) -> None:
    walk.said["earlier"] = walk.side.make_user(another_person(walk, 30, "Ida", "Earlier"))
    _newcomer(walk, "earlier", 30, "Ida", "Earlier")
    _assign(walk, "earlier")


def _was_adopted(walk: Walk, sent: list[Request]) -> None:
    assert walk.remote_id("earlier") == walk.said["earlier"], "it is another account now"


def _look_up(walk: Walk) -> None:
    """The answer to the create never arrives, and the account is there."""
    _newcomer(walk, "lost", 31, "Lou", "Lost")
    walk.recorder.lose_answer_to.add("POST")
    _assign(walk, "lost")


def _created_once(walk: Walk, sent: list[Request]) -> None:
    assert not walk.recorder.lose_answer_to, "nothing was created"
    posts = [request for request in sent if request.method == "POST" and not request.path.endswith("/.search")]
    assert len(posts) == 1, f"{len(posts)} creates were sent"


# Changes of attributes


def _edit(name: str, **changes: Any) -> Any:
    return lambda walk: walk.edit(name, **changes)


PHONES = [{"type": "mobile", "number": "+49 160 3000"}, {"type": "work", "number": "+49 30 3001"}]
ADDRESS = {"type": "work", "streetAddress": "Allee 5", "locality": "Łódź", "postalCode": "90-001", "country": "PL"}


def _rename(walk: Walk) -> None:
    username = "renamed07@example.com" if walk.provider.names_are_addresses else "renamed07"
    walk.edit("person07", username=username)


def _state(name: str, call: str, active: bool) -> Any:
    def do(walk: Walk) -> None:
        walk.rest.post(f"/users/{walk.users[name]['id']}/{call}")
        walk.users[name]["active"] = active

    return do


# Groups


def _group(walk: Walk, name: str, members: list[str]) -> None:
    made = walk.rest.post("/groups", {"name": name})["id"]
    ids = [walk.users[member]["id"] for member in members]
    walk.rest.post(f"/groups/{made}/members", {"add": ids})
    walk.rest.post(f"/applications/{walk.application}/assignments", {"groups": {"add": [made]}})
    walk.said[f"group {name}"] = made
    walk.groups[name] = set(members)


def _create_group(walk: Walk) -> None:
    _group(walk, "Team Ünïcode", [f"person{n:02}" for n in range(5)])


def _members(walk: Walk, *, add: str = "", remove: str = "") -> None:
    name = next(name for name in walk.groups if name.startswith("Team"))
    body = {"add": [walk.users[add]["id"]] if add else [], "remove": [walk.users[remove]["id"]] if remove else []}
    walk.rest.post(f"/groups/{walk.said[f'group {name}']}/members", body)
    walk.groups[name] = walk.groups[name] - {remove} | ({add} if add else set())


def _rename_group(walk: Walk) -> None:
    before, after = "Team Ünïcode", "Team renamed"
    walk.rest.call("PATCH", f"/groups/{walk.said[f'group {before}']}", {"name": after})
    walk.said[f"group {after}"] = walk.said.pop(f"group {before}")
    walk.groups[after] = walk.groups.pop(before)


def _take_over_group(walk: Walk) -> None:
    walk.side.make_group(EARLIER, walk.remote_id("person10"))
    _group(walk, EARLIER, ["person10", "person11"])


def _delete_group(walk: Walk) -> None:
    name = next(name for name in walk.groups if name.startswith("Team"))
    walk.rest.call("DELETE", f"/groups/{walk.said[f'group {name}']}")
    del walk.groups[name]


# Convergence


def _sync(times: int) -> Any:
    def do(walk: Walk) -> None:
        for _ in range(times):
            walk.pass_over("sync")

    return do


def _nothing_sent(walk: Walk, sent: list[Request]) -> None:
    assert not sent, f"sent {[f'{request.method} {request.path}' for request in sent][:5]}"


def _reconcile(walk: Walk) -> None:
    walk.pass_over("reconcile")


def _drift(walk: Walk) -> None:
    walk.side.change(walk.remote_id("person12"), "title", "Changed there")
    walk.pass_over("reconcile")


def _deleted_there(walk: Walk) -> None:
    walk.side.remove_user(walk.remote_id("person13"))
    walk.pass_over("reconcile")


# Leaving


def _unassign(walk: Walk) -> None:
    walk.said["leaver"] = walk.remote_id("person14")
    body = {"users": {"remove": [walk.users["person14"]["id"]]}}
    walk.rest.post(f"/applications/{walk.application}/assignments", body)
    walk.users["person14"]["active"] = False


def _confirmed(walk: Walk, sent: list[Request]) -> None:
    account = walk.rest.get(f"/users/{walk.users['person14']['id']}/accounts")["items"][0]
    assert account["status"] == "inactive", f"the account's status is {account['status']}"


def _reassign(walk: Walk) -> None:
    walk.users["person14"]["active"] = True
    _assign(walk, "person14")


def _same_account(walk: Walk, sent: list[Request]) -> None:
    assert walk.remote_id("person14") == walk.said["leaver"], "it is another account now"


def _delete_user(walk: Walk) -> None:
    walk.rest.call("DELETE", f"/users/{walk.users['person15']['id']}")
    walk.users["person15"]["active"] = False
    until(lambda: not walk.rest.every("/users?search=person15"), what="the user is deleted")


def _erase(walk: Walk) -> None:
    walk.rest.call("PATCH", f"/applications/{walk.application}", {"settings": {"deprovision": "delete"}})
    body = {"users": {"remove": [walk.users["person16"]["id"]]}}
    walk.rest.post(f"/applications/{walk.application}/assignments", body)
    walk.users["person16"]["erased"] = True


STEPS = (
    Step("connect: the test of the connection", _connect, _only_reads),
    Step("probe", _probe, _only_reads),
    Step("probe by writing, and tidy up", _probe_by_writing, _nothing_left),
    Step("create 20 users", _create, _went_on, refusals=True),
    Step("take over an account that exists", _take_over, _was_adopted),
    Step("look up a create whose answer was lost", _look_up, _created_once),
    Step("change a simple attribute", _edit("person00", jobTitle="Countess of Code")),
    Step("change the name", _edit("person01", firstname="Jörg", lastname="O'Müßig")),
    Step("change the e-mail address", _edit("person02", email="new02@example.com")),
    Step("change the phones", _edit("person03", phoneNumbers=PHONES)),
    Step("change the address", _edit("person04", addresses=[ADDRESS])),
    Step("change an enterprise attribute", _edit("person05", department="Development & Łab")),
    Step("set an attribute that had no value", _edit("person19", firstname="Now", lastname="Named")),
    Step("clear a simple attribute", _edit("person06", jobTitle=None)),
    Step("clear the phones", _edit("person09", phoneNumbers=[])),
    Step("clear an enterprise attribute", _edit("person08", department=None)),
    Step("rename the user", _rename),
    Step("suspend", _state("person10", "suspend", False)),
    Step("unsuspend", _state("person10", "unsuspend", True)),
    Step("create a group with members", _create_group),
    Step("add a member", lambda walk: _members(walk, add="person06")),
    Step("remove a member", lambda walk: _members(walk, remove="person01")),
    Step("rename the group", _rename_group),
    Step("take over a group that exists", _take_over_group),
    Step("a second sync sends nothing", _sync(1), _nothing_sent),
    Step("a reconcile writes nothing", _reconcile, _only_reads),
    Step("repair drift", _drift),
    Step("make an account again that was deleted there", _deleted_there),
    Step("unassign: deactivated and confirmed", _unassign, _confirmed),
    Step("assign again: the same account is active", _reassign, _same_account),
    Step("delete the user: deactivated", _delete_user),
    Step("unassign where accounts are to be deleted", _erase),
    Step("delete the group", _delete_group),
    Step("ten syncs send nothing", _sync(10), _nothing_sent),
)
