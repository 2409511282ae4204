"""What the service provider holds: users and groups in memory, found at once by every name that a client looks for."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from provisor.testing.errors import Taken, UnknownMember, invalid_value, not_found
from provisor.testing.filters import Filter, folded
from provisor.testing.normalising import kept, normalised
from provisor.testing.passwords import refuse_password
from provisor.testing.profile import Profile
from provisor.testing.schema import GROUPS, USERS, ResourceSchema, schemas_of

Resource = dict[str, Any]


def _one(name: str) -> Callable[[Resource], Iterable[Any]]:
    return lambda resource: [resource[name]] if isinstance(resource.get(name), str) else []


def _emails(resource: Resource) -> Iterable[Any]:
    emails = resource.get("emails") or []
    return {email["value"] for email in emails if isinstance(email, dict) and isinstance(email.get("value"), str)}


def _values(resource: Resource, name: str) -> Iterable[Any]:
    return _emails(resource) if name == "emails.value" else _one(name)(resource)


_INDEXED: dict[str, dict[str, Callable[[Resource], Iterable[Any]]]] = {
    "Users": {"userName": _one("userName"), "externalId": _one("externalId"), "emails.value": _emails},
    "Groups": {"displayName": _one("displayName"), "externalId": _one("externalId")},
}


class Table:
    """The resources of one type, in the order of their creation, with an index for each name clients filter by."""

    def __init__(self, schema: ResourceSchema) -> None:
        self.schema = schema
        self.rows: dict[str, Resource] = {}
        self._readers = _INDEXED[schema.endpoint]
        self._indexes: dict[str, dict[Any, dict[str, None]]] = {name: {} for name in self._readers}

    def put(self, resource: Resource) -> None:
        """Adds a resource, or replaces the one of the same id in its place."""
        old = self.rows.get(resource["id"])
        if old:
            self._forget(old)
        self.rows[resource["id"]] = resource
        for name, key in self._keys(resource):
            self._indexes[name].setdefault(key, {})[resource["id"]] = None

    def remove(self, id: str) -> None:
        """Removes a resource that is there."""
        self._forget(self.rows.pop(id))

    def having(self, name: str, value: Any) -> list[Resource]:
        """Resources whose indexed attribute `name` equals `value`."""
        if name == "id":
            return [self.rows[value]] if value in self.rows else []
        found = self._indexes[name].get(self._key(name, value), {})
        return [self.rows[id] for id in found]

    def matching(self, filter: Filter | None) -> Iterable[Resource]:
        """Resources that match; all of them, in order of creation, without a filter."""
        if filter is None:
            return self.rows.values()
        return [resource for resource in self._candidates(filter) if filter.matches(resource)]

    def _candidates(self, filter: Filter) -> Iterable[Resource]:
        for clause in filter.clauses:
            target = clause.target
            indexed = target.name == "id" or target.name in self._indexes
            if indexed and not target.urn and isinstance(clause.literal, str):
                return self.having(target.name, clause.literal)
        return self.rows.values()

    def _keys(self, resource: Resource) -> Iterator[tuple[str, Any]]:
        for name, read in self._readers.items():
            for value in read(resource):
                yield name, self._key(name, value)

    def _key(self, name: str, value: Any) -> Any:
        return folded(value, self.schema.attributes.get(name.lower()))

    def _forget(self, resource: Resource) -> None:
        for name, key in self._keys(resource):
            ids = self._indexes[name][key]
            ids.pop(resource["id"], None)
            if not ids:
                del self._indexes[name][key]


class Store:
    """Both tables, who is a member of what, and passwords (kept apart: nothing ever answers them)."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.base_url = ""
        self.tables = {"Users": Table(USERS), "Groups": Table(GROUPS)}
        self.passwords: dict[str, str] = {}
        self._groups_of: dict[str, dict[str, None]] = {}
        self._left: dict[str, str] = {}
        self._count = itertools.count(1)

    def get(self, endpoint: str, id: str) -> Resource:
        """The resource. Raises ScimError 404."""
        resource = self.tables[endpoint].rows.get(id)
        if resource is None:
            raise not_found(f"{self.tables[endpoint].schema.name} {id}")
        return resource

    def create(self, endpoint: str, body: Resource, *, id: str | None = None) -> Resource:
        """A new resource from a canonical body. Raises ScimError 409 uniqueness or 400 invalidValue."""
        returning = self._left.get(str(body.get("userName")).casefold()) if endpoint == "Users" else None
        created = self._save(endpoint, id or returning or self._new_id(), body, old=None)
        if returning:
            del self._left[created["userName"].casefold()]
        return created

    def replace(self, endpoint: str, old: Resource, body: Resource) -> Resource:
        """The resource `old` becomes `body`. Raises as create does. Without a difference nothing is touched."""
        return self._save(endpoint, old["id"], body, old=old)

    def remove(self, endpoint: str, id: str) -> None:
        """Removes a resource, and its memberships. Raises ScimError 404."""
        gone = self.get(endpoint, id)
        for group in list(self._groups_of.pop(id, ())):
            self._leave(group, id)
        if endpoint == "Groups":
            self._keep_memberships(gone, [])
        self.tables[endpoint].remove(id)
        self.passwords.pop(id, None)

    def leave(self, id: str) -> None:
        """A user is gone from here, but goes on somewhere else: created again, they have the same id."""
        self._left[self.get("Users", id)["userName"].casefold()] = id
        self.remove("Users", id)

    def groups_of(self, id: str) -> list[Resource]:
        """Groups that hold this member."""
        return [self.tables["Groups"].rows[group] for group in self._groups_of.get(id, ())]

    def location(self, resource: Resource) -> str:
        """Absolute URL of a resource."""
        return f"{self.base_url}/{resource['meta']['resourceType']}s/{resource['id']}"

    def _save(self, endpoint: str, id: str, body: Resource, *, old: Resource | None) -> Resource:
        table = self.tables[endpoint]
        body = kept(normalised(body, self.profile), self.profile, endpoint)
        password = body.pop("password", None) if "password" in body else None
        if password is not None:
            refuse_password(password, self.profile, new=old is None)
        self._check(table, id, body)
        if endpoint == "Groups" and "members" in body:
            body["members"] = self._members(body["members"], old)
            if not body["members"]:
                del body["members"]
        resource = {**body, "schemas": schemas_of(body, table.schema), "id": id, "meta": self._meta(table, old)}
        if old and same(old, resource) and password is None:
            return old
        if password is not None:
            self.passwords[id] = password
        if endpoint == "Groups":
            self._keep_memberships({**(old or {}), "id": id}, body.get("members", []))
        table.put(resource)
        return resource

    def _check(self, table: Table, id: str, body: Resource) -> None:
        required = [attribute.name for attribute in table.schema.attributes.values() if attribute.required]
        for name in required:
            if not isinstance(body.get(name), str) or not body[name]:
                raise invalid_value(f"{name} is required, and text.")
        for name in self._unique(table):
            for value in _values(body, name):
                if any(other["id"] != id for other in table.having(name, value)):
                    kind = table.schema.name.lower()
                    raise Taken(f"A {kind} with the {name} {value!r} exists already.", self.profile.conflict)
        _refuse_two_primaries(body)

    def _unique(self, table: Table) -> Iterator[str]:
        """The names that no two resources of this type may share."""
        profile, users = self.profile, table.schema is USERS
        if users:
            yield "userName"
        if profile.unique_external_id if users else profile.unique_group_external_ids:
            yield "externalId"
        if users and profile.unique_emails:
            yield "emails.value"
        if not users and profile.unique_group_names:
            yield "displayName"

    def _members(self, members: list[Any], old: Resource | None) -> list[Resource]:
        """References, completed as RFC 7643 4.2 lets the provider do. Those that were there already stay as they are."""
        known = {id(member) for member in (old or {}).get("members", ())}
        completed = (member if id(member) in known else self._member(member) for member in members)
        return [member for member in completed if member]

    def _member(self, member: Any) -> Resource | None:
        id = member.get("value") if isinstance(member, dict) else None
        for endpoint, table in self.tables.items():
            if isinstance(id, str) and id in table.rows:
                if endpoint == "Groups" and not self.profile.nested:
                    raise invalid_value(f"Member {id} is a group: only users can be members here.")
                return {"type": table.schema.name, "$ref": f"{self.base_url}/{endpoint}/{id}", **member}
        if self.profile.unknown_member == "dropped":
            return None
        raise UnknownMember(id, int(self.profile.unknown_member))

    def _meta(self, table: Table, old: Resource | None) -> Resource:
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return {
            "resourceType": table.schema.name,
            "created": old["meta"]["created"] if old else now,
            "lastModified": now,
            "version": f'W/"{next(self._count)}"',
        }

    def _new_id(self) -> str:
        return str(next(self._count)) if self.profile.numeric_ids else uuid.uuid4().hex

    def _keep_memberships(self, old: Resource, members: list[Resource]) -> None:
        before = {member["value"] for member in old.get("members", [])}
        after = {member["value"] for member in members}
        for id in before - after:
            self._groups_of.get(id, {}).pop(old["id"], None)
        for id in after - before:
            self._groups_of.setdefault(id, {})[old["id"]] = None

    def _leave(self, group: str, member: str) -> None:
        table = self.tables["Groups"]
        old = table.rows[group]
        left = [entry for entry in old["members"] if entry["value"] != member]
        changed = {**old, "members": left, "meta": self._meta(table, old)}
        table.put(changed if left else {key: value for key, value in changed.items() if key != "members"})


def same(one: Resource, other: Resource) -> bool:
    """True if two states of a resource differ in nothing but meta."""
    return {**one, "meta": None} == {**other, "meta": None}


def _refuse_two_primaries(body: Resource) -> None:
    for name, value in body.items():
        elements = value if isinstance(value, list) else []
        if sum(isinstance(element, dict) and element.get("primary") is True for element in elements) > 1:
            raise invalid_value(f"Only one element of {name} can be primary.")
