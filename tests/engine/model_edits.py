"""What people do to the directory, as values that a failing run can print."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

from hypothesis import strategies as st
from tests.engine.conftest import World

from provisor.applications import commands as applications
from provisor.directory import commands as directory
from provisor.directory.models import Group, User
from provisor.directory.validation import NewUser, UserChanges
from provisor.errors import Problem

NAMES = ("ada", "bob", "cy", "Dee", "eve", "flo")
PASSWORDS = (f"a long enough word, {number}" for number in count())  # the former ones can't come again


@dataclass(frozen=True)
class Edit:
    """`slot` chooses the user or the group; `name` is what the edit writes, where it writes anything."""

    what: str
    slot: int
    name: str


class Directory:
    """The directory as an edit sees it. What the commands refuse changes nothing."""

    def __init__(self, world: World, groups: list[Group]) -> None:
        self.world, self.groups = world, groups

    def do(self, edit: Edit) -> None:
        """Carries an edit out."""
        with contextlib.suppress(Problem):
            if edit.what in _ANYBODY:
                _ANYBODY[edit.what](self, edit)
            elif (user := self._user(edit.slot)) is not None:
                _SOMEBODY[edit.what](self, user, edit)

    def _user(self, slot: int) -> uuid.UUID | None:
        ids = list(User.objects.order_by("created").values_list("id", flat=True))
        return ids[slot % len(ids)] if ids else None

    def hire(self, edit: Edit, state: Any = "active") -> None:
        mail = f"{edit.name}@example.com"
        draft = NewUser(username=edit.name, email=mail, firstname=edit.name, jobTitle="Clerk", state=state)
        user = directory.create_user(self.world.actor, draft)
        self.member(edit, add=[user.id])

    def change(self, user: uuid.UUID, **values: Any) -> None:
        directory.update_user(self.world.actor, user, UserChanges(**values))

    def member(self, edit: Edit, **changes: list[uuid.UUID]) -> None:
        directory.change_members(self.world.actor, self.groups[edit.slot % 2].id, **changes)

    def assign(self, **changes: Any) -> None:
        applications.change_assignments(self.world.actor, self.world.application.id, **changes)


_ANYBODY: dict[str, Callable[[Directory, Edit], object]] = {
    "hire": Directory.hire,
    "stage": lambda of, edit: of.hire(edit, "staged"),
    "assign group": lambda of, edit: of.assign(groups_add=[of.groups[edit.slot % 2].id]),
    "unassign group": lambda of, edit: of.assign(groups_remove=[of.groups[edit.slot % 2].id]),
}
_SOMEBODY: dict[str, Callable[[Directory, uuid.UUID, Edit], object]] = {
    "rename": lambda of, user, edit: of.change(user, username=edit.name),
    "change mail": lambda of, user, edit: of.change(user, email=f"{edit.name}@example.com"),
    "change title": lambda of, user, edit: of.change(user, jobTitle=None if edit.name == "ada" else edit.name),
    "suspend": lambda of, user, edit: directory.suspend_user(of.world.actor, user),
    "unsuspend": lambda of, user, edit: directory.unsuspend_user(of.world.actor, user),
    "activate": lambda of, user, edit: directory.activate_user(of.world.actor, user),
    "expire password": lambda of, user, edit: directory.expire_password(of.world.actor, user),
    "set password": lambda of, user, edit: directory.set_password(of.world.actor, user, next(PASSWORDS)),
    "delete": lambda of, user, edit: directory.delete_user(of.world.actor, user),
    "join": lambda of, user, edit: of.member(edit, add=[user]),
    "leave": lambda of, user, edit: of.member(edit, remove=[user]),
    "assign": lambda of, user, edit: of.assign(users_add=[user]),
    "unassign": lambda of, user, edit: of.assign(users_remove=[user]),
}
# What shows at the SP, and what brings back who was lost to the test, comes up more often.
_OFTEN = (
    *("rename", "change mail", "change title", "suspend", "unsuspend", "assign group") * 3,
    *("hire", "join", "leave", "set password") * 2,
)

slots = st.integers(0, 5)
names = st.sampled_from(NAMES)
edits = st.builds(Edit, st.sampled_from([*_ANYBODY, *_SOMEBODY, *_OFTEN]), slots, names)
some_edits = st.lists(edits, min_size=1, max_size=4)
_TELLING = ("hire", "rename", "change mail", "change title", "change title", "suspend", "unsuspend")
telling_edits = st.lists(st.builds(Edit, st.sampled_from(_TELLING), slots, names), min_size=2, max_size=4)
