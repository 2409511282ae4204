"""Rules for clients, by the ids of the client requirements: what a careful client does although a tolerant service
provider would let it get away with less. Breaking one is recorded as a finding; the request is answered all the same.

Each rule is a small function that yields a message for every breach; RULES names them. Where the provider's profile
demands it otherwise, that is what a careful client does. What only the provider can know is in `provider_rules`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from provisor.testing.group_rules import GROUP_RULES
from provisor.testing.records import Finding
from provisor.testing.seen import Seen, paths

PATCH_URN = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
SEARCH_URN = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"

_TOKEN_NAMES = frozenset({"token", "access_token", "api_key", "apikey", "key", "authorization"})
_NO_AGENT = re.compile(r"^$|^python|^aiohttp|^mozilla", re.IGNORECASE)


def _t3(seen: Seen) -> Iterator[str]:
    if "application/scim+json" not in seen.headers.get("Accept", ""):
        yield "Accept must name application/scim+json."
    kind = seen.headers.get("Content-Type", "").partition(";")[0].strip()
    wanted = "application/scim+json" if seen.profile.content_type == "any" else seen.profile.content_type
    if seen.has_body and kind != wanted:
        yield f"The Content-Type of a body must be {wanted}, not {kind or 'missing'}."
    if kind and not seen.has_body:
        yield "Content-Type belongs on requests with a body only."


def _t4(seen: Seen) -> Iterator[str]:
    if _NO_AGENT.match(seen.headers.get("User-Agent", "")):
        yield "User-Agent must say who is asking."


def _t5(seen: Seen) -> Iterator[str]:
    named = _TOKEN_NAMES & {name.lower() for name in seen.query}
    if named or (seen.token and seen.token in unquote(seen.target)):
        yield "The URL carries a credential."


def _t11(seen: Seen) -> Iterator[str]:
    if "//" in seen.target.partition("?")[0]:
        yield "The path has two slashes in a row."


def _f2(seen: Seen) -> Iterator[str]:
    if any(part.startswith("filter=") and "+" in part for part in seen.target.partition("?")[2].split("&")):
        yield "In a filter, a space is sent as %20 and a plus as %2B."


def _p1(seen: Seen) -> Iterator[str]:
    if seen.query.get("startIndex", "1").lstrip("+").startswith(("0", "-")):
        yield "startIndex counts from 1."


def _u10(seen: Seen) -> Iterator[str]:
    if not seen.profile.etag and ("If-Match" in seen.headers or "If-None-Match" in seen.headers):
        yield "Conditional headers are only for providers that announce etag."


def _a1(seen: Seen) -> Iterator[str]:
    if seen.method == "POST" and "id" in seen.whole:
        yield "id is the provider's to give: don't send it on create."


def _a2(seen: Seen) -> Iterator[str]:
    external = seen.whole.get("externalId")
    if isinstance(external, str) and (external.isdigit() or not external):
        yield "externalId must not be empty or purely numeric."


def _a6(seen: Seen) -> Iterator[str]:
    if seen.method == "POST":
        yield from (f"{name} is null: leave it out on create." for name in _nulls(seen.whole, ""))


def _nulls(value: Any, name: str) -> Iterator[str]:
    if value is None:
        yield name
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in inside:
        yield from _nulls(inner, f"{name}.{key}" if name else str(key))


def _a7(seen: Seen) -> Iterator[str]:
    lists = list(seen.whole.items()) + [(op.get("path"), op.get("value")) for op in seen.operations]
    for name, value in lists:
        elements = value if isinstance(value, list) else []
        if sum(isinstance(item, dict) and item.get("primary") is True for item in elements) > 1:
            yield f"{name} has more than one primary element."


def _a11(seen: Seen) -> Iterator[str]:
    sent = [seen.whole["active"]] if "active" in seen.whole else []
    sent += [op.get("value") for op in seen.operations if op.get("path") == "active" and "value" in op]
    if seen.profile.booleans == "text":
        return
    if not all(isinstance(value, bool) for value in sent):
        yield "active must be a JSON boolean."


def _a12(seen: Seen) -> Iterator[str]:
    if "password" in paths(seen) and len(seen.operations) > 1:
        yield "A password goes into a PATCH of its own."


def _names(seen: Seen) -> set[str]:
    """Top-level attributes that the request writes."""
    return {*seen.whole, *(re.split(r"[.\[]", path)[0] for path in paths(seen))}


def _a13(seen: Seen) -> Iterator[str]:
    if "groups" in _names(seen):
        yield "A user's groups are read-only."


def _a14(seen: Seen) -> Iterator[str]:
    if not (seen.writes and seen.schema):
        return
    extensions = {key for key in seen.whole if key.startswith("urn:")}
    wanted = {PATCH_URN} if seen.method == "PATCH" else {seen.schema.urn, *extensions}
    sent = seen.body.get("schemas")
    if not isinstance(sent, list) or set(map(str, sent)) != wanted or len(sent) != len(wanted):
        yield f"schemas must be exactly {', '.join(sorted(wanted))}."


def _a15(seen: Seen) -> Iterator[str]:
    managers = [v.get("manager") for key, v in seen.whole.items() if key.startswith("urn:") and isinstance(v, dict)]
    managers += [op.get("value") for op in seen.operations if str(op.get("path")).endswith(":manager")]
    if any(manager is not None and set(manager) != {"value"} for manager in managers):
        yield "manager is sent as {value} only."


def _a16(seen: Seen) -> Iterator[str]:
    if "meta" in _names(seen):
        yield "meta is the provider's: don't send it."


def _u1(seen: Seen) -> Iterator[str]:
    yield from (message for op in seen.operations for message in _misworded(op, seen))
    sent = [path.lower() for path in paths(seen)]
    yield from (f"{path} is the path of several operations." for path in sorted(set(sent)) if sent.count(path) > 1)


def _misworded(op: Mapping[str, Any], seen: Seen) -> Iterator[str]:
    profile, users = seen.profile, seen.path[:1] == ("Users",)
    words = ("Add", "Replace", "Remove") if profile.op_case == "capital" else ("add", "replace", "remove")
    if op.get("op") not in words:
        yield f"op must be {words[0]}, {words[1]} or {words[2]}, not {op.get('op')!r}."
    if not op.get("path") and not (users and profile.patch_path == "forbidden"):
        yield "Every operation needs a path."
    listed = not users and profile.member_remove == "list" and op.get("path") == "members"
    if str(op.get("op")).lower() == "remove" and "value" in op and not listed:
        yield f"The remove of {op.get('path')} carries a value."


def _u3(seen: Seen) -> Iterator[str]:
    if any(op.get("path") == "name" and isinstance(op.get("value"), dict) for op in seen.operations):
        yield "Write the parts of name one by one (name.givenName): writing it whole means different things."


def _u4(seen: Seen) -> Iterator[str]:
    for op in seen.operations:
        path = str(op.get("path"))
        if path.endswith("]") and op.get("op") != "remove":
            yield f"{path} targets an element as a whole: name a sub-attribute."


def _u7(seen: Seen) -> Iterator[str]:
    if seen.method == "PUT" and seen.path[:1] == ("Users",) and seen.whole and "active" not in seen.whole:
        yield "A PUT of a user must say whether it is active."


def _u9(seen: Seen) -> Iterator[str]:
    for op in seen.operations:
        if op.get("op") == "remove" and op.get("path") in ("userName", "active"):
            yield f"{op['path']} can't be removed: replace it."


RULES: Mapping[str, Callable[[Seen], Iterator[str]]] = {
    "T3": _t3,
    "T4": _t4,
    "T5": _t5,
    "T11": _t11,
    "F2": _f2,
    "P1": _p1,
    "A1": _a1,
    "A2": _a2,
    "A6": _a6,
    "A7": _a7,
    "A11": _a11,
    "A12": _a12,
    "A13": _a13,
    "A14": _a14,
    "A15": _a15,
    "A16": _a16,
    "U1": _u1,
    "U3": _u3,
    "U4": _u4,
    "U7": _u7,
    "U9": _u9,
    "U10": _u10,
    **GROUP_RULES,
}


def findings(seen: Seen) -> list[Finding]:
    """Every breach of RULES by one request."""
    return [Finding(rule, message) for rule, check in RULES.items() for message in check(seen)]
