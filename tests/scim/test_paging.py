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
        self.queries: list[dict[str, str]] = []
        self.slept: list[float] = []

    async def request(self, method: str, path: str, *, query: dict[str, str]) -> Answer:
        self.queries.append(query)
        shown = self._shown(query)
        if isinstance(shown, Exception):
            raise shown
        return shown if isinstance(shown, Answer) else Answer(200, body=shown)

    def _shown(self, query: dict[str, str]) -> Any:
        if "startIndex" not in query:
            return self.show(query)
        self.asked.append(int(query["startIndex"]))
        return self.show(int(query["startIndex"]), int(query["count"]))

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def read(self, count: int = 3, **how: Any) -> tuple[list[str], Incomplete | None]:
        """The ids that came, and why nobody may be called absent."""
        ids: list[str] = []
        try:
            await self.pages(count, ids, **how)
        except Incomplete as problem:
            return ids, problem
        return ids, None

    async def pages(self, count: int = 3, ids: list[str] | None = None, **how: Any) -> None:
        async for page in pages(self, count=count, sleep=self.sleep, **how):  # type: ignore[arg-type]
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


def _turning(start: int, total: int | None) -> dict[str, Any]:
    """The order changes after the first page: u6 is never shown, and u2 twice."""
    return _body({1: ALL[:3], 4: ["u4", "u2", "u5"]}.get(start, []), total)


INCOMPLETE = [
    (lambda start, count: _body(ALL[:3], 7), "doesn't honour startIndex"),
    (lambda start, count: _body(ALL[:3], None), "doesn't honour startIndex"),
    (lambda start, count: _body([f"{start}-{n}" for n in range(count)], 0), "doesn't end"),
    (lambda start, count: _body(ALL[start - 1 :][:count] if start < 4 else [], 7), "3 resources came"),
    (lambda start, count: _turning(start, None), "1 resources came twice, and the listing doesn't say how many"),
    (lambda start, count: _turning(start, 3), "1 resources came twice, .* say it right .totalResults 3."),
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


# --- cursors (RFC 9865) ---------------------------------------------------------------------------------------------


def _cursors(ids: list[str], *, total: bool = True, cap: int = 99, empty: tuple[int, ...] = ()) -> Any:
    """A cursor says where to go on; before the places in `empty` comes a page without anybody."""

    def show(query: dict[str, str]) -> dict[str, Any]:
        assert "startIndex" not in query
        start = int(re.sub(r"[^0-9]", "", query["cursor"]) or 0)
        if start in empty and "behind" not in query["cursor"]:
            return {"Resources": [], "nextCursor": f"behind {start}"}
        end = start + min(int(query.get("count", cap)), cap)
        body = {"Resources": [{"id": id} for id in ids[start:end]]} | ({"totalResults": len(ids)} if total else {})
        return body | ({"nextCursor": f"at {end}"} if end < len(ids) else {})

    return show


async def test_by_cursor() -> None:
    """The first request has an empty cursor, each other one the last answer's, and all else stays the same."""
    listing = Listing(_cursors(ALL))
    assert await listing.read(paging="cursor", query={"attributes": "userName"}) == (ALL, None)
    assert listing.queries == [
        {"attributes": "userName", "cursor": cursor, "count": "3"} for cursor in ("", "at 3", "at 6")
    ]


BY_CURSOR = [
    (_cursors(ALL, total=False), ALL, 3, "no total: the last page is the one without a cursor"),
    (_cursors(ALL, cap=2), ALL, 4, "short pages"),
    (_cursors(ALL, empty=(3,)), ALL, 4, "an empty page in the middle"),
    (_cursors(ALL[:6]), ALL[:6], 2, "a full last page: nothing is asked beyond"),
    (_cursors([]), [], 1, "nobody"),
]


@pytest.mark.parametrize(("show", "expected", "asked", "reason"), BY_CURSOR, ids=[row[3] for row in BY_CURSOR])
async def test_a_complete_listing_by_cursor(show: Any, expected: list[str], asked: int, reason: str) -> None:
    listing = Listing(show)
    assert await listing.read(paging="cursor") == (expected, None), reason
    assert len(listing.queries) == asked, reason


def _refusing(scim_type: str, times: int) -> Any:
    """Refuses the second page so often."""
    left, honest = [None] * times, _cursors(ALL)

    def show(query: dict[str, str]) -> Any:
        if query["cursor"] == "at 3" and left:
            left.pop()
            return Answer(400, body={"scimType": scim_type, "detail": "That cursor is no good."})
        return honest(query)

    return show


@pytest.mark.parametrize("scim_type", ["invalidCursor", "expiredCursor"])
async def test_a_lost_cursor_begins_the_listing_anew(scim_type: str) -> None:
    listing = Listing(_refusing(scim_type, 1))
    assert await listing.read(paging="cursor") == (ALL, None), "each once"
    assert [query["cursor"] for query in listing.queries] == ["", "at 3", "", "at 3", "at 6"]


@pytest.mark.parametrize(("scim_type", "times"), [("expiredCursor", 2), ("invalidValue", 1), ("tooMany", 1)])
async def test_only_once_and_only_for_a_lost_cursor(scim_type: str, times: int) -> None:
    listing = Listing(_refusing(scim_type, times))
    ids, problem = await listing.read(paging="cursor")
    assert ids == ALL[:3]
    assert "no good" in str(problem)


async def test_a_count_that_is_refused_is_left_out() -> None:
    def show(query: dict[str, str]) -> Any:
        return Answer(400, body={"scimType": "invalidCount"}) if "count" in query else _cursors(ALL, cap=5)(query)

    assert await Listing(show).read(paging="cursor") == (ALL, None)


async def test_who_was_removed_between_two_walks_is_no_longer_counted() -> None:
    """The second walk shows six, and says six: that one of the first is missing there is right."""
    walks = iter([_refusing("expiredCursor", 1), _cursors(ALL[1:])])
    now = [next(walks)]

    def show(query: dict[str, str]) -> Any:
        shown = now[0](query)
        if isinstance(shown, Answer):
            now[0] = next(walks)
        return shown

    ids, problem = await Listing(show).read(paging="cursor")
    assert (set(ids), problem) == (set(ALL), None)


NO_END = [
    (lambda query: {"Resources": [{"id": "a"}], "nextCursor": "round"}, "round in a circle", "the same cursor again"),
    (_cursors(ALL, empty=tuple(range(99))), "", "an empty page before each"),
    (lambda query: {"Resources": [], "nextCursor": query["cursor"] + "."}, "circle", "for ever empty"),
    (
        lambda query: {**_body([f"x{query['cursor']}"], 2), "nextCursor": query["cursor"] + "."},
        "doesn't end",
        "for ever",
    ),
    (lambda query: _body(ALL[:3], 7), 'to "index"', "no cursors there"),
]


@pytest.mark.parametrize(("show", "named", "reason"), NO_END, ids=[row[2] for row in NO_END])
async def test_cursors_that_lead_nowhere(show: Any, named: str, reason: str) -> None:
    listing = Listing(show)
    ids, problem = await listing.read(paging="cursor")
    assert (named in str(problem)) if named else (ids == ALL and problem is None)
    assert len(listing.queries) < 30


@given(st.integers(0, 25), st.integers(1, 5), st.sets(st.integers(0, 25)), st.booleans(), st.integers(1, 5))
async def test_whatever_the_cursors_are_everybody_comes_once(
    size: int, count: int, empty: set[int], total: bool, cap: int
) -> None:
    everybody = [f"u{n}" for n in range(size)]
    listing = Listing(_cursors(everybody, total=total, cap=cap, empty=tuple(empty)))
    ids, problem = await listing.read(count, paging="cursor")
    assert (ids, problem) == (everybody, None)


# --- no paging at all -----------------------------------------------------------------------------------------------


async def test_all_in_one_answer() -> None:
    listing = Listing(lambda query: _body(ALL, 7))
    assert await listing.read(paging="none", query={"attributes": "userName"}) == (ALL, None)
    assert listing.queries == [{"attributes": "userName"}], "not a word of pages"


NOT_ALL = [
    (_body(ALL[:3], 7), 'set "paging" of the SP form to "index"'),
    ({**_body(ALL[:3], 3), "nextCursor": "more"}, 'set "paging" of the SP form to "cursor"'),
    (_body(["a", 7], 2), "could not be read"),
]


@pytest.mark.parametrize(("body", "named"), NOT_ALL, ids=[row[1] for row in NOT_ALL])
async def test_one_answer_that_is_not_all_says_what_to_set(body: Any, named: str) -> None:
    ids, problem = await Listing(lambda query: body).read(paging="none")
    assert ids
    assert named in str(problem)


@pytest.mark.parametrize(("more", "word"), [({}, "none"), ({"nextCursor": "more"}, "cursor")])
async def test_an_index_that_is_ignored_says_what_to_set(more: dict[str, str], word: str) -> None:
    _, problem = await Listing(lambda start, count: {**_body(ALL[:3], 7), **more}).read()
    assert f'set "paging" of the SP form to "{word}"' in str(problem)


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
