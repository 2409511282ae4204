"""A small service provider in memory whose every habit is a switch: what a probe must find out. It answers the replies
of the `serve` fixture, so it is independent of the strict one."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

Json = dict[str, Any]
Reply = tuple[int, Any]
NO_TARGET: Reply = (400, {"scimType": "noTarget", "detail": "There is nothing at this path."})
INVALID: Reply = (400, {"scimType": "invalidValue", "detail": "This can't be taken."})
UNSUPPORTED: Reply = (501, {"detail": "Not here."})
GONE: Reply = (404, {"detail": "Nothing there."})


@dataclass
class Bent:
    """What it does unlike the RFC."""

    patch: bool = True
    pathless_only: bool = False
    capital_only: bool = False
    text_booleans: bool = False
    value_path: str = "works"  # refused, ignored
    unassigned: str = "replace"
    keeps_external_id: bool = True
    active: str = "works"  # ignored, erases
    reactivates: bool = True
    delete: str = "works"  # refused, deactivates
    paging: str = "index"  # ignored, cursor, refused
    cap: int = 1000
    blind: frozenset[str] = frozenset()  # attributes whose filter finds nobody
    deaf: frozenset[str] = frozenset()  # attributes whose filter is ignored
    bulk: bool | None = None
    group_create: int = 201
    group_delete: bool = True
    group_rename: bool = True
    shows_members: bool = True
    removal: str = "path"  # list, empties (RFC), none, all
    needs_members: bool = False
    documents: str = "/"  # where they are; "" nowhere
    slow_after: int = 0  # requests after which it never answers
    data: dict[str, dict[str, Json]] = field(default_factory=lambda: {"Users": {}, "Groups": {}})
    count: int = 0
    heard: list[str] = field(default_factory=list)

    @property
    def users(self) -> list[Json]:
        return list(self.data["Users"].values())

    @property
    def groups(self) -> list[Json]:
        return list(self.data["Groups"].values())

    def put(self, kind: str, **values: Any) -> Json:
        self.count += 1
        made = {"id": f"r{self.count}", **({"active": True} if kind == "Users" else {}), **values}
        self.data[kind][made["id"]] = made
        return made

    def __call__(self, heard: Any) -> Any:
        url = urlsplit(heard.target)
        path = unquote(url.path).removeprefix("/scim/v2")
        self.heard.append(f"{heard.method} {path}")
        if self.slow_after and len(self.heard) > self.slow_after:
            return "hang"
        kind, _, id = path.strip("/").partition("/")
        if kind == "Bulk":
            return self._bulk(heard.body)
        if kind not in self.data:
            return self._document(path)
        query = {name: values[0] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
        if not id:
            return self._list(kind, query) if heard.method == "GET" else self._create(kind, heard.body)
        if id not in self.data[kind]:
            return GONE
        return getattr(self, f"_{heard.method.lower()}")(kind, id, heard.body)

    def _document(self, path: str) -> Reply:
        folder, _, name = path.rpartition("/")
        if not self.documents or f"{folder}/" != self.documents:
            return GONE
        if name == "ServiceProviderConfig":
            bulk = {"supported": self.bulk is not None, "maxOperations": 50, "maxPayloadSize": 100_000}
            return 200, {"patch": {"supported": self.patch}, "bulk": bulk}
        return (200, []) if name in ("ResourceTypes", "Schemas") else GONE

    def _list(self, kind: str, query: dict[str, str]) -> Reply:
        rows = list(self.data[kind].values())
        if "filter" in query:
            return 200, _page(self._found(query["filter"], rows), None)
        if self.paging == "refused" and "startIndex" in query:
            return INVALID
        start, count = int(query.get("startIndex", 1)), int(query.get("count", 100))
        if self.paging in ("ignored", "refused"):
            return 200, _page(rows, len(rows))
        if self.paging == "cursor":
            start = int(query.get("cursor") or 1)
        page = rows[start - 1 :][: min(count, self.cap)]
        after = {"nextCursor": str(start + len(page))} if start + len(page) <= len(rows) else {}
        return 200, _page(page, len(rows)) | (after if self.paging == "cursor" else {})

    def _found(self, filter: str, rows: list[Json]) -> list[Json]:
        name, _, literal = filter.partition(" eq ")
        if name in self.deaf:
            return rows
        if name in self.blind:
            return []
        value = str(json.loads(literal)).casefold()
        return [row for row in rows if value in [held.casefold() for held in _values(row, name)]]

    def _create(self, kind: str, body: Json) -> Reply:
        if kind == "Groups" and self.group_create != 201:
            return self.group_create, {"detail": "No groups are made here."}
        if kind == "Groups" and self.needs_members and not body.get("members"):
            return INVALID
        if kind == "Users" and self.text_booleans and isinstance(body["active"], bool):
            return 400, {"scimType": "invalidValue", "detail": "active is to be a string."}
        if kind == "Users" and self._found(f'userName eq "{body["userName"]}"', self.users):
            return 409, {"scimType": "uniqueness", "detail": "Taken."}
        kept = {name: value for name, value in body.items() if name not in ("schemas", "active")}
        if not self.keeps_external_id:
            kept.pop("externalId", None)
        return 201, self._shown(self.put(kind, **kept))

    def _get(self, kind: str, id: str, _body: Any) -> Reply:
        return 200, self._shown(self.data[kind][id])

    def _put(self, kind: str, id: str, body: Json) -> Reply:
        self.data[kind][id] = {**body, "id": id}
        return 200, self._shown(self.data[kind][id])

    def _delete(self, kind: str, id: str, _body: Any) -> Reply:
        if (kind == "Groups" and not self.group_delete) or (kind == "Users" and self.delete == "refused"):
            return UNSUPPORTED
        if kind == "Users" and self.delete == "deactivates":
            self.data[kind][id]["active"] = False
        else:
            del self.data[kind][id]
        return 204, None

    def _patch(self, kind: str, id: str, body: Json) -> Reply:
        if not self.patch:
            return UNSUPPORTED
        for operation in body["Operations"]:
            refused = self._operation(kind, self.data[kind][id], operation)
            if refused:
                return refused
        if self.data[kind][id].get("active") is False and self.active == "erases":
            del self.data[kind][id]
            return 204, None
        return 200, self._shown(self.data[kind][id])

    def _operation(self, kind: str, row: Json, said: Json) -> Reply | None:
        path, op = said.get("path"), said["op"]
        if self.capital_only and op not in ("Add", "Replace", "Remove"):
            return INVALID
        if kind == "Groups":
            return self._group_operation(row, op.lower(), path, said.get("value"))
        if path is None:
            return self._set(row, said["value"])
        if self.pathless_only:
            return (400, {"scimType": "invalidPath", "detail": "No paths."})
        return self._set_at(row, op.lower(), path, said.get("value"))

    def _set_at(self, row: Json, op: str, path: str, value: Any) -> Reply | None:
        if "[" in path:
            if self.value_path == "refused":
                return NO_TARGET
            if self.value_path == "works":
                row["emails"][0]["value"] = value
            return None
        head, _, tail = path.partition(".")
        if self.unassigned == "add" and op == "replace" and head not in row:
            return NO_TARGET
        return self._set(row, {head: {tail: value} if tail else value})

    def _set(self, row: Json, values: Json) -> Reply | None:
        for name, value in values.items():
            if name == "active":
                if self.text_booleans and isinstance(value, bool):
                    return INVALID
                off = str(value).lower() == "false"
                if not off and row["active"] is False and not self.reactivates:
                    return INVALID
                row["active"] = row["active"] if self.active == "ignored" else not off
            else:
                row[name] = {**row.get(name, {}), **value} if isinstance(value, dict) else value
        return None

    def _group_operation(self, row: Json, op: str, path: str, value: Any) -> Reply | None:
        members = row.setdefault("members", [])
        if path == "displayName":
            if not self.group_rename:
                return UNSUPPORTED
            row["displayName"] = value
        elif op == "add":
            members.extend({"value": member["value"]} for member in value)
        elif found := re.fullmatch(r'members\[value eq "(.*)"\]', path):
            if self.removal not in ("path", "all"):
                return NO_TARGET
            row["members"] = [] if self.removal == "all" else [m for m in members if m["value"] != found[1]]
        else:
            gone = {member["value"] for member in value}
            left = {"list": [m for m in members if m["value"] not in gone], "empties": []}
            row["members"] = left.get(self.removal, members)
        return None

    def _bulk(self, body: Json) -> Reply:
        if not self.bulk:
            return UNSUPPORTED if self.bulk is None else (200, {"Operations": []})
        for one in body["Operations"]:
            self._patch("Users", one["path"].rpartition("/")[2], one["data"])
        return 200, {"Operations": [{"status": "200", "bulkId": one["bulkId"]} for one in body["Operations"]]}

    def _shown(self, row: Json) -> Json:
        return row if self.shows_members else {name: value for name, value in row.items() if name != "members"}


def _values(row: Json, name: str) -> list[str]:
    if name == "emails.value":
        return [email["value"] for email in row.get("emails", [])]
    return [row[name]] if isinstance(row.get(name), str) else []


def _page(rows: list[Json], total: int | None) -> Json:
    return {"totalResults": len(rows) if total is None else total, "Resources": rows}
