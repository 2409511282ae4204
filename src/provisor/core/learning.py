"""Which other way of saying a change is worth one try, after the SP refused it or answered 200 and did nothing.

The rules of RFC 7644 leave room, and SPs differ in it; what helped is kept as part of the SP form (D2, U2, U4).
Pure: `engine.apply` sends what comes out of here, and learns it only if it helped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from provisor.core import patch, resource
from provisor.core.form import Form
from provisor.core.resource import Difference

_REFUSED_PATH = frozenset({"noTarget", "invalidPath"})


@dataclass(frozen=True, slots=True)
class Attempt:
    """A PATCH and what came of it. `raw` is the resource of the answer, where there was one."""

    differences: Sequence[Difference]
    operations: Sequence[patch.Operation]
    form: Form
    done: bool
    scim_type: str | None = None
    raw: Any = None

    @property
    def without_effect(self) -> tuple[str, ...]:
        """The attributes that the answer shows exactly as they were before."""
        if not self.done or not isinstance(self.raw, dict):
            return ()
        return tuple(d.name for d in self.differences if _unmoved(d, resource.read(self.raw, d.name)))

    @property
    def by_value_path(self) -> bool:
        return any(operation.get("path") == patch.WORK_VALUE for operation in self.operations)


def _unmoved(difference: Difference, held: Any) -> bool:
    was, name = difference.was, difference.name
    return resource.same_value(name, was, held) and not resource.same(name, difference.to, held)


def another_form(attempt: Attempt) -> tuple[dict[str, Any], str] | None:
    """The words of the form to change for another try, and the evidence in a sentence; None if there is nothing to try."""
    if attempt.done:
        return _after_no_effect(attempt)
    if attempt.scim_type not in _REFUSED_PATH:
        return None
    said = f"A PATCH was refused with {attempt.scim_type}"
    if attempt.by_value_path:
        return {"value_path": False}, f"{said} for {patch.WORK_VALUE}."
    if attempt.scim_type == "noTarget" and attempt.form.unassigned == "replace" and _sets_unassigned(attempt):
        return {"unassigned": "add"}, f"{said} where an attribute without a value was replaced."
    if attempt.form.patch == "each_path":
        return {"patch": "no_path"}, f"{said}; the same without paths was accepted."
    return None


def _sets_unassigned(attempt: Attempt) -> bool:
    return any(d.was in (None, "", []) and d.to not in (None, "", []) for d in attempt.differences)


def _after_no_effect(attempt: Attempt) -> tuple[dict[str, Any], str] | None:
    """`active` has a rule of its own (X3): a deactivation without effect is not said in other words, but told."""
    unmoved = [name for name in attempt.without_effect if name != "active"]
    if not unmoved:
        return None
    said = f"A PATCH of {', '.join(unmoved)} was answered with success and changed nothing"
    if attempt.by_value_path and "emails" in unmoved:
        return {"value_path": False}, f"{said}; the whole list was accepted."
    if attempt.form.patch == "each_path":
        return {"patch": "no_path"}, f"{said}; the same without paths was accepted."
    return None
