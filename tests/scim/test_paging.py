"""A listing that ends has seen everybody; one that can't know says so (RT10)."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisor.scim.answers import Answer, Unknown
from provisor.scim.paging import Incomplete, pages


class Listing:
    """A service provider's users as a client sees them, by whatever way of paging `show` has."""

    def __init__(self, show: Any) -> None:
        self.show = show
        self.asked: list[int] = []
        self.slept: list[float] = []

    async def request(self, method: str, path: str, *, query: dict[str, str]) -> Answer:
        self.asked.append(int(query["startIndex"]))
        shown = self.show(int(query["startIndex"]), int(query["count"]))
        if isinstance(shown, Exception):
            raise shown
        return shown if isinstance(shown, Answer) else Answer(200, body=shown)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def read(self, count: int = 3) -> tuple[list[str], Incomplete | None]:
        """The ids that came, and why nobody may be called absent."""
        ids: list[str] = []
        try:
            await self.pages(count, ids)
        except Incomplete as problem:
            return ids, problem
        return ids, None

    async def pages(self, count: int = 3, ids: list[str] | None = None) -> None:
        async for page in pages(self, count=count, sleep=self.sleep):  # type: ignore[arg-type]
            (ids if ids is not None else []).extend(read.id for read in page.resources)


def _body(ids: list[Any], total: Any) -> dict[str, Any]:
    return {"Resources": [{"id": id} for id in ids], "totalResults": total}


def _honest(ids: list[str], *, cap: int = 99) -> Any:
    return lambda start, count: _body(ids[start - 1 :][: min(count, cap)], len(ids))


ALL = [f"u{n}" for n in range(1, 8)]


def _shrinking(start: int, count: int) -> dict[str, Any]:
    """Somebody is removed between the pages: the others move up and one is never shown."""
    now = ALL if start == 1 else ALL[1:]
    return _body(now[start - 1 :][:count], len(now))


COMPLETE = [
    (_honest(ALL), ALL, [1, 4, 7], "pages of three"),
    (_honest(ALL, cap=2), ALL, [1, 3, 5, 7], "short pages in the middle"),
    (_honest(ALL[:6]), ALL[:6], [1, 4, 7], "a full last page is asked beyond"),
    (_honest([]), [], [1], "nobody"),
    (lambda start, count: _body(ALL[start - 1 :][:count], str(len(ALL))), ALL, [1, 4, 7], "a total as text"),
    (lambda start, count: _body(ALL[start - 1 :][:count], None), ALL, [1, 4, 7, 8], "no total"),
    (lambda start, count: _body(ALL, len(ALL)), ALL, [1, 8], "everybody on each page, whatever is asked"),
    (lambda start, count: [{"id": id} for id in ALL[start - 1 :]], ALL, [1, 8], "a bare array"),
    (lambda start, count: _body(ALL[max(0, start - 2) :][:count], len(ALL)), ALL, [1, 4, 7], "pages that overlap"),
]


@pytest.mark.parametrize(("show", "expected", "asked", "reason"), COMPLETE, ids=[row[3] for row in COMPLETE])
async def test_a_complete_listing(show: Any, expected: list[str], asked: list[int], reason: str) -> None:
    listing = Listing(show)
    ids, problem = await listing.read()
    assert problem is None, reason
    assert ids == expected, "each once"
    assert listing.asked == asked, reason


INCOMPLETE = [
    (lambda start, count: _body(ALL[:3], 7), "doesn't honour startIndex"),
    (lambda start, count: _body(ALL[:3], None), "doesn't honour startIndex"),
    (lambda start, count: _body([f"{start}-{n}" for n in range(count)], 0), "doesn't end"),
    (lambda start, count: _body(ALL[start - 1 :][:count] if start < 4 else [], 7), "3 resources came"),
    (lambda start, count: _body(["a", 7], 2), "1 of 2 resources could not be read"),
    (lambda start, count: Answer(200, problem="html"), "200 in the middle"),
    (lambda start, count: Answer(404, body={"detail": "no such path"}), "404 .* no such path"),
    (lambda start, count: Answer(401), "401"),
    (lambda start, count: Answer(200, body={"hello": 1}), "neither a ListResponse"),
]


@pytest.mark.parametrize(("show", "named"), INCOMPLETE, ids=[row[1] for row in INCOMPLETE])
async def test_an_incomplete_listing_says_why(show: Any, named: str) -> None:
    _, problem = await Listing(show).read()
    assert problem is not None
    assert re.search(named, str(problem))


async def test_a_listing_without_an_end_is_left_early() -> None:
    listing = Listing(lambda start, count: _body([f"{start}-{n}" for n in range(count)], 2))
    _, problem = await listing.read()
    assert problem is not None
    assert len(listing.asked) == 14, "2 * 1.5 + 10 pages, and one more"


async def test_an_error_keeps_its_answer_for_the_verdict() -> None:
    _, problem = await Listing(lambda start, count: Answer(401)).read()
    assert problem is not None
    assert problem.answer == Answer(401)


async def test_somebody_lost_between_pages_is_noticed_by_the_count() -> None:
    ids, problem = await Listing(_shrinking).read()
    assert "u4" not in ids
    assert problem is None or "came" in str(problem)


FAULTS = [
    (Answer(503), [1.0], "a passing failure"),
    (Answer(429, retry_after=9.0), [9.0], "their wait is honoured"),
    (Answer(200, problem="cut"), [1.0], "a cut page"),
    (Unknown("gone"), [1.0], "a lost connection: reading is safe to repeat"),
]


@pytest.mark.parametrize(("fault", "slept", "reason"), FAULTS, ids=[row[2] for row in FAULTS])
async def test_a_passing_fault_is_tried_again(fault: Any, slept: list[float], reason: str) -> None:
    faults = [fault]
    listing = Listing(lambda start, count: faults.pop() if start > 1 and faults else _honest(ALL)(start, count))
    ids, problem = await listing.read()
    assert (ids, problem) == (ALL, None)
    assert listing.slept == slept, reason


@pytest.mark.parametrize("fault", [Answer(503), Unknown("gone")])
async def test_a_lasting_fault_ends_the_listing(fault: Any) -> None:
    listing = Listing(lambda start, count: fault)
    with pytest.raises((Incomplete, Unknown)):
        await listing.pages()
    assert listing.slept == [1.0, 2.0, 4.0]


PAGE = st.tuples(st.integers(-2, 1), st.integers(0, 4), st.booleans())


@given(st.integers(0, 25), st.integers(1, 5), st.lists(PAGE, max_size=12), st.sampled_from([0, 1, -3, None]))
async def test_whatever_the_pages_are_it_ends_and_complete_means_everybody(
    size: int, count: int, plan: list[tuple[int, int, bool]], lie: int | None
) -> None:
    everybody = [f"u{n}" for n in range(size)]
    todo = list(plan)

    def show(start: int, asked: int) -> dict[str, Any]:
        shift, fewer, backwards = todo.pop(0) if todo else (0, 0, False)
        shown = everybody[max(0, start - 1 + shift) :][: max(1, asked - fewer)]
        return _body(shown[::-1] if backwards else shown, None if lie is None else size + lie)

    ids, problem = await Listing(show).read(count)
    assert len(ids) == len(set(ids)), "nobody twice"
    if problem is None and lie == 0:
        assert set(ids) == set(everybody)


async def test_over_the_wire(serve: Any, connect: Any) -> None:
    def answer(heard: Any) -> tuple[int, Any]:
        query = parse_qs(urlsplit(heard.target).query)
        return 200, _honest(ALL)(int(query["startIndex"][0]), int(query["count"][0]))

    server = await serve(answer)
    client = await connect(server)
    found = [page async for page in pages(client, count=4, query={"attributes": "userName"})]
    assert [len(page.resources) for page in found] == [4, 3]
    assert server.heard[0].target == "/scim/v2/Users?attributes=userName&startIndex=1&count=4"
