"""The HTTP client of a service provider that speaks SCIM 1.1: it is asked in 2.0 and answers in 2.0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from provisor.scim.answers import JSON, Answer
from provisor.scim.http import HttpClient
from provisor.scim.me import ME
from provisor.scim.schemas import ERROR
from provisor.scim.targets import BaseUrl
from provisor.scim.version_1_1 import inward, outward
from provisor.scim.version_1_1.patching import Inexpressible

_NOT_IN_1_1: Final = frozenset({ME})


class Client(HttpClient):
    """As HttpClient. What SCIM 1.1 doesn't have is answered here, and nothing is sent."""

    def __init__(self, base: BaseUrl, **options: Any) -> None:
        super().__init__(base, **options)
        for headers in (self._headers, self._with_body):
            headers["Accept"] = "application/json"  # 1.1 has no media type of its own

    async def request(
        self, method: str, path: str, *, query: Mapping[str, str] | None = None, body: JSON | None = None
    ) -> Answer:
        """One request, as HttpClient.request."""
        if path in _NOT_IN_1_1:
            return _refused(501, f"SCIM 1.1 has no {path}")
        try:
            said = outward.request(method, path, query, body)
        except Inexpressible as problem:
            return _refused(400, f"SCIM 1.1 has no words for {problem}", "invalidPath")
        return inward.answer(await super().request(method, path, query=said.query, body=said.body), path)


def _refused(status: int, detail: str, scim_type: str = "") -> Answer:
    """What 2.0 would answer where something isn't offered."""
    kind = {"scimType": scim_type} if scim_type else {}
    return Answer(status, body={"schemas": [ERROR], "status": str(status), **kind, "detail": f"{detail}: not sent."})
