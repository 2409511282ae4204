"""The whole life cycle against one service provider, step by step.

After each step the provider itself is asked what it holds: every account and every group is compared with what it should
be, so a step also fails for what it did to others. What could not be done is looked for where an administrator finds it:
the account or group is held, with a message. A difference that one step leaves is not held against the next ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.interop.people import held, people, person, wanted
from tests.interop.provider import Provider, Side
from tests.interop.recorder import Recorder, Request, recording
from tests.interop.world import TOKEN, Installation, Rest, until
from tests.ports import a_free_port

SETTLED_WITHIN = 45.0
Difference = tuple[str, str]  # whose, and which attribute


@dataclass(frozen=True)
class Cell:
    """What came of one step at one provider. `result`: ok, held, impossible, or wrong."""

    step: str
    result: str
    note: str
    reads: int
    writes: int

    @property
    def right(self) -> bool:
        return self.result != "wrong"


@dataclass
class Walk:
    """Where a walk stands: the two sides, what should be there, and what is known to differ."""

    provider: Provider
    rest: Rest
    side: Side
    recorder: Recorder
    application: str = ""
    users: dict[str, dict[str, Any]] = field(default_factory=dict)  # by name; as the contract shows them, and "active"
    groups: dict[str, set[str]] = field(default_factory=dict)  # the groups that should be there: keys of `users`
    known: set[Difference] = field(default_factory=set)
    stuck: set[str] = field(default_factory=set)  # links that an earlier step has left due
    said: dict[str, str] = field(default_factory=dict)  # facts that steps hand to later ones

    def run(self, step: Step) -> Cell:
        """One step, and what came of it."""
        mark, problem = len(self.recorder.requests), ""
        try:
            step.do(self)
            self.settle()
            sent = self.recorder.since(mark)
            if step.then:
                step.then(self, sent)
            assert step.refusals or not _refused(sent), f"refused with 401: {_refused(sent)[:3]}"
        except AssertionError as error:
            problem, sent = str(error) or "an assertion failed", self.recorder.since(mark)
        differing = self.differing()
        fresh = {key: what for key, what in differing.items() if key not in self.known}
        self.known, self.stuck = set(differing), {link["id"] for link in self.links("due", "retrying")}
        result, note = self._judged(step, problem, fresh)
        return Cell(step.name, result, note, *_counted(sent))

    def _judged(self, step: Step, problem: str, fresh: dict[Difference, str]) -> tuple[str, str]:
        told = "; ".join(filter(None, [problem, *list(fresh.values())[:4]]))
        if not told:
            return "ok", ""
        if step.name in self.provider.cannot:
            return "impossible", self.provider.cannot[step.name]
        if (link := self._held()) and fresh:
            return "held", f"{link['error']['code']}: {link['error']['message']}"
        return "wrong", told + self._unfinished()

    def _held(self) -> dict[str, Any] | None:
        return next(iter(self.links("held")), None)

    def _unfinished(self) -> str:
        waiting = self.links("held", "retrying", "due")
        shown = [f"{_who(link)} {link['status']}: {(link['error'] or {}).get('message')}" for link in waiting[:3]]
        return "".join(f" [{text}]" for text in shown)

    def links(self, *statuses: str) -> list[dict[str, Any]]:
        """Accounts and groups of these statuses, all looked at together: one may go from one status to another."""
        if not self.application:
            return []
        kinds = ("accounts", "groups")
        found = (self.rest.get(f"/applications/{self.application}/{kind}?limit=200")["items"] for kind in kinds)
        return [link for links in found for link in links if link["status"] in statuses]

    def settle(self) -> None:
        """Until nothing is due or being retried, but for what an earlier step has left so."""
        until(lambda: not self._moving(), SETTLED_WITHIN, "all accounts and groups are settled")

    def _moving(self) -> list[str]:
        return [link["id"] for link in self.links("due", "retrying") if link["id"] not in self.stuck]

    def differing(self) -> dict[Difference, str]:
        """Everything that the provider holds otherwise than it should be."""
        if not self.users:
            return {}
        return {**self._differing_users(), **self._differing_groups()}

    def _differing_users(self) -> dict[Difference, str]:
        there: dict[str, list[dict[str, Any]]] = {}
        for account in self.side.users():
            there.setdefault(account["userName"].casefold(), []).append(account)
        should = {user["username"].casefold(): (name, user) for name, user in self.users.items()}
        found = {
            (user, "account"): f"{user} is at the provider, and shouldn't be" for user in there if user not in should
        }
        for username, (name, user) in should.items():
            accounts = there.get(username, [])
            if len(accounts) != (0 if user.get("erased") else 1):
                found[name, "account"] = f"{name} is there {len(accounts)} times"
            elif accounts:
                found |= self._compared(name, wanted(user), held(accounts[0]))
        return found

    def _compared(self, name: str, should: dict[str, Any], holds: dict[str, Any]) -> dict[Difference, str]:
        paths = (should.keys() | holds.keys()) - self.provider.keeps_not
        paths -= (self.provider.fills | {"displayName"}) - should.keys()  # some make one of the names by themselves
        return {
            (name, path): f"{name}: {path} is {holds.get(path)!r}, not {should.get(path)!r}"
            for path in sorted(paths)
            if should.get(path) != holds.get(path)
        }

    def _differing_groups(self) -> dict[Difference, str]:
        there = self.side.groups()
        found: dict[Difference, str] = {}
        for name in there.keys() | self.groups.keys():
            should = {self.users[member]["username"] for member in self.groups.get(name, set())}
            if name not in there or name not in self.groups:
                found[name, "group"] = f"group {name} is {'there' if name in there else 'not there'}"
            elif there[name] != should:
                found[name, "members"] = f"group {name} has {sorted(there[name])}, not {sorted(should)}"
        return found

    def words(self) -> list[dict[str, Any]]:
        """The SP form as it is by now, word by word."""
        return list(self.rest.get(f"/applications/{self.said['application']}/form")["words"])

    def edit(self, name: str, **changes: Any) -> None:
        """An administrator changes a user."""
        user = self.rest.call("PATCH", f"/users/{self.users[name]['id']}", changes)
        self.users[name] = {**user, "active": self.users[name]["active"]}

    def remote_id(self, name: str) -> str:
        """The id of this user's account at the provider, as the provider says."""
        account = self.side.user(self.users[name]["username"])
        assert account, f"{name} has no account at the provider"
        return str(account["id"])

    def pass_over(self, kind: str) -> dict[str, Any]:
        """A sync or a reconcile, to its end."""
        started = self.rest.post(f"/applications/{self.application}/{kind}")
        ended = until(lambda: (run := self.rest.get(f"/runs/{started['id']}"))["finished"] and run, what=kind)
        assert ended["status"] == "done", f"the {kind} ended as {ended['status']}: {ended['error']}"
        return dict(ended)


@dataclass(frozen=True)
class Step:
    """`do` acts as an administrator would; `then` asserts on what was sent meanwhile. `refusals`: whether a token may be
    refused meanwhile; one that ends by itself is replaced before it does."""

    name: str
    do: Callable[[Walk], None]
    then: Callable[[Walk, list[Request]], None] | None = None
    refusals: bool = False


def _who(link: dict[str, Any]) -> str:
    return str((link.get("user") or link.get("group") or {}).get("name"))


def _refused(sent: list[Request]) -> list[str]:
    return [f"{request.method} {request.path}" for request in sent if request.status == 401]


def _counted(sent: list[Request]) -> tuple[int, int]:
    kinds = Counter(request.writes for request in sent)
    return kinds[False], kinds[True]


@contextmanager
def walking(provider: Provider, folder: Path) -> Iterator[Walk]:
    """Both sides, started, with the recorder between them."""
    port, between = a_free_port(), a_free_port()
    installation = Installation(folder, a_free_port())
    token_path = provider.oauth.token_path if provider.oauth else ""
    with provider.start(port), recording(port, between, token_path) as recorder, installation.serving():
        walk = Walk(provider, installation.rest, Side(provider, port, TOKEN), recorder)
        batch = people(names_are_addresses=provider.names_are_addresses)
        for made in installation.rest.post("/users:batch", {"users": batch})["results"]:
            walk.users[f"person{made['index']:02}"] = {**made["user"], "active": True}
        walk.said["origin"] = f"http://127.0.0.1:{between}"
        yield walk


def another_person(walk: Walk, n: int, given: str, family: str) -> dict[str, Any]:
    """One more user than the twenty, as the contract takes them."""
    return person(n, given, family, walk.provider.names_are_addresses)
