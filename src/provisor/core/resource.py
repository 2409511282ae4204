"""Comparing resources: what the SP holds against what it should hold, on the attributes that we manage.

Missing, null, "" and [] are equal (A6). An SP may normalise what it is given (lower-case a mail, trim a phone): we keep
both what we sent and what it echoed, so that its habit never causes a second write (A10). Other people's values
in a multi-valued attribute (a private mail) are not ours: they are neither compared nor removed (U5).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from provisor.core.mapping import ENTERPRISE, MULTI_VALUED

# What we may say of an element: where it isn't said, it isn't to be there. Anything else is the SP's to add.
_PARTS = {
    "emails": ("type", "value"),
    "phoneNumbers": ("type", "value"),
    "roles": ("value",),
    "entitlements": ("value",),
    "addresses": ("type", "streetAddress", "locality", "region", "postalCode", "country"),
}
CORE_USER = "urn:ietf:params:scim:schemas:core:2.0:User"
Known = Mapping[str, Mapping[str, Any]]  # path -> {"sent": value, "echo": value}


@dataclass(frozen=True, slots=True)
class Difference:
    """One attribute that is not as it should be: `was` at the SP, `to` in the directory. None means unassigned."""

    name: str
    was: Any
    to: Any

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "from": self.was, "to": self.to}


def read(raw: Mapping[str, Any], path: str) -> Any:
    """The value at `path` of a resource as the SP sent it (names in RFC case, see scim.reader)."""
    if path.startswith(f"{ENTERPRISE}:"):
        extension = raw.get(ENTERPRISE)
        name = path.removeprefix(f"{ENTERPRISE}:")
        return extension.get(name) if isinstance(extension, Mapping) else None
    head, _, tail = path.partition(".")
    value = raw.get(head)
    if not tail:
        return value
    return value.get(tail) if isinstance(value, Mapping) else None


def body(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The SCIM resource for flat attributes, with exactly the schemas that it uses (A14)."""
    resource: dict[str, Any] = {"schemas": [CORE_USER]}
    for path, value in attributes.items():
        write(resource, path, value)
    return resource


def write(resource: dict[str, Any], path: str, value: Any) -> None:
    """Sets (or, for None, removes) the value at `path` of a nested resource."""
    target, name = _place(resource, path)
    if value is None or value == []:
        target.pop(name, None)
    else:
        target[name] = value


def _place(resource: dict[str, Any], path: str) -> tuple[dict[str, Any], str]:
    if path.startswith(f"{ENTERPRISE}:"):
        if ENTERPRISE not in resource.setdefault("schemas", [CORE_USER]):
            resource["schemas"] = [*resource["schemas"], ENTERPRISE]
        return _sub(resource, ENTERPRISE), path.removeprefix(f"{ENTERPRISE}:")
    head, _, tail = path.partition(".")
    return (_sub(resource, head), tail) if tail else (resource, head)


def _sub(resource: dict[str, Any], name: str) -> dict[str, Any]:
    if not isinstance(resource.get(name), dict):
        resource[name] = {}
    inner: dict[str, Any] = resource[name]
    return inner


def same(path: str, wanted: Any, held: Any) -> bool:
    """Whether the SP's value `held` is what `wanted` asks for."""
    if path == "emails":
        return same_element(_first(elements(wanted)), work_email(held))
    if path in MULTI_VALUED:
        return _same_elements(path, elements(wanted), elements(held))
    if path == "active":
        return bool(wanted) == (True if held is None else held)  # an SP may leave out `active: true`
    if isinstance(wanted, Mapping):
        return isinstance(held, Mapping) and same_element(wanted, held)
    return bool(_unassigned(wanted) == _unassigned(held))


def same_value(path: str, one: Any, other: Any) -> bool:
    """Whether two values that the SP itself gave say the same, in whatever order and with whatever left out."""
    if path in MULTI_VALUED:
        one, other = elements(one), elements(other)
        return _same_elements(path, one, other) and _same_elements(path, other, one)
    if path == "active":
        return (True if one is None else one) == (True if other is None else other)
    return bool(_unassigned(one) == _unassigned(other))


def _unassigned(value: Any) -> Any:
    return None if value in (None, "", [], {}) else value


def elements(value: Any) -> list[Mapping[str, Any]]:
    """The elements of a multi-valued attribute; what is none (an SP may send anything) is left out. A plain text, as some
    SPs give roles, is an element's value."""
    found = [{"value": each} if isinstance(each, str) else each for each in value] if isinstance(value, list) else []
    return [element for element in found if isinstance(element, Mapping)]


def _first(found: list[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    return next(iter(found), None)


def work_email(emails: Any) -> Mapping[str, Any] | None:
    """The element that is ours: the one of type work; at an SP without types the primary one, or the only one."""
    found = elements(emails)
    work = [element for element in found if str(element.get("type") or "").lower() == "work"]
    primary = [element for element in found if element.get("primary") is True]
    untyped = found if len(found) == 1 and not found[0].get("type") else []
    return _first([e for e in work if e in primary] or work or [e for e in primary if not e.get("type")] or untyped)


def same_element(wanted: Mapping[str, Any] | None, held: Mapping[str, Any] | None) -> bool:
    """Whether every sub-attribute that we ask for is there. What the SP adds (display, $ref) doesn't count."""
    if wanted is None or held is None:
        return wanted is held
    return all(_same_sub(name, value, held) for name, value in wanted.items())


def _same_sub(name: str, value: Any, held: Mapping[str, Any]) -> bool:
    if name == "type" and not held.get("type"):
        return True  # an SP without types: nothing to compare
    if name == "primary" and "primary" not in held:
        return True  # answers may leave it out; we always send it
    return bool(_unassigned(held.get(name)) == _unassigned(value))


def _same_elements(path: str, wanted: list[Mapping[str, Any]], held: list[Mapping[str, Any]]) -> bool:
    """Set semantics, order without meaning (A7): each wanted element has its own partner, and none is left over. One
    without a type needs a partner without; one with a type takes such a one only where it finds no better."""
    left = list(held)
    for element in sorted(wanted, key=_typed):
        asked = {**dict.fromkeys(_PARTS[path]), **element}
        partners = sorted((other for other in left if same_element(asked, other)), key=_typed, reverse=True)
        if not partners:
            return False
        left.remove(element if element in partners else partners[0])
    return not left


def _typed(element: Mapping[str, Any]) -> bool:
    return bool(element.get("type"))


def differences(desired: Mapping[str, Any], known: Known, paths: Iterable[str]) -> tuple[Difference, ...]:
    """What has to change at the SP so that the managed `paths` are as desired, given what we know of it."""
    return tuple(
        Difference(path, known.get(path, {}).get("echo"), desired.get(path))
        for path in paths
        if not in_step(path, desired.get(path), known.get(path))
    )


def in_step(path: str, wanted: Any, entry: Mapping[str, Any] | None) -> bool:
    """Whether nothing has to be sent: the SP holds it, or was sent exactly this and made of it what it wanted."""
    if entry is None:
        return path != "active" and _unassigned(wanted) is None
    return same(path, wanted, entry.get("echo")) or ("sent" in entry and entry["sent"] == wanted)


def acknowledge(known: Known, sent: Mapping[str, Any], echo: Mapping[str, Any] | None) -> dict[str, dict[str, Any]]:
    """What is known after a write: `sent` are the paths just written; `echo` is the whole resource that came back, or
    None where the SP answered without one (then what was sent is taken to be there until it is next read)."""
    after = {path: dict(entry) for path, entry in known.items()}
    for path, value in sent.items():
        after[path] = _unread(known.get(path, {}), value) if echo is None else {"sent": value, "echo": read(echo, path)}
    if echo is not None:
        for path in after.keys() - sent.keys():
            after[path] = _observed(path, after[path], read(echo, path))  # it may show what somebody changed there
    return after


def made_there(sent: Mapping[str, Any], raw: Mapping[str, Any], paths: Iterable[str]) -> dict[str, None]:
    """What an SP filled in by itself when an account was created: to count as sent without a value, so that it is its
    habit and nobody's change."""
    return {path: None for path in paths if path not in sent and _unassigned(read(raw, path)) is not None}


def _unread(before: Mapping[str, Any], value: Any) -> dict[str, Any]:
    """Sent, and no answer shows it. `was`: what the SP had made of the very same value when it was sent before."""
    again = "tried" in before and before["tried"] == value
    return {"sent": value, "echo": value, "unread": True} | ({"was": before.get("echo")} if again else {})


def observe(known: Known, raw: Mapping[str, Any], paths: Iterable[str]) -> dict[str, dict[str, Any]]:
    """What is known after reading the account. A value that differs from the one last echoed is drift: what we once
    sent says nothing any more. A value we never read back is learned if it is what was sent but for form (A10)."""
    return {path: _observed(path, known.get(path), read(raw, path)) for path in paths}


def _observed(path: str, entry: Mapping[str, Any] | None, held: Any) -> dict[str, Any]:
    if entry is None or "sent" not in entry:
        return {"echo": held}
    if _is_its_habit(path, entry, held):
        return {"sent": entry["sent"], "echo": held}
    return {"echo": held, "tried": entry["sent"]} if entry.get("unread") else {"echo": held}


def _is_its_habit(path: str, entry: Mapping[str, Any], held: Any) -> bool:
    """Held as last echoed, or as sent but for form, or as the SP makes of it each time (A10)."""
    echo = entry.get("echo")
    ours = [work_email(echo)] if path == "emails" and echo else echo
    as_echoed = same(path, ours, held) or echo == held
    return as_echoed or same(path, _loose(entry["sent"]), _loose(held)) or ("was" in entry and entry["was"] == held)


def _loose(value: Any) -> Any:
    if isinstance(value, str):
        return "".join(value.split()).casefold() or None
    if isinstance(value, Mapping):
        return {name: _loose(inner) for name, inner in value.items()}
    return [_loose(inner) for inner in value] if isinstance(value, list) else value
