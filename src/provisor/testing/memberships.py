"""What a service provider lets be done to a group and its members: how removal is said, how many at once, renames."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from provisor.testing.errors import ScimError, invalid_value
from provisor.testing.profile import Profile

Resource = dict[str, Any]
Operation = Mapping[str, Any]

_ONE = re.compile(r'members\[value eq ("(?:[^"\\]|\\.)*")\]', re.IGNORECASE)


@dataclass
class Asked:
    """What the operations of a PATCH want of the members, in their order."""

    added: list[Any] = field(default_factory=list)
    by_path: list[str] = field(default_factory=list)
    by_list: list[str] = field(default_factory=list)
    replaced: bool = False
    cleared: bool = False

    @property
    def count(self) -> int:
        return len(self.added) + len(self.by_path) + len(self.by_list)


def asked(operations: list[Resource]) -> Asked:
    """What a PATCH of a group is about, as far as members go."""
    found = Asked()
    for operation in operations:
        op, path, value = _parts(operation)
        if path == "members" and op in ("add", "replace"):
            found.replaced = found.replaced or op == "replace"
            found.added += _listed(value)
        elif path == "members" and op == "remove":
            found.by_list += _ids(value)
            found.cleared = found.cleared or not _ids(value)
        elif op == "remove" and (one := _ONE.fullmatch(path)):
            found.by_path.append(json.loads(one.group(1)))
        elif not path and isinstance(value, Mapping) and "members" in value:
            found.replaced = found.replaced or op == "replace"
            found.added += _listed(value["members"])
    return found


def _parts(operation: Operation) -> tuple[str, str, Any]:
    return str(operation.get("op")).lower(), str(operation.get("path") or ""), operation.get("value")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _ids(value: Any) -> list[str]:
    return [str(item.get("value")) if isinstance(item, Mapping) else str(item) for item in _listed(value)]


def understood(operations: list[Resource], found: Resource, profile: Profile) -> list[Resource]:
    """The operations as they count here, a list removal turned into one removal each where that is its meaning. Raises
    ScimError for what this provider doesn't do."""
    if not profile.groups_otherwise:
        return operations
    wanted = asked(operations)
    _refuse_forms(wanted, profile)
    refuse_members(wanted.added, wanted.count, profile)
    _refuse_doubles(wanted, found, profile)
    return [each for operation in operations for each in _separated(operation, profile)]


def _refuse_forms(wanted: Asked, profile: Profile) -> None:
    if not profile.member_replace and (wanted.replaced or wanted.cleared):
        raise invalid_value("All members at once can't be replaced or removed: name those to add and to remove.")
    if profile.member_remove == "path_only" and (wanted.by_list or wanted.cleared):
        raise invalid_value('Members are removed by a path: members[value eq "id"].')
    if profile.member_remove == "list" and wanted.by_path:
        raise ScimError(400, "invalidPath", "Members are removed by a list of their ids.")


def refuse_members(added: list[Any], count: int, profile: Profile) -> None:
    """Raises for too many members in one request, and for members without a reference where they need one."""
    if 0 < profile.members_per_request < count:
        status, most = profile.members_over_status, profile.members_per_request
        kind = "invalidValue" if status == 400 else None
        raise ScimError(status, kind, f"{count} members are too many for one request: at most {most}.")
    if profile.member_ref and not all(isinstance(member, Mapping) and member.get("$ref") for member in added):
        raise invalid_value("Members need a $ref.")


def _refuse_doubles(wanted: Asked, found: Resource, profile: Profile) -> None:
    if not (profile.member_again_status or profile.member_missing_status):
        return
    there = {member["value"] for member in found.get("members", ())}
    again = not wanted.replaced and any(id in there for id in _ids(wanted.added))
    if again and profile.member_again_status:
        raise ScimError(profile.member_again_status, None, "The user is a member already.")
    if profile.member_missing_status and not there.issuperset((*wanted.by_path, *wanted.by_list)):
        raise ScimError(profile.member_missing_status, None, "The user isn't a member.")


def _separated(operation: Resource, profile: Profile) -> Iterator[Resource]:
    op, path, value = _parts(operation)
    ids = _ids(value) if op == "remove" and path == "members" else []
    if not ids or profile.member_remove not in ("list", "both"):
        yield operation
        return
    for id in ids:
        yield {"op": "remove", "path": f"members[value eq {json.dumps(id)}]"}


def without_lists(body: Resource) -> Resource:
    """The body of a PATCH without the values of removals of members: the RFC gives them no meaning, some providers do,
    and what becomes of them isn't the published schemas' to say."""
    operations = body.get("Operations")
    if not isinstance(operations, list):
        return body
    return {**body, "Operations": [_without_list(operation) for operation in operations]}


def _without_list(operation: Any) -> Any:
    if not isinstance(operation, Mapping) or _parts(operation)[:2] != ("remove", "members"):
        return operation
    return {name: value for name, value in operation.items() if name != "value"}


def refuse_rename(found: Resource, new: Resource, profile: Profile) -> None:
    """Raises where groups keep their names."""
    if not profile.group_rename and found.get("displayName") != new.get("displayName"):
        raise ScimError(profile.refused_status, None, "Groups can't be renamed.")


def created(body: Resource, profile: Profile) -> Resource:
    """A new group as this provider makes it of a body."""
    members = body.get("members", [])
    refuse_members(members, len(members), profile)
    if profile.members_on_create == "ignored":
        return {key: value for key, value in body.items() if key != "members"}
    return body
