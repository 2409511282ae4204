"""Values that somebody changed at a service provider whose application is set to `drift` adopt: they become the user's,
by the same command and under the same law as an edit by hand.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from provisor.administrators.actor import system
from provisor.bodies import parse
from provisor.directory.commands.changes import update_user
from provisor.directory.validation import UserChanges

ACTOR = "drift"


def adopt_values(user_id: uuid.UUID, values: Mapping[str, Any], updated: datetime) -> None:
    """Changes the user, unless somebody else did since `updated`. Raises Invalid, Stale, NotFound or WrongState."""
    update_user(system(ACTOR), user_id, parse(UserChanges, dict(values)), if_match=updated)
