"""Listings and self-descriptions as they deviate."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from provisor.testing import Profile

from .said import group, user


@pytest.fixture
def names(sp) -> list[str]:
    return [sp.put_user(user(f"user{number:02}"))["userName"] for number in range(10)]


def shown(answer: Any) -> list[str]:
    return [row["userName"] for row in answer.body["Resources"]]


async def test_everything_in_one_answer(sp, call, names):
    sp.profile = Profile(paging="none", max_page=3)
    for query in ("", "?startIndex=4&count=2"):
        answer = await call("GET", "/Users" + query)
        assert (shown(answer), answer.body["totalResults"], answer.body["itemsPerPage"]) == (names, 10, 10)


async def test_the_same_page_for_ever(sp, call, names):
    sp.profile = Profile(paging="stuck")
    for start in (1, 4, 400):
        assert shown(await call("GET", f"/Users?startIndex={start}&count=3")) == names[:3]


async def walk(call, count: int = 3, **more: str) -> list[str]:
    found, cursor = [], ""
    while cursor is not None:
        extra = "".join(f"&{name}={value}" for name, value in more.items())
        answer = await call("GET", f"/Users?cursor={cursor}&count={count}{extra}")
        assert answer.status == 200, answer.body
        found += shown(answer)
        cursor = answer.body.get("nextCursor")
    return found


async def test_cursors_lead_through_everything(sp, call, names):
    sp.profile = Profile(paging="cursor", total="absent")
    assert await walk(call) == names
    assert await walk(call, attributes="userName") == names
    answer = (await call("GET", "/Users")).body
    assert ("totalResults" in answer, "startIndex" in answer, sp.findings) == (False, False, [])


async def test_exactly_one_page_has_no_next_cursor(sp, call, names):
    sp.profile = Profile(paging="cursor")
    answer = (await call("GET", "/Users?cursor=&count=10")).body
    assert ("nextCursor" in answer, answer["totalResults"]) == (False, 10)


async def test_both_kinds_of_paging(sp, call, names):
    sp.profile = Profile(paging="both")
    assert await walk(call) == names
    assert shown(await call("GET", "/Users?startIndex=4&count=2")) == names[3:5]
    assert (await call("GET", "/ServiceProviderConfig")).body["pagination"] == {"cursor": True, "index": True}


async def test_cursors_that_are_refused(sp, call, names):
    sp.profile = Profile(paging="cursor", cursor_expires_every=2)
    assert (await call("GET", "/Users?cursor=nonsense")).body["scimType"] == "invalidCursor"
    cursor = (await call("GET", "/Users?count=3")).body["nextCursor"]
    other = await call("GET", f"/Users?count=4&cursor={cursor}")
    assert (other.body["scimType"], [finding.rule for finding in sp.findings]) == ("invalidCursor", ["P4"])
    second = (await call("GET", f"/Users?count=3&cursor={cursor}")).body["nextCursor"]
    assert (await call("GET", f"/Users?count=3&cursor={second}")).body["scimType"] == "expiredCursor"


TOTALS = {"right": 10, "text": "10", "more": 13, "less": 7}


@pytest.mark.parametrize(("kind", "told"), TOTALS.items())
async def test_totals(sp, call, names, kind, told):
    sp.profile = Profile(total=kind)
    assert (await call("GET", "/Users?count=2")).body["totalResults"] == told


async def test_short_pages_are_only_short(sp, call, names):
    sp.profile = Profile(short_pages=True)
    found: list[str] = []
    sizes = set()
    while len(found) < 10:
        page = shown(await call("GET", f"/Users?startIndex={len(found) + 1}&count=4"))
        sizes.add(len(page))
        found += page
    assert (found, min(sizes) < 4) == (names, True)


async def test_pages_that_overlap(sp, call, names):
    sp.profile = Profile(overlap=1)
    assert shown(await call("GET", "/Users?startIndex=1&count=3")) == names[:3]
    assert shown(await call("GET", "/Users?startIndex=4&count=3")) == names[2:5]


async def test_nothing_in_many_words(sp, call):
    for kind, there in (("list", []), ("null", None), ("absent", "missing")):
        sp.profile = Profile(empty_list=kind)
        assert (await call("GET", "/Users")).body.get("Resources", "missing") == there
    sp.profile = Profile(bare_list=True)
    assert (await call("GET", "/Users")).body == []


async def test_a_filter_that_finds_somebody_else(sp, call, names):
    sp.profile = Profile(wrong_filter=True)
    answer = await call("GET", "/Users?filter=" + quote('userName eq "user00"'))
    assert (shown(answer), answer.body["totalResults"]) == (["user01"], 1)


async def test_nothing_found_is_404(sp, call, names):
    sp.profile = Profile(no_match_status=404)
    assert (await call("GET", "/Users?filter=" + quote('userName eq "nobody"'))).status == 404
    assert (await call("GET", "/Users?filter=" + quote('userName eq "user00"'))).status == 200
    assert (await call("GET", "/Groups")).status == 200


async def test_names_that_cannot_be_filtered_by(sp, call, names):
    sp.profile = Profile(filter_user_name=False)
    refused = await call("GET", "/Users?filter=" + quote('userName eq "user00"'))
    assert (refused.status, refused.body["scimType"]) == (400, "invalidFilter")


async def test_a_description_somewhere_else(sp, call):
    sp.profile = Profile(discovery_path="/about/v2", discovery_misspelt=True)
    assert (await call("GET", "/about/v2/ServiceProviderConfigs")).body["patch"] == {"supported": True}
    assert (await call("GET", "/about/v2/Schemas")).status == 200
    for path in ("/ServiceProviderConfig", "/ServiceProviderConfigs", "/about/v2/ServiceProviderConfig", "/Schemas"):
        assert (await call("GET", path)).status == 404, path


async def test_a_description_that_is_not_true(sp, call):
    sp.profile = Profile(discovery_says=("patch:false", "filter.maxResults:7", "bulk:true", "pagination.cursor:true"))
    said = (await call("GET", "/ServiceProviderConfig")).body
    assert (said["patch"], said["filter"]) == ({"supported": False}, {"supported": True, "maxResults": 7})
    assert (said["bulk"]["supported"], said["pagination"]) == (True, {"cursor": True})
    assert (await call("POST", "/Bulk", {})).status == 501


async def test_searching_everything_without_groups(sp, call, names):
    sp.put_group(group("Staff"))
    body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "count": 50}
    assert (await call("POST", "/.search", body)).body["totalResults"] == 11
    sp.profile = Profile(groups=False)
    assert (await call("POST", "/.search", body)).body["totalResults"] == 10
