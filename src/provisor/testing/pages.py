"""Listings: which resources (filter), and how many at once (RFC 7644 3.4.2, RFC 9865), with all that goes wrong there."""

from __future__ import annotations

import base64
import binascii
import random
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import orjson

from provisor.testing.answers import Projection, shown
from provisor.testing.discovery import LIST_RESPONSE, list_response
from provisor.testing.errors import ScimError, invalid_value
from provisor.testing.filters import Filter, parse_filter
from provisor.testing.profile import Profile
from provisor.testing.resources import Resource, Store

Asked = Mapping[str, Any]
Note = Callable[[str], None]

_MORE = 3  # by how many a wrong totalResults is wrong
_WHERE = ("startIndex", "cursor")


@dataclass
class Listings:
    """What is remembered between listings. `chance`: for order and short pages. `cursors`: how many were redeemed."""

    chance: random.Random
    cursors: int = field(default=0)


def list_resources(store: Store, endpoints: tuple[str, ...], asked: Asked, listings: Listings, note: Note) -> Any:
    """A page of the resources below `endpoints` as a ListResponse. `asked` holds filter, startIndex or cursor, count,
    attributes and excludedAttributes, from a query or a search body. `note` is told of a cursor that is used for another
    listing. Raises ScimError 400 invalidFilter, invalidValue, invalidCursor or expiredCursor."""
    profile = store.profile
    rows = [row for endpoint in endpoints for row in _rows(store, endpoint, asked.get("filter"), endpoints)]
    if not rows and asked.get("filter") and profile.no_match_status != 200:
        raise ScimError(profile.no_match_status, None, "Nothing matches the filter.")
    if profile.unstable_order:
        listings.chance.shuffle(rows)
    if profile.paging == "cursor" or (profile.paging == "both" and "cursor" in asked):
        start, more = _redeemed(asked, profile, listings, note), True
    else:
        start, more = max(1, _number(asked, "startIndex", 1)), False
    page = list(islice(rows, *_slice(len(rows), start, asked, profile, listings.chance)))
    wanted = Projection.asked(asked)
    answer = list_response([shown(store, row, wanted) for row in page], total=len(rows), start=start)
    if more:
        answer = _with_cursor(answer, start + len(page), len(rows), asked)
    return answer if profile.lists_plainly else _bent(answer, profile)


def _slice(total: int, start: int, asked: Asked, profile: Profile, chance: random.Random) -> tuple[int, int]:
    """Where the page begins, from 0, and where it ends."""
    count = max(0, min(_number(asked, "count", profile.default_page), profile.max_page))
    if profile.paging == "none":
        return 0, total
    if profile.paging == "stuck":
        return 0, count
    first = max(0, start - 1 - (profile.overlap if start > 1 else 0))
    if profile.short_pages and count > 1 and first + count < total:
        count -= chance.randrange(count // 2 + 1)
    return first, first + count


def _rows(store: Store, endpoint: str, text: Any, endpoints: tuple[str, ...]) -> Iterable[Resource]:
    table = store.tables[endpoint]
    if not text or store.profile.ignore_filter:
        return table.matching(None)
    try:
        parsed = parse_filter(str(text), table.schema)
    except ScimError:
        if len(endpoints) > 1:  # searching everything: an attribute that this type lacks matches none of it
            return []
        raise
    _refuse_unsupported(parsed, store.profile)
    if store.profile.wrong_filter:
        return islice((row for row in table.rows.values() if not parsed.matches(row)), 1)
    return table.matching(parsed)


def _refuse_unsupported(parsed: Filter, profile: Profile) -> None:
    names = {clause.target.name.partition(".")[0] for clause in parsed.clauses}
    refused = {
        "userName": not profile.filter_user_name,
        "emails": not profile.filter_emails,
        "externalId": not profile.filter_external_id,
        "displayName": not profile.filter_display_name,
    }
    for name in names:
        if refused.get(name):
            raise ScimError(400, "invalidFilter", f"Filtering by {name} isn't supported.")


def _number(asked: Asked, name: str, default: int) -> int:
    try:
        return int(asked.get(name, default))
    except (TypeError, ValueError):
        raise invalid_value(f"{name} must be a whole number.") from None


def _redeemed(asked: Asked, profile: Profile, listings: Listings, note: Note) -> int:
    """Where a cursor leads, from 1. None, or an empty one, leads to the beginning (RFC 9865 2)."""
    cursor = str(asked.get("cursor") or "")
    if not cursor:
        return 1
    try:
        place, about = orjson.loads(base64.urlsafe_b64decode(cursor))
    except (binascii.Error, ValueError, TypeError):
        raise ScimError(400, "invalidCursor", "This cursor isn't one of ours.") from None
    if about != _about(asked):
        note("A cursor is used with other parameters than the listing that it belongs to.")
        raise ScimError(400, "invalidCursor", "This cursor belongs to another listing.")
    listings.cursors += 1
    if profile.cursor_expires_every and listings.cursors % profile.cursor_expires_every == 0:
        raise ScimError(400, "expiredCursor", "This cursor is too old. Begin again.")
    return int(place)


def _about(asked: Asked) -> int:
    """What a listing is about: its parameters but for the place."""
    parameters = {name: value for name, value in asked.items() if name not in _WHERE}
    return zlib.crc32(orjson.dumps(parameters, option=orjson.OPT_SORT_KEYS))


def _with_cursor(answer: Resource, after: int, total: int, asked: Asked) -> Resource:
    answer = {name: value for name, value in answer.items() if name != "startIndex"}
    if after <= total and answer["Resources"]:
        cursor = orjson.dumps([after, _about(asked)])
        answer["nextCursor"] = base64.urlsafe_b64encode(cursor).decode()
    return answer


def _bent(answer: Resource, profile: Profile) -> Any:
    """A ListResponse as it is where it deviates."""
    if profile.bare_list:
        return answer["Resources"]
    total = answer.pop("totalResults")
    told = {"right": total, "text": str(total), "more": total + _MORE, "less": max(0, total - _MORE)}
    if profile.total != "absent":
        answer["totalResults"] = told[profile.total]
    if not answer["Resources"] and profile.empty_list != "list":
        del answer["Resources"]
        if profile.empty_list == "null":
            answer["Resources"] = None
    return _lowercase(answer) if profile.lowercase_names else answer


def _lowercase(answer: Resource) -> Resource:
    lowered = {name.lower(): value for name, value in answer.items()}
    return {**lowered, "schemas": [LIST_RESPONSE.lower()]}
