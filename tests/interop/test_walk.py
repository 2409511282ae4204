"""The walk of a stranger, through REST alone, against scim2-server: both sides are real processes."""

from __future__ import annotations

import os
import random
import signal
import subprocess

from tests.interop.conftest import TOKEN, Installation, Rest, until

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def people(count, prefix="person"):
    return [
        {
            "username": f"{prefix}{n:03}",
            "email": f"{prefix}{n:03}@example.com",
            "firstname": "Zoë",
            "lastname": f"O'Neill {n}",
            "department": "Research",
            "jobTitle": "Engineer",
            "phoneNumbers": [{"type": "work", "number": f"+49 30 {n}"}],
        }
        for n in range(count)
    ]


def connected(api: Rest, base_url: str, count: int, **settings) -> tuple[list[str], str, str]:
    """Users, a group of them, and an active application that it is assigned to."""
    batch = api.post("/users:batch", {"users": people(count)})
    users = [result["user"]["id"] for result in batch["results"]]
    group = api.post("/groups", {"name": "Everybody"})["id"]
    api.post(f"/groups/{group}/members", {"add": users})
    given = {"name": "Sample", "base_url": base_url, "auth": {"type": "bearer", "token": TOKEN}, "settings": settings}
    application = api.post("/applications", given)["id"]
    api.post(f"/applications/{application}/assignments", {"groups": {"add": [group]}})
    api.post(f"/applications/{application}/activate")
    return users, group, application


def accounts_at(sp: Rest) -> dict[str, dict]:
    """Every account at the SP by its externalId, and none of them twice."""
    found, start = {}, 1
    while page := sp.get(f"/Users?startIndex={start}&count=100").get("Resources"):
        found |= {account["id"]: account for account in page}
        start += len(page)
    accounts = {account["externalId"]: account for account in found.values()}
    assert len(accounts) == len(found)
    return accounts


def count_at(sp: Rest) -> int:
    return sp.get("/Users?startIndex=1&count=1")["totalResults"]


def all_synced(api: Rest, application: str, count: int) -> bool:
    return api.get(f"/applications/{application}/accounts?status=synced&limit=1")["total"] == count


def run(api: Rest, application: str, kind: str) -> dict:
    started = api.post(f"/applications/{application}/{kind}")
    return until(lambda: (found := api.get(f"/runs/{started['id']}"))["finished"] and found, what=kind)


def test_the_walk(installation: Installation, scim2_server: Rest):
    api = installation.rest
    users, group, application = connected(api, scim2_server.base, 200)
    until(lambda: all_synced(api, application, 200), what="200 accounts")

    accounts = accounts_at(scim2_server)
    assert set(accounts) == set(users)
    for user in api.every("/users"):
        account = accounts[user["id"]]
        assert account["active"] is True
        assert account["name"] == {"givenName": user["firstname"], "familyName": user["lastname"]}
        assert account["emails"] == [{"value": user["email"], "type": "work", "primary": True}]
        assert account[ENTERPRISE] == {"department": "Research"}

    before = {id: account["meta"] for id, account in accounts.items()}
    second = run(api, application, "sync")
    assert (second["status"], sum(second["counts"].values())) == ("done", 0)
    assert {id: account["meta"] for id, account in accounts_at(scim2_server).items()} == before

    api.call("PATCH", f"/users/{users[0]}", {"jobTitle": "Countess"})
    until(lambda: accounts_at(scim2_server)[users[0]].get("title") == "Countess", what="the edit")
    after = accounts_at(scim2_server)
    assert [id for id in users if after[id]["meta"] != before[id]] == [users[0]]

    api.post(f"/groups/{group}/members", {"remove": [users[1]]})
    until(lambda: accounts_at(scim2_server)[users[1]]["active"] is False, what="the leaver")
    account = api.get(f"/users/{users[1]}/accounts")["items"][0]
    assert (account["status"], account["active"]) == ("inactive", False)


def test_the_worker_killed_at_random(installation: Installation, scim2_server: Rest):
    api, chance = installation.rest, random.Random(7)
    users, _group, application = connected(api, scim2_server.base, 200)
    for _ in range(4):
        wanted = chance.randrange(10, 190)
        until(lambda wanted=wanted: count_at(scim2_server) >= wanted, what=f"{wanted} accounts")
        os.kill(worker_of(installation), signal.SIGKILL)
    until(lambda: all_synced(api, application, 200), what="200 accounts after four kills")
    assert set(accounts_at(scim2_server)) == set(users)


def worker_of(installation: Installation) -> int:
    """The worker's process: its role is visible in its command line, its data folder in its environment."""

    def found() -> int:
        listed = subprocess.run(["pgrep", "-f", "provisor worker"], capture_output=True, text=True).stdout.split()
        for pid in map(int, listed):
            try:
                with open(f"/proc/{pid}/environ", "rb") as environment:
                    if str(installation.folder).encode() in environment.read():
                        return pid
            except OSError:
                continue
        return 0

    return int(until(found, what="a worker runs"))
