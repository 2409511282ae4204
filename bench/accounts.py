"""What the sink holds: accounts, found at once by what a client looks for. Just enough SCIM, and not a step more,
so that the sink is never what is measured. Strictness has its place in provisor.testing.
"""

from __future__ import annotations

import itertools
import re
from typing import Any

import orjson

from bench.people import body, person

Account = dict[str, Any]
_FILTER = re.compile(r'(externalId|userName|emails\.value) eq "(.*)"')
_ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
_LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


class Accounts:
    """Answers are a status and a body; None without one."""

    def __init__(self) -> None:
        self.rows: dict[str, Account] = {}
        self._by: dict[str, dict[str, Account]] = {"externalId": {}, "userName": {}, "emails.value": {}}
        self._numbers = itertools.count(1)

    def fill(self, count: int) -> None:
        """Accounts that are nobody's of ours."""
        for number in range(count):
            emails = [{"value": f"other{number}@example.org", "primary": True}]
            self.create({"userName": f"other{number}", "active": True, "emails": emails})

    def people(self, count: int, team: str) -> None:
        """The accounts that these people get when they are provisioned."""
        for number in range(count):
            self.create(orjson.loads(body(person(number, team))))

    def create(self, account: Account) -> tuple[int, Account]:
        if account["userName"] in self._by["userName"]:
            return 409, {"status": "409", "scimType": "uniqueness", "detail": "This userName is taken."}
        account["id"] = id = f"{next(self._numbers):08x}"
        account["meta"] = {"resourceType": "User", "version": 'W/"1"'}
        self.rows[id] = account
        self._by["userName"][account["userName"]] = account
        self._by["externalId"][account.get("externalId", "")] = account
        for email in account.get("emails") or ():
            self._by["emails.value"][email["value"]] = account
        return 201, account

    def read(self, id: str) -> tuple[int, Account | None]:
        return (200, self.rows[id]) if id in self.rows else (404, None)

    def patch(self, id: str, operations: list[dict[str, Any]]) -> tuple[int, Account | None]:
        account = self.rows.get(id)
        if account is None:
            return 404, None
        for operation in operations:
            _patched(account, operation["path"], operation.get("value"))
        return 200, account

    def listing(self, query: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if "filter" in query:
            found = _FILTER.fullmatch(query["filter"])
            hit = self._by[found[1]].get(found[2]) if found else None
            return _page([hit] if hit else [], total=int(hit is not None), start=1)
        start, count = int(query.get("startIndex", 1)), int(query.get("count", 100))
        some = itertools.islice(self.rows.values(), start - 1, start - 1 + count)
        return _page(list(some), total=len(self.rows), start=start)


def _page(resources: list[Account], *, total: int, start: int) -> tuple[int, dict[str, Any]]:
    counts = {"totalResults": total, "startIndex": start, "itemsPerPage": len(resources)}
    return 200, {"schemas": [_LIST], **counts, "Resources": resources}


def _patched(account: Account, path: str, value: Any) -> None:
    """Sets one path; a missing value removes it. A value path means the first element."""
    if path.startswith(_ENTERPRISE):
        account, path = account.setdefault(_ENTERPRISE, {}), path.removeprefix(f"{_ENTERPRISE}:")
    elif "[" in path:
        account, path = account[path.partition("[")[0]][0], path.rpartition(".")[2]
    elif "." in path:
        head, _, path = path.partition(".")
        account = account.setdefault(head, {})
    if value is None:
        account.pop(path, None)
    else:
        account[path] = value
