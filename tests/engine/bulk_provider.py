"""A small service provider that takes Bulk requests and answers them as badly as a test asks. Independent of the strict
one, so that the two ends of a Bulk request were not thought up by the same head."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
RESPONSE = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
FILTER = re.compile(r'(externalId|userName|emails\.value) eq "(.*)"')

Entry = dict[str, Any]
Broken = Callable[[list[Entry]], Any]


def told(status: int, detail: str, scim_type: str | None = None) -> Entry:
    """An Error, as the RFC has it."""
    return {"schemas": [ERROR], "status": str(status), "detail": detail} | (
        {"scimType": scim_type} if scim_type else {}
    )


@dataclass
class Asked:
    """One request: its method, its path below the base URL, its body, and the status it was answered with."""

    method: str
    path: str
    body: Any
    status: int = 0


@dataclass
class BulkProvider:
    """What it does, and how it differs.

    `most`: operations it takes in one request (413 above); `whole`: a status for each Bulk request, and nothing is
    carried out; `before`: called with each operation's data, its answer instead of carrying it out; `spoil`: called
    with the finished answers' Operations, what is answered instead, "close" for no answer at all.
    """

    most: int = 1000
    whole: int = 0
    echo: bool = True
    before: Callable[[Entry], Entry | None] = lambda data: None
    spoil: Broken = lambda entries: entries
    base_url: str = ""
    users: dict[str, Entry] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @classmethod
    @contextmanager
    def running(cls, **options: Any) -> Iterator[BulkProvider]:
        provider, loop = cls(**options), asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        try:
            runner = asyncio.run_coroutine_threadsafe(provider._start(), loop).result()
            yield provider
        finally:
            asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()

    async def _start(self) -> web.ServerRunner:
        runner = web.ServerRunner(web.Server(self._serve), shutdown_timeout=0.2)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}/scim/v2"
        return runner

    # Seeing

    @property
    def bulks(self) -> list[Asked]:
        return [asked for asked in self.asked if asked.path == "/Bulk"]

    def by_external_id(self, external_id: str) -> Entry | None:
        return next((user for user in self.users.values() if user.get("externalId") == external_id), None)

    # Answering

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.path.removeprefix("/scim/v2")
        raw = await request.read()
        asked = Asked(request.method, path, json.loads(raw) if raw else None)
        self.asked.append(asked)
        status, body = self._bulk(asked.body) if path == "/Bulk" else self._single(asked, request.query)
        if body == "close":
            assert request.transport
            request.transport.abort()
        asked.status = status
        return (
            web.json_response(body, status=status, content_type="application/scim+json")
            if body
            else web.Response(status=status)
        )

    def _bulk(self, body: Any) -> tuple[int, Any]:
        if self.whole:
            return self.whole, told(self.whole, "No.")
        operations = body["Operations"]
        if len(operations) > self.most:
            return 413, told(413, f"The number of operations exceeds maxOperations ({self.most}).")
        entries = self.spoil([self._operation(each) for each in operations])
        return 200, entries if not isinstance(entries, list) else {"schemas": [RESPONSE], "Operations": entries}

    def _operation(self, operation: Entry) -> Entry:
        method, data = operation["method"], operation["data"]
        refused = self.before(data)
        status, body = (int(refused["status"]), refused) if refused else self._write(method, operation["path"], data)
        entry = {"method": method, "bulkId": operation["bulkId"], "status": str(status)}
        if status < 400:
            entry["location"] = f"{self.base_url}/Users/{body['id']}"
        return entry | ({"response": body} if self.echo or status >= 400 else {})

    def _single(self, asked: Asked, query: Any) -> tuple[int, Any]:
        if asked.method in ("POST", "PATCH"):
            refused = self.before(asked.body)
            return (int(refused["status"]), refused) if refused else self._write(asked.method, asked.path, asked.body)
        id = asked.path.removeprefix("/Users").strip("/")
        if id:
            return (200, self.users[id]) if id in self.users else (404, told(404, "No such user."))
        found = list(self.users.values())
        if "filter" in query:
            name, value = FILTER.fullmatch(query["filter"]).groups()  # type: ignore[union-attr]
            found = [user for user in found if value in (user.get(name), *_emails(user, name))]
        start, count = int(query.get("startIndex", 1)), int(query.get("count", 100))
        return 200, {"schemas": [LIST], "totalResults": len(found), "Resources": found[start - 1 :][:count]}

    def _write(self, method: str, path: str, data: Entry) -> tuple[int, Entry]:
        if method == "PATCH":
            return self._patch(path.removeprefix("/Users/"), data["Operations"])
        if any(user["userName"] == data["userName"] for user in self.users.values()):
            return 409, told(409, "This userName is taken.", "uniqueness")
        id = f"id-{next(self.ids)}"
        self.users[id] = {**data, "id": id}
        return 201, self.users[id]

    def _patch(self, id: str, operations: list[Entry]) -> tuple[int, Entry]:
        if id not in self.users:
            return 404, told(404, "No such user.")
        for operation in operations:
            head, _, tail = operation["path"].partition(".")
            target = self.users[id].setdefault(head, {}) if tail else self.users[id]
            target[tail or head] = operation.get("value")
        return 200, self.users[id]


def _emails(user: Entry, name: str) -> list[str]:
    return [email["value"] for email in user.get("emails", ())] if name == "emails.value" else []
