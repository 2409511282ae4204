"""From the operations of a PATCH to the partial resource that SCIM 1.1 has in their place. Pure.

What is set stands in it; simple values replace, parts of a complex attribute are merged, elements of a list are added.
What is removed is named in `meta.attributes`; an element of a list is removed by its value, with "operation": "delete".
A list is replaced by both: its name among the removed, which go first, and its new elements. Source: draft-scim-api-01,
section 3.3.2.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from provisor.scim.names import MULTI_VALUED
from provisor.scim.schemas import ENTERPRISE_1_1, ENTERPRISE_USER

_MEMBER: Final = re.compile(r'members\[value eq ("(?:[^"\\]|\\.)*")\]', re.IGNORECASE)
_COMPLEX: Final = frozenset({"name"})


class Inexpressible(ValueError):
    """SCIM 1.1 has no words for this path; the message names it."""


def partial(operations: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The partial resource with the effect of all `operations`, in names of SCIM 2.0 (`outward.resource` turns them).
    Raises Inexpressible."""
    change = _Change()
    for operation in operations:
        change.take(str(operation.get("op")).lower(), str(operation.get("path") or ""), operation.get("value"))
    meta = {"meta": {"attributes": list(change.removed)}} if change.removed else {}
    return {**meta, **change.said}


def manager(value: Any) -> Any:
    """A manager as 1.1 names them."""
    if not isinstance(value, Mapping):
        return value
    return {"managerId" if name == "value" else name: inner for name, inner in value.items()}


@dataclass
class _Change:
    """What has been said so far. `removed`: names for meta.attributes, in order."""

    said: dict[str, Any] = field(default_factory=dict)
    removed: dict[str, None] = field(default_factory=dict)

    def take(self, op: str, path: str, value: Any) -> None:
        if member := _MEMBER.fullmatch(path):
            if op != "remove":
                raise Inexpressible(path)
            self.leave("members", [json.loads(member[1])])
        elif "[" in path:
            raise Inexpressible(path)
        elif not path:
            self.take_all(op, value)
        elif op == "remove" and path == "members" and value:
            self.leave(path, [element["value"] for element in value])
        elif op == "remove" or value in (None, []):
            self.remove(path)
        else:
            self.set(op, path, value)

    def take_all(self, op: str, values: Any) -> None:
        """An operation without a path: each attribute of its value for itself, parts of complex ones too."""
        if op == "remove" or not isinstance(values, Mapping):
            raise Inexpressible("an operation without a path")
        for name, value in values.items():
            inner = value if name in _COMPLEX or name == ENTERPRISE_USER else None
            for part, told in inner.items() if isinstance(inner, Mapping) else ():
                self.take(op, f"{name}{':' if name == ENTERPRISE_USER else '.'}{part}", told)
            if inner is None:
                self.take(op, name, value)

    def set(self, op: str, path: str, value: Any) -> None:
        holder, name = self.place(path)
        if path not in MULTI_VALUED:
            holder[name] = value
            self.removed.pop(_named(path), None)
            return
        elements = value if isinstance(value, list) else [value]
        if op == "replace":
            self.removed[path] = None
            holder[name] = elements
        else:
            new = {_key(element) for element in elements}
            kept = [element for element in holder.get(name, ()) if not (_deleted(element) and _key(element) in new)]
            holder[name] = [*kept, *elements]

    def remove(self, path: str) -> None:
        holder, name = self.place(path)
        holder.pop(name, None)
        if not holder:  # nothing else of this complex attribute is said
            self.said.pop(ENTERPRISE_USER if path.startswith("urn:") else path.partition(".")[0], None)
        self.removed[_named(path)] = None

    def leave(self, path: str, values: list[str]) -> None:
        """Elements with these values go. Where the whole list goes first, it is enough not to name them."""
        gone = [{"value": value, "operation": "delete"} for value in dict.fromkeys(values)]
        kept = [element for element in self.said.get(path, ()) if _key(element) not in values]
        self.said[path] = kept if path in self.removed else [*kept, *gone]
        if not self.said[path]:
            del self.said[path]

    def place(self, path: str) -> tuple[dict[str, Any], str]:
        """The object that holds what `path` means, and its name there."""
        if path.startswith(f"{ENTERPRISE_USER}:"):
            return self.inner(ENTERPRISE_USER), path.removeprefix(f"{ENTERPRISE_USER}:")
        head, _, tail = path.partition(".")
        return (self.inner(head), tail) if tail and not path.startswith("urn:") else (self.said, path)

    def inner(self, name: str) -> dict[str, Any]:
        held: dict[str, Any] = self.said.setdefault(name, {})
        return held


def _named(path: str) -> str:
    """An attribute by its name in SCIM 1.1, extension and all; of a complex one it has to be a part."""
    named = path.replace(ENTERPRISE_USER, ENTERPRISE_1_1, 1)
    return f"{named}.managerId" if named == f"{ENTERPRISE_1_1}:manager" else named


def _deleted(element: Any) -> bool:
    return isinstance(element, Mapping) and element.get("operation") == "delete"


def _key(element: Any) -> Any:
    return element.get("value") if isinstance(element, Mapping) else element
