"""From differences to a request body: the smallest PATCH that RFC 7644 and every stricter reading agree on, or a PUT.

Operations are lower-case, each with a path of its own, sub-attributes by dotted path, `remove` without a value
(U1 to U4, U9), unless the SP form says otherwise. `active` comes first: some SPs refuse other changes of an inactive
account (C4).
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from provisor.core import resource
from provisor.core.form import Form
from provisor.core.mapping import MULTI_VALUED
from provisor.core.resource import Difference

Operation = dict[str, Any]
NOT_SENT = ("meta", "groups", "password", "schemas")  # read-only, secret, or said anew
WORK_VALUE = 'emails[type eq "work"].value'


def operations(differences: Iterable[Difference], form: Form) -> list[Operation]:
    """The PATCH operations that turn what the SP holds into what is desired."""
    ordered = sorted(differences, key=lambda difference: difference.name != "active")
    said = [_operation(difference, form) for difference in ordered]
    return [worded(operation, form) for operation in (_without_paths(said) if form.patch == "no_path" else said)]


def worded(operation: Operation, form: Form) -> Operation:
    """One operation in this SP's spelling."""
    op = operation["op"].capitalize() if form.op_case == "capital" else operation["op"]
    return spelt({**operation, "op": op}, form)


def spelt(body: dict[str, Any], form: Form) -> dict[str, Any]:
    """A body with its booleans as this SP reads them (Entra's old form sends them as text)."""
    return _text_booleans(body) if form.boolean_text else body


def _text_booleans(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _text_booleans(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_text_booleans(inner) for inner in value]
    return str(value) if isinstance(value, bool) else value


def _without_paths(said: list[Operation]) -> list[Operation]:
    """All that is set in one operation without a path; what is removed can only be named by its path."""
    whole: dict[str, Any] = {}
    for operation in said:
        if operation["op"] != "remove":
            resource.write(whole, operation["path"], operation["value"])
    whole.pop("schemas", None)
    removed = [operation for operation in said if operation["op"] == "remove"]
    return [*([{"op": "replace", "value": whole}] if whole else []), *removed]


def _operation(difference: Difference, form: Form) -> Operation:
    if difference.name == "emails":
        return _email(difference, form)
    if difference.to in (None, []):
        return {"op": "remove", "path": difference.name}
    new = difference.was in (None, "", []) and form.unassigned == "add"
    return {"op": "add" if new else "replace", "path": difference.name, "value": difference.to}


def _email(difference: Difference, form: Form) -> Operation:
    held = resource.elements(difference.was)
    wanted = next(iter(difference.to or ()), None)
    if len(difference.to or ()) > 1:  # the list as a whole, as it was once (core.undo)
        return {"op": "replace", "path": "emails", "value": list(difference.to)}
    if wanted and not held:
        return {"op": "add", "path": "emails", "value": [wanted]}
    if wanted and "emails" in form.single_valued:
        return {"op": "replace", "path": "emails", "value": [wanted]}
    if wanted and form.value_path and form.patch == "each_path" and _only_value_differs(held, wanted):
        return {"op": "replace", "path": WORK_VALUE, "value": wanted["value"]}
    merged = merged_emails(held, wanted)
    return {"op": "replace", "path": "emails", "value": merged} if merged else {"op": "remove", "path": "emails"}


def _only_value_differs(held: list[Mapping[str, Any]], wanted: Mapping[str, Any]) -> bool:
    """A value path is safe where a read showed exactly one element that it can mean (U4), already primary."""
    work = [element for element in held if element.get("type") == "work"]
    return len(work) == 1 and work[0].get("primary", len(held) == 1) is True and wanted.get("type") == "work"


def merged_emails(held: Any, wanted: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """The whole list with our element first and the only primary one, or without ours; values of others stay (U5, A7,
    A8)."""
    held = resource.elements(held)
    ours = resource.work_email(held)
    theirs = [element for element in held if element is not ours]
    if wanted is None:
        return [dict(element) for element in theirs]
    others = [element for element in theirs if element.get("value") != wanted["value"]]
    return [
        dict(wanted),
        *(element | {"primary": False} if element.get("primary") else element for element in map(dict, others)),
    ]


def replacement(
    raw: Mapping[str, Any], differences: Iterable[Difference], desired_active: bool, without: Iterable[str] = ()
) -> dict[str, Any]:
    """The PUT body (U7): what was just read, with our differences in it, `active` always said; read-only parts, and what
    this SP takes in no PUT (`form.put_without`), left out."""
    whole = copy.deepcopy({name: value for name, value in raw.items() if name not in NOT_SENT and value is not None})
    for difference in differences:
        value = difference.to
        if difference.name == "emails" and len(value or ()) < 2:
            value = merged_emails(raw.get("emails"), value[0] if value else None)
        resource.write(whole, difference.name, value)
    whole["active"] = desired_active
    for path in without:
        resource.write(whole, path, None)
    kept = {name: value for name, value in whole.items() if name != "schemas" and value not in ({}, [])}
    return {"schemas": [resource.CORE_USER, *(name for name in kept if name.startswith("urn:"))], **kept}


def sent(differences: Iterable[Difference]) -> dict[str, Any]:
    """What a write says of each path: `{path: value}`, None for a removed one."""
    return {d.name: d.to if d.to != [] or d.name not in MULTI_VALUED else None for d in differences}
