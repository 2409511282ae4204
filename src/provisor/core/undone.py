"""What a person undid and is left as it was: how it is marked, and until when. See core.undo for the undoing itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from provisor.core import mapping
from provisor.core.links import Case

CODE = "undone"
WORDS = "A person undid the run that changed it; it is left as it was before until the directory wants something else."
HINT = "Retry makes it as the directory says."
MANAGER = ":manager"


def mark(case: Case) -> str:
    """Changes whenever the directory wants something else of this account: until then what was undone stays so."""
    assert case.user is not None
    wanted = mapping.desired(case.user, case.policy.rows)
    by_path = {path: value for path, value in wanted.items() if not path.endswith(MANAGER)}
    sends_manager = any(row.included and row.scim.endswith(MANAGER) for row in case.policy.rows)
    manager = str(case.user.values.get("manager_id")) if sends_manager else None
    return _digest([by_path, manager, case.wanted, case.user.state])


def group_mark(*, name: str, exists: bool, assigned: bool, filling: str | None) -> str:
    """The same for a group; `filling` stands for its members in the directory."""
    return _digest([name, exists, assigned, filling])


def stays(case: Case) -> bool:
    """Whether what a person undid here is to be left alone: nothing else is wanted, and nobody asked again."""
    if case.link.code != CODE or case.user is None or reopened(case.decision):
        return False
    return case.link.ignored == mark(case)


def reopened(decision: Mapping[str, Any] | None) -> bool:
    """Whether a person asked for it again: by Retry, or by choosing an account for it."""
    decision = decision or {}
    return bool(decision.get("retry")) or decision.get("action") in ("adopt", "create")


def _digest(value: Any) -> str:
    said = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()
