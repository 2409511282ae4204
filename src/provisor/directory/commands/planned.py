"""A planned suspension as an attribute of a user: `suspend_at`, set like any other, and whose plan it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from provisor.administrators.actor import Actor
from provisor.directory.models import State, User
from provisor.errors import Invalid

PLANNED = "suspend_at"


def plan_of(actor: Actor, at: datetime | None, cause: str) -> dict[str, Any] | None:
    """What a row keeps of who planned it. `cause`: person for a call that names this one user, else set."""
    return {"actor": actor.as_json(), "cause": cause} if at else None


def check_time(state: str, before: datetime | None, at: datetime | None) -> None:
    """Whether a suspension may be planned so. Raises Invalid naming suspend_at."""
    if at is None or at == before:
        return
    if at <= timezone.now():
        raise Invalid({PLANNED: _("This time is past. Give a time to come, or suspend the user now.")})
    if state == State.SUSPENDED:
        raise Invalid({PLANNED: _("The user is suspended already.")})


def planned_anew(actor: Actor, user: User, names: Iterable[str], cause: str) -> None:
    """For a command that has set attributes of `user` (their names in `names`): whose plan it is from now on."""
    if PLANNED in names:
        user.suspend_plan = plan_of(actor, user.suspend_at, cause)


def planned_by_batch(actor: Actor, users: Sequence[User]) -> None:
    """For users who were just made: whose plans theirs are. More than one in a call are a set."""
    planned = [user.id for user in users if user.suspend_at]
    if planned:
        cause = "person" if len(users) == 1 else "set"
        plan = {"actor": actor.as_json(), "cause": cause}
        User.objects.filter(pk__in=planned).update(suspend_plan=plan)
