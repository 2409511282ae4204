"""An independent conformance tester finds no error in the fake service provider: its verdicts on clients can be trusted."""

from __future__ import annotations

import http.client
import json
from contextlib import closing
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from scim2_client import BaseSyncSCIMClient
from scim2_client.engines.inprocess import InProcessResponse
from scim2_tester import Status, check_server

from provisor.testing import FakeServiceProvider, Profile


class Client(BaseSyncSCIMClient):
    """The tester's client over the standard library's HTTP."""

    def __init__(self, base_url: str) -> None:
        super().__init__()
        self._base = urlsplit(base_url)
        self._connection = http.client.HTTPConnection(self._base.netloc, timeout=10)

    def _stays_under_base_url(self, endpoint: str) -> bool:
        return True

    def _parse_json(self, response: Any) -> Any:
        return json.loads(response.content)

    def close(self) -> None:
        self._connection.close()

    def request(self, method: str, url: str, **given: Any) -> Any:
        query = f"?{urlencode(given['params'])}" if given.get("params") else ""
        body = json.dumps(given["json"]) if given.get("json") is not None else None
        headers = {**(given.get("headers") or {}), "Authorization": "Bearer secret", "User-Agent": "tester"}
        self._connection.request(method, self._base.path + url + query, body, headers)
        answer = self._connection.getresponse()
        return InProcessResponse(answer.status, answer.headers, answer.read())  # type: ignore[arg-type]


PROFILES = {
    "the RFCs": Profile(),
    "PATCH answers 204": Profile(answer_patch="no_content"),
    "entity tags": Profile(etag=True),
    "no PATCH": Profile(patch=False),
}


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
@pytest.mark.parametrize("strict", [True, False], ids=["strict", "fast"])
def test_it_is_clean(profile: Profile, strict: bool) -> None:
    with FakeServiceProvider.in_thread(profile=profile, strict=strict) as sp, closing(Client(sp.base_url)) as client:
        results = check_server(client)
    failed = [(result.title, result.reason) for result in results if result.status in (Status.ERROR, Status.CRITICAL)]
    assert failed == []
    assert len(results) > 30
