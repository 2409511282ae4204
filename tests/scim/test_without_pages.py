"""SPs that fail on the words about pages: what is asked of them is asked without, and nothing wrong is learned of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from provisor.core.form import Form
from provisor.scim import groups, paging, probe, users
from provisor.scim.check import check, passes
from provisor.scim.probe_facts import Findings

LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
CURSORS = {"patch": {"supported": True}, "pagination": {"cursor": True, "index": False}}


def failing_on(*words: str, answer: Any, describes: bool = False, found: int = 2) -> Callable[[Any], Any]:
    """A reply that gives `answer` where one of `words` is in the query, and everybody else where none is."""

    def reply(heard: Any) -> Any:
        url = urlsplit(heard.target)
        query = dict(parse_qsl(url.query))
        if url.path.endswith("/ServiceProviderConfig") and describes:
            return 200, CURSORS
        if not url.path.endswith(("/Users", "/Groups")):
            return 404, {"detail": "nothing here"}
        if query.keys() & set(words):
            return answer
        rows = [] if "filter" in query else [{"id": str(n), "userName": f"user{n}"} for n in range(found)]
        return 200, {"schemas": [LIST], "totalResults": len(rows), "Resources": rows}

    return reply


CASES = [
    pytest.param(failing_on("count", answer=(500, b"<html>")), id="count is 500 with a web page"),
    pytest.param(failing_on("startIndex", answer=(501, {"detail": "no index"})), id="startIndex is 501"),
    pytest.param(failing_on("startIndex", "count", answer=(400, {"detail": "what?"})), id="both are 400"),
]


@pytest.mark.parametrize("reply", CASES)
async def test_the_connection_is_good(serve: Any, connect: Any, reply: Any) -> None:
    assert passes(await check(await connect(await serve(reply))))


async def test_a_provider_that_fails_either_way_is_told_in_its_first_words(serve: Any, connect: Any) -> None:
    steps = await check(await connect(await serve((500, {"detail": "oops"}))))
    assert (steps[-1].name, steps[-1].ok, steps[-1].detail) == ("users", False, "oops")


@pytest.mark.parametrize("reply", CASES)
async def test_probing_learns_it_and_asks_without(serve: Any, connect: Any, reply: Any) -> None:
    found = Findings()
    await probe.probe(await connect(await serve(reply)), Form(), found, groups=True)
    assert found.problem == ""
    assert found.learned["paging"].value == "none"
    assert found.learned["groups"].value is True


async def test_an_empty_list_shows_no_cursor_so_what_is_announced_counts(serve: Any, connect: Any) -> None:
    reply = failing_on("startIndex", answer=(501, {"detail": "no index"}), describes=True, found=0)
    found = Findings()
    await probe.probe(await connect(await serve(reply)), Form(), found, groups=False)
    assert found.learned["paging"].value == "cursor"


@pytest.mark.parametrize("find", [users.find, groups.find])
@pytest.mark.parametrize(("way", "words"), [("index", {"startIndex", "count"}), ("cursor", {"count"}), ("none", set())])
async def test_a_filter_carries_the_words_of_the_form(
    serve: Any, connect: Any, find: Any, way: paging.Paging, words: set[str]
) -> None:
    asked: list[set[str]] = []

    def reply(heard: Any) -> Any:
        asked.append(set(dict(parse_qsl(urlsplit(heard.target).query))))
        return 200, {"schemas": [LIST], "totalResults": 0}

    await find(await connect(await serve(reply)), 'userName eq "ada"', way)
    assert [query & {"startIndex", "count"} for query in asked] == [words]
