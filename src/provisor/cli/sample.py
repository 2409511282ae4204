"""A directory without people shows nothing: the demo's organisation, with names and gaps as real data has them.

`sample_organisation.json` holds groups (name, description, whether the sample application is assigned) and users
(the API's fields, plus `groups`, and `state` suspended).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from provisor.applications.models import Application
    from provisor.directory.models import User

ADMINISTRATOR = "admin@example.com"


@dataclass(frozen=True)
class Organisation:
    """The sample: groups and users as in the file."""

    groups: list[dict[str, Any]]
    users: list[dict[str, Any]]

    @classmethod
    def read(cls) -> Organisation:
        text = files("provisor.cli").joinpath("sample_organisation.json").read_text(encoding="utf-8")
        return cls(**json.loads(text))

    def load(self, password: str) -> bool:
        """Makes the administrator, the users and the groups, all or nothing. False if they are there already."""
        from django.db import transaction

        from provisor.administrators import commands
        from provisor.administrators.actor import system
        from provisor.administrators.models import Administrator

        if Administrator.objects.exists():
            return False
        with transaction.atomic():
            commands.create_administrator(system(), email=ADMINISTRATOR, role="owner", password=password)
            users = self._load_users()
            self._load_groups(users)
        return True

    def _load_users(self) -> dict[str, User]:
        from provisor.administrators.actor import system
        from provisor.bodies import parse
        from provisor.directory import commands
        from provisor.directory.models import User
        from provisor.directory.validation import NewUser

        drafts = [parse(NewUser, _draft(one)) for one in self.users]
        made = [user for user in commands.create_all_users(system(), drafts) if isinstance(user, User)]
        for one, user in zip(self.users, made, strict=True):
            if one.get("state") == "suspended":
                commands.suspend_user(system(), user.id)
        return {user.username: user for user in made}

    def _load_groups(self, users: dict[str, User]) -> None:
        from provisor.administrators.actor import system
        from provisor.bodies import parse
        from provisor.directory import commands
        from provisor.directory.validation import NewGroup

        for one in self.groups:
            draft = parse(NewGroup, {name: one[name] for name in ("name", "description")})
            group = commands.create_group(system(), draft)
            members = [users[user["username"]].id for user in self.users if one["name"] in user["groups"]]
            commands.change_members(system(), group.id, add=members)


def connect(name: str, base_url: str, token: str, organisation: Organisation) -> Application:
    """The sample application: made, assigned and activated at the first start, as it is now at later ones."""
    from provisor.administrators.actor import system
    from provisor.applications import commands, queries
    from provisor.directory import queries as directory
    from provisor.text import unique_key

    found = queries.applications().filter(name_key=unique_key(name)).first()
    if found is None:
        auth = {"type": "bearer", "token": token}
        found = commands.create_application(system(), {"name": name, "base_url": base_url, "auth": auth})
        assigned = [unique_key(one["name"]) for one in organisation.groups if one["assigned"]]
        groups = [group.id for group in directory.groups().filter(name_key__in=assigned)]
        commands.change_assignments(system(), found.id, groups_add=groups)
        commands.activate_application(system(), found.id)
    elif found.base_url != base_url:
        commands.update_application(
            system(), found.id, {"base_url": base_url, "auth": {"type": "bearer", "token": token}}
        )
    return queries.get_application(found.id)


def _draft(user: dict[str, Any]) -> dict[str, Any]:
    draft = {name: value for name, value in user.items() if name not in ("groups", "state")}
    return draft | ({"state": "staged"} if user.get("state") == "staged" else {})
