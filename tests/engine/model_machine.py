"""A directory, an SP and everything that happens to them, in any order: edits, other people's edits at the SP, faults,
crashes. A worker runs all the while. After `settle` the world has to be right, and then it has to stay silent."""

from __future__ import annotations

import contextlib
import uuid
from contextlib import ExitStack
from typing import Any

from django.db import connection as database
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from tests.engine import model_truth as truth
from tests.engine.conftest import RunningWorker, World
from tests.engine.model_edits import NAMES, Directory, Edit, names, slots, some_edits, telling_edits
from tests.engine.model_waiting import crash, settle

from provisor.applications import commands as applications
from provisor.applications.models import Application, Due, Link
from provisor.directory.models import User
from provisor.errors import Problem
from provisor.testing import FakeServiceProvider, Fault

_TABLES = """
SELECT string_agg(format('%I', relname), ', ') FROM pg_class
WHERE relnamespace = current_schema::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
  AND relname NOT LIKE 'django\\_%' AND relname NOT LIKE 'auth\\_%' AND relname <> 'directory_organisation'
"""

SERVER_ERRORS = [Fault("status", status, probability=0.6, times=3) for status in (500, 502, 503)]
THROTTLES = [Fault("status", 429, retry_after=after, times=2) for after in (None, 0, 1)]
BROKEN = [
    Fault(kind, method=method, probability=0.6, times=3)
    for kind in ("lost_answer", "cut_json", "reset")
    for method in ("POST", "PATCH", "GET")
]
SLOW = [Fault("latency", method=method, seconds=0.1, times=4) for method in ("POST", "PATCH", "GET")]
REFUSED = Fault("status", 401, times=1)
BLIND = Fault("status", 503, method="GET", times=4)
LOST_AND_BLIND = [(Fault("lost_answer", method=method, times=1), BLIND) for method in ("POST", "PATCH")]
troubles = st.sampled_from([*zip([*SERVER_ERRORS, *THROTTLES, *BROKEN, *SLOW, *SLOW, REFUSED]), *LOST_AND_BLIND])


def reset() -> None:
    """An empty database, in one statement."""
    with database.cursor() as cursor:
        cursor.execute(_TABLES)
        cursor.execute(f"TRUNCATE {cursor.fetchone()[0]}")


class DirectoryMachine(RuleBasedStateMachine):
    """`dsn`: the test database. Since the last settle: `known`, everybody who was a user; `may_end`, who had no right to an
    active account at some moment; `touched`, the accounts that others changed at the SP."""

    dsn = ""

    def __init__(self) -> None:
        super().__init__()
        reset()
        self._open = ExitStack()
        self.sp = self._open.enter_context(FakeServiceProvider.in_thread())
        self.world = World(self.dsn, self.sp)
        self.directory = Directory(self.world, [self.world.staff, self.world.make_group("Guests")])
        self.known, self.may_end = set[uuid.UUID](), set[uuid.UUID]()
        self.touched, self.owners = set[str](), dict[str, str]()
        self.foreign = dict[str, dict[str, Any]]()
        self.broken, self.edited = False, 0
        self.worker = RunningWorker(self.dsn)

    def teardown(self) -> None:
        try:
            if not self.broken:
                self.settle()
        finally:
            crash(self.world, self.worker)
            self._open.close()

    # The directory

    @initialize(hired=st.sets(names, min_size=2))
    def begin(self, hired: set[str]) -> None:
        """Some people have their accounts already, or nearly."""
        self.edit([Edit("hire", 0, name) for name in sorted(hired)])

    @rule(edits=some_edits)
    def edit(self, edits: list[Edit]) -> None:
        self.edited += len(edits)
        for edit in edits:
            self.directory.do(edit)
            self.known |= set(User.objects.values_list("id", flat=True))
            self.may_end |= self.known - truth.people_who_are_on()

    @rule(edits=some_edits)
    def edit_one_by_one(self, edits: list[Edit]) -> None:
        """The worker gets to the SP before the next edit."""
        for edit in edits:
            self.edit([edit])
            self._look_around()

    @rule(edits=telling_edits)
    def edit_one_user(self, edits: list[Edit]) -> None:
        """While the last edit's request is in flight, as often as not."""
        self.edit_one_by_one([Edit(edit.what, edits[0].slot, edit.name) for edit in edits])

    def _look_around(self) -> None:
        before = len(self.sp.requests)
        self.world.until(lambda: len(self.sp.requests) > before or not self._something_due())

    def _something_due(self) -> bool:
        due = Due.objects.filter(not_before__lte=timezone.now())
        return due.exists() and Application.objects.filter(provisioning="active").exists()

    # Other people at the SP

    @property
    def ours(self) -> list[dict[str, Any]]:
        """Accounts that carry a user's id."""
        return [account for account in self.sp.users if account["id"] not in self.foreign]

    def touched_account(self, slot: int) -> str | None:
        """An account of ours that somebody changes by hand now, if there is any."""
        if not (ours := self.ours):
            return None
        account = ours[slot % len(ours)]
        self.touched.add(account["id"])
        self.owners[account["id"]] = account["externalId"]
        return str(account["id"])

    @rule(
        slot=slots, values=st.sampled_from([{"title": "By hand"}, {"title": None}, {"active": False}, {"active": True}])
    )
    def edit_there(self, slot: int, values: dict[str, Any]) -> None:
        if id := self.touched_account(slot):
            self.sp.edit_user(id, **values)

    @rule(slot=slots)
    def remove_there(self, slot: int) -> None:
        if id := self.touched_account(slot):
            self.sp.remove_user(id)

    @rule(name=st.sampled_from(["zoe", *NAMES]), active=st.booleans())
    def foreign_account(self, name: str, active: bool) -> None:
        """One that isn't ours. It may have the name of a user, then or later: a person has to decide."""
        if self.sp.user(name) is None:
            emails = [{"value": f"{name}@elsewhere.example", "type": "work", "primary": True}]
            account = self.sp.put_user({"userName": name, "emails": emails, "active": active, "nickName": "Foreign"})
            self.foreign[account["id"]] = account

    # What goes wrong

    @rule(trouble=troubles, edits=telling_edits)
    def edit_amid_trouble(self, trouble: tuple[Fault, ...], edits: list[Edit]) -> None:
        for fault in trouble:
            self.sp.fault(fault)
        self.edit_one_user(edits)

    @rule(edits=telling_edits)
    def edit_and_crash(self, edits: list[Edit]) -> None:
        self.edit_one_by_one(edits)
        self.crash()

    def crash(self) -> None:
        """What is on its way to the SP arrives all the same."""
        crash(self.world, self.worker)
        self.world.until(lambda: all(request.status or request.fault for request in self.sp.requests))
        self.worker = RunningWorker(self.dsn)

    @rule(edits=some_edits)
    def edit_during_a_reconcile(self, edits: list[Edit]) -> None:
        with contextlib.suppress(Problem):  # the application is failing
            applications.start_run(self.world.actor, self.world.application.id, "reconcile")
        self.edit_one_by_one(edits)

    # What has to hold

    @precondition(lambda self: self.edited >= 5)
    @rule()
    def settle(self) -> None:
        self.broken, self.edited = True, 0
        self.sp.clear_faults()
        self.crash()
        self._settled()
        self._assert_no_edit_was_lost()
        self._reconciled()
        self._settled()
        self._assert_right()
        self._assert_silent()
        self.broken = False

    def _settled(self) -> None:
        settle(self.world)
        self._retry_what_is_held()
        self.world.until(lambda: not User.objects.filter(state="deleting").exists())

    def _assert_no_edit_was_lost(self) -> None:
        """Without a reconcile, which would find what an edit should have told."""
        elsewhere = {uuid.UUID(self.owners[id]) for id in self.touched}
        truth.assert_converged(self.sp, self.known - elsewhere, self.touched)

    def _reconciled(self) -> None:
        applications.start_run(self.world.actor, self.world.application.id, "reconcile")
        settle(self.world)

    def _retry_what_is_held(self) -> None:
        """A person presses Retry, as long as it helps."""
        held = set[uuid.UUID]()
        while held != (held := set(Link.objects.filter(status="held").values_list("id", flat=True))):
            for link in held:
                applications.retry_account(self.world.actor, link)
            settle(self.world)

    def _assert_right(self) -> None:
        truth.assert_converged(self.sp, self.known, self.touched)
        truth.assert_nobody_shares_an_account(self.sp)
        self.owners |= {account["id"]: account["externalId"] for account in self.ours}
        ended = {uuid.UUID(self.owners[id]) for id in truth.ended(self.sp.requests)}
        assert ended <= self.may_end, "ended without a reason"
        self._assert_foreign_untouched()
        assert [finding for finding in self._findings() if finding[0] != "U8"] == []
        assert not {path for rule, path in self._findings() if rule == "U8"} - self.touched, "a PATCH without effect"
        self.known = set(User.objects.values_list("id", flat=True))
        self.may_end, self.touched = self.known - truth.people_who_are_on(), set()

    def _findings(self) -> list[tuple[str, str]]:
        return [
            (finding.rule, request.path.removeprefix("/Users/"))
            for request in self.sp.requests
            for finding in request.findings
        ]

    def _assert_foreign_untouched(self) -> None:
        there = {account["id"]: account for account in self.sp.users}
        assert {id: there[id] for id in self.foreign} == self.foreign
        assert not {request.path.removeprefix("/Users/") for request in self.sp.writes} & set(self.foreign)

    def _assert_silent(self) -> None:
        self.sp.clear_requests()
        applications.start_run(self.world.actor, self.world.application.id, "sync")
        settle(self.world)
        assert self.sp.requests == []
        self._reconciled()
        assert self.sp.writes == []
        self.sp.clear_requests()
