"""What a service provider says of itself, whole, wrong and missing (D1 to D4)."""

from __future__ import annotations

from typing import Any

import pytest

from provisor.scim.discovery import Discovery, discover
from provisor.scim.schemas import USER
from provisor.testing import FakeServiceProvider, Profile

CONFIG = {
    "patch": {"supported": True},
    "filter": {"supported": "true", "maxResults": 200},
    "BULK": {"supported": False},
    "changePassword": {"supported": None},
    "etag": [],
}


def _documents(**documents: Any) -> Any:
    """A service provider with these documents; 404 for the others."""

    def answer(heard: Any) -> tuple[int, Any]:
        name = heard.target.rpartition("/")[2]
        return (200, documents[name]) if name in documents else (404, {"detail": "no such document"})

    return answer


async def test_a_whole_description(serve: Any, connect: Any) -> None:
    types = {"Resources": [{"name": "User"}, {"name": "Device", "id": 7}, None]}
    server = await serve(_documents(ServiceProviderConfig=CONFIG, ResourceTypes=types, Schemas=[{"id": USER}]))
    found = await discover(await connect(server))
    assert (found.patch, found.filter, found.bulk, found.change_password, found.etag) == (True, True, False, None, None)
    assert (found.max_results, found.resource_types, found.schemas) == (200, ("User", "Device"), (USER,))
    assert (found.reachable, found.warnings) == (True, ())


async def test_a_misspelt_name_is_found(serve: Any, connect: Any) -> None:
    server = await serve(_documents(ServiceProviderConfigs=CONFIG))
    found = await discover(await connect(server))
    assert found.patch is True
    assert any("misspelt" in warning for warning in found.warnings)


WRONG: list[tuple[Any, str]] = [
    ((404, {"detail": "no"}), "404. no"),
    ((401, {"detail": "who?"}), "401. who?"),
    ((200, b"<html>"), "HTML"),
    ((200, b'"text"'), "200"),
    ("reset", "broke"),
]


@pytest.mark.parametrize(("reply", "named"), WRONG, ids=[row[1] for row in WRONG])
async def test_what_is_missing_is_a_warning(serve: Any, connect: Any, reply: Any, named: str) -> None:
    found = await discover(await connect(await serve(reply)))
    assert found == Discovery(warnings=found.warnings)
    assert len(found.warnings) == 3
    assert all(named in warning for warning in found.warnings)


@pytest.mark.parametrize("body", [{}, [], [7], {"patch": "yes", "filter": {"maxResults": "all"}}, {"Resources": 7}])
async def test_a_strange_document_is_read_as_saying_nothing(serve: Any, connect: Any, body: Any) -> None:
    found = await discover(await connect(await serve((200, body))))
    assert (found.reachable, found.patch, found.max_results, found.resource_types) == (True, None, None, ())


@pytest.mark.parametrize("patch", [True, False])
async def test_the_fake_describes_itself(connect: Any, patch: bool) -> None:
    async with FakeServiceProvider(token="t0ken", profile=Profile(patch=patch)) as sp:
        found = await discover(await connect(None, url=sp.base_url, authorization="Bearer t0ken"))
    assert (found.patch, found.filter, found.warnings) == (patch, True, ())
    assert "User" in found.resource_types
    assert USER in found.schemas
