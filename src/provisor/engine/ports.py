"""What the loop needs from outside: the Store port, and the values that pass through it. No Django, no SQL.

`provisor.applications.store` is the real one, on PostgreSQL.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from provisor.core.changes import Change
from provisor.core.links import Account, Case, Link, Policy
from provisor.scim.transport import Endpoint


class Gone(Exception):
    """The application was deleted, or the database connection that owns it was lost: the pass ends here."""


class Elsewhere(Exception):
    """Nothing may be written now: the user is in somebody else's hands at this moment, or the application was paused or
    changed, or everything was stopped. Nothing was sent, and the account is still due."""


class Untouchable(Exception):
    """What was about to be written to is protected. Nothing was sent; `outcome` (of a group: its step) is recorded."""

    def __init__(self, outcome: Any) -> None:
        super().__init__()
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class Connection:
    """One application's way to its SP; `endpoint` shows no secret in a repr. `secret` names the credentials without telling
    them: it changes when anything of them does, certificates and proxy included. `connector` and `learned` are layers of
    the SP form below `settings`; the one in force at the start of a pass is the policy's."""

    application: UUID
    name: str
    endpoint: Endpoint
    policy: Policy
    settings: Mapping[str, Any]
    learned: Mapping[str, Any]
    connector: Mapping[str, Any] = field(default_factory=dict)
    failing: bool = False
    first_run: bool = False  # no pass over it has ended yet with nothing left to do (engine.trips)
    own_account_at: str | None = None  # when the SP was last asked whose our token is
    secret: datetime | None = None

    @property
    def base_url(self) -> str:
        return self.endpoint.base_url


@dataclass(frozen=True, slots=True)
class Run:
    """One pass: `kind` is event, sync, reconcile or plan. An event run is stored only once it has a change."""

    id: UUID
    kind: str


@dataclass(frozen=True, slots=True)
class Work:
    """One due account, read in one consistent look: the case, and the marks that the outcome will remove. `named`: a call
    that named this user ends the account (suspend, expire, delete), and no set is to blame."""

    case: Case
    marks: tuple[int, ...]
    priority: int
    cause: str
    actor: Mapping[str, Any] | None = None
    correlation: UUID | None = None
    named: bool = False
    password: UUID | None = None  # of a password that waits to be sent there (engine.passwords)

    @property
    def link(self) -> Link:
        return self.case.link


@dataclass(frozen=True, slots=True)
class Attempt:
    """One thing that was tried at the SP, for the history: in the SP's own words."""

    type: str
    outcome: str
    method: str | None = None
    status: int | None = None
    message: str = ""
    milliseconds: int = 0


@dataclass(frozen=True, slots=True)
class PasswordOutcome:
    """What became of a password, never the password itself. `status`: pushed, refused, dropped, waiting (tried again in
    `again` seconds) or temporary (one that nobody knows was made up at creation; it has no `id`)."""

    work: Work
    status: str
    id: UUID | None = None
    attempts: tuple[Attempt, ...] = ()
    error: Mapping[str, str] | None = None
    again: float | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """One member: the directory's user and the id of the user's account there."""

    user: str
    remote_id: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one due account. `link` is the link from now on, None to forget it. `result`: success, retrying, held,
    or None where nothing had to change. `again`: seconds until it is due again. `waits_in`: the run in which
    the change waits for a person; `afresh`: it is due again without what a person decided; `said`: what the approved
    run says of it, where that isn't the error."""

    work: Work
    link: Link | None
    result: str | None = None
    change: Change | None = None
    attempts: tuple[Attempt, ...] = ()
    error: Mapping[str, str] | None = None
    candidates: tuple[Mapping[str, Any], ...] | None = None
    again: float | None = None
    waits_in: UUID | None = None
    afresh: bool = False
    said: Mapping[str, str] | None = None
    passwords: tuple[PasswordOutcome, ...] = ()


@dataclass(frozen=True, slots=True)
class Due:
    """What `Store.due` found. `finish`: what is under way is brought to its end and no more begun, because the mapping or
    the settings changed, or a run that somebody asked for waits. `stop`: not one more request, because the application
    isn't active any more, its address or token changed, or the run was cancelled."""

    works: tuple[Work, ...] = ()
    finish: bool = False
    stop: bool = False


@dataclass(frozen=True, slots=True)
class Owner:
    """Who has a remote id in this application: a user by a link, or a deleted one by a tombstone (`former` is the name,
    `former_user` the id)."""

    user: str | None = None
    former: str | None = None
    former_user: str | None = None


@dataclass(frozen=True, slots=True)
class Absent:
    """A link whose account a complete read did not show."""

    link: UUID
    remote_id: str
    user: str
    name: str


@dataclass
class Census:
    """What a full read found: how many accounts, how many of ours drifted, and whether it is provably complete."""

    accounts: int = 0
    drifted: int = 0
    unreadable: int = 0
    problem: str | None = None


class Store(Protocol):
    """The database as the loop sees it. Every method may raise Gone."""

    async def due(self, connection: Connection, run: Run, *, leavers: int, others: int, busy: Collection[str]) -> Due:
        """The next due accounts by priority: at most `leavers` of priority 0, `others` of the rest, none of `busy` users."""

    def whole_plan(self, connection: Connection) -> AsyncIterator[Work]:
        """Everything that is due, whenever it may be tried, in the order of link ids; nothing is taken off the queue."""

    async def unlinked(self, connection: Connection) -> int:
        """How many due accounts have no remote account that we know of: what a first load would have to look up."""

    async def owners(self, connection: Connection, remote_ids: Sequence[str]) -> Mapping[str, Owner]:
        """Who has these remote ids in this application."""

    async def intend(self, connection: Connection, work: Work, intent: Mapping[str, Any]) -> None:
        """Returns once the intent is committed; only then may a byte leave (M2). Raises Elsewhere."""

    async def record(self, connection: Connection, run: Run, outcome: Outcome) -> None:
        """Queues the outcome for the next commit. Returns once it is committed."""

    async def planned(self, connection: Connection, run: Run, work: Work, change: Change) -> None:
        """One change of a preview: a row without an outcome."""

    async def observed(self, connection: Connection, run: Run, seen: Sequence[Account], age: float) -> int:
        """Compares accounts of a full read with their links; what follows for those that drifted, the settings say. Links
        that were written since they were asked for, `age` seconds ago, are left alone. Accounts without a link are
        kept in the list of those that are not ours. Returns how many drifted."""

    def absent(self, connection: Connection, seen: Container[str]) -> AsyncIterator[Sequence[Absent]]:
        """The links of users with access whose remote id is not in `seen`, some at a time."""

    async def verify(self, connection: Connection, absent: Sequence[Absent]) -> None:
        """Marks these as due, to be read one by one: before that nothing is believed of them."""

    async def lost(self, connection: Connection, run: Run, absent: Sequence[Absent]) -> None:
        """Reports these: a read by id has shown that their accounts are gone."""

    async def complete(self, connection: Connection, run: Run) -> None:
        """A full read was complete. Marks every pair as due whose link and access disagree: the sweep that finds what no
        edit told. Forgets what was found before and isn't there any more."""

    async def learn(self, connection: Connection, facts: Mapping[str, Any], evidence: str) -> None:
        """Keeps what was learned of the SP form, and what showed it."""

    async def own_account(self, connection: Connection, found: Mapping[str, Any]) -> None:
        """Keeps which account there our token belongs to (scim.me.Own as JSON), as of now."""

    async def stop(self, connection: Connection, error: Mapping[str, str]) -> None:
        """The connection can't be used: the application is failing until a probe succeeds or a person mends it."""


class Dispatch(Protocol):
    """The database as the worker sees it: where there is something to do, and whose turn it is. May raise Gone."""

    told: asyncio.Event  # set whenever a NOTIFY came

    async def waiting(self) -> Sequence[UUID]:
        """The applications that have something to do now: due accounts, a queued run, a probe."""

    async def lock(self, application: UUID) -> bool:
        """Takes this application for this worker alone, for as long as the database connection lives."""

    async def unlock(self, application: UUID) -> None: ...

    async def open(self, application: UUID) -> Connection | None:
        """The connection as it is configured now; None if there is no such application any more."""

    async def begin(self, connection: Connection) -> Run | None:
        """The next run: the oldest that was asked for, else an event run; None if the application may not be written to."""

    async def finish(
        self, connection: Connection, run: Run, error: Mapping[str, str] | None, census: Census | None
    ) -> None:
        """Ends a run: its counts, its hash, its status."""

    async def mended(self, connection: Connection) -> None:
        """A probe succeeded: the application is active again."""

    async def still_failing(self, connection: Connection) -> None:
        """A probe found out nothing: the application goes on failing for the same reason until the next one."""

    async def paced(self, application: UUID, state: Mapping[str, Any]) -> None:
        """Keeps the pace of an application for people to see (engine.pacing.Gate.as_json), in place of the last one."""

    async def tick(self) -> None:
        """Once a second, one worker of all: deletions that are finished or late, scheduled reconciles, partitions."""
