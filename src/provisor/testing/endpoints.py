"""From a request to an answer: the SCIM protocol (RFC 7644 3) over the store, without a network and without waiting."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from provisor.testing import rules, validation
from provisor.testing.answers import Projection, list_resources, shown
from provisor.testing.discovery import document
from provisor.testing.errors import ScimError, UnknownMember, not_found
from provisor.testing.patching import apply_patch
from provisor.testing.profile import as_updated, normalised
from provisor.testing.records import Finding
from provisor.testing.resources import Resource, Store, same
from provisor.testing.rules import Seen
from provisor.testing.schema import BY_ENDPOINT, canonical

_DISCOVERY = frozenset({"ServiceProviderConfig", "ResourceTypes", "Schemas"})
_SCIM = {"Content-Type": "application/scim+json"}


@dataclass(frozen=True, repr=False)
class Request:
    """What arrived. `path`: decoded segments below the base URL; empty if the URL isn't below it. `body`:
    parsed JSON; None without a body, or where it isn't JSON."""

    method: str
    target: str
    path: tuple[str, ...]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any = None
    has_body: bool = False


@dataclass(frozen=True, repr=False)
class Answer:
    """What goes back, and what there was to say about the request."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


class Endpoints:
    """The protocol. `strict`: bodies are validated and rules are checked."""

    def __init__(self, store: Store, *, token: str, strict: bool, chance: random.Random) -> None:
        self.store = store
        self.token = token
        self.strict = strict
        self._chance = chance

    def answer(self, request: Request) -> Answer:
        """Carries the request out. Every refusal becomes a SCIM error answer."""
        visit = _Visit(self.store, request, strict=self.strict, chance=self._chance)
        visit.look(self.token)
        try:
            status, body, headers = visit.carry_out(self.token)
        except ScimError as refusal:
            status, body, headers = refusal.status, refusal.body(), _refusal_headers(refusal)
        encoded = b"" if body is None else orjson.dumps(body)
        return Answer(status, encoded, {**(_SCIM if encoded else {}), **headers}, tuple(visit.findings))


def _refusal_headers(refusal: ScimError) -> Mapping[str, str]:
    return {"WWW-Authenticate": "Bearer"} if refusal.status == 401 else {}


Outcome = tuple[int, Resource | None, Mapping[str, str]]


class _Visit:
    """One request on its way through."""

    def __init__(self, store: Store, request: Request, *, strict: bool, chance: random.Random) -> None:
        self.store, self.request, self.strict, self.chance = store, request, strict, chance
        self.profile = store.profile
        self.path = request.path
        self.findings: list[Finding] = []

    def look(self, token: str) -> None:
        if self.strict:
            asked = self.request
            seen = Seen(
                method=asked.method,
                target=asked.target,
                path=self.path,
                query=asked.query,
                headers=asked.headers,
                body=asked.body,
                has_body=asked.has_body,
                token=token,
                etag=self.profile.etag,
            )
            self.findings += rules.findings(seen)

    def note(self, finding: Finding) -> None:
        if self.strict:
            self.findings.append(finding)

    def carry_out(self, token: str) -> Outcome:
        headers = self.request.headers
        if token and headers.get("Authorization") != f"Bearer {token}":
            raise ScimError(401, None, "The token is missing or wrong.")
        if self.profile.require_user_agent and not headers.get("User-Agent"):
            raise ScimError(403, None, "Requests need a User-Agent.")
        if not self.path:
            raise not_found(self.request.target.partition("?")[0])
        return self.routed()

    def routed(self) -> Outcome:
        head, *rest = self.path
        if head in _DISCOVERY:
            return self.discovery()
        if head == ".search" and not rest:
            return self.only("POST", lambda: self.search(tuple(BY_ENDPOINT)))
        if head in ("Bulk", "Me"):
            raise ScimError(501, None, f"/{head} isn't supported.")
        if head not in BY_ENDPOINT or len(rest) > 1:
            raise not_found(f"/{'/'.join(self.path)}")
        if rest == [".search"]:
            return self.only("POST", lambda: self.search((head,)))
        return self.resource(head, rest[0]) if rest else self.collection(head)

    def only(self, method: str, action: Callable[[], Outcome]) -> Outcome:
        if self.request.method != method:
            raise self.not_allowed()
        return action()

    def not_allowed(self) -> ScimError:
        return ScimError(405, None, f"{self.request.method} isn't possible at /{'/'.join(self.path)}.")

    def discovery(self) -> Outcome:
        found = self.profile.discovery and document(self.path, self.profile, self.store.base_url)
        if self.request.method != "GET" and self.profile.discovery:
            raise self.not_allowed()
        if not found:
            raise not_found(f"/{'/'.join(self.path)}")
        return 200, found, {}

    def collection(self, endpoint: str) -> Outcome:
        if self.request.method == "GET":
            return self.listing((endpoint,), self.request.query)
        return self.only("POST", lambda: self.create(endpoint))

    def resource(self, endpoint: str, id: str) -> Outcome:
        actions: dict[str, Callable[[str, Resource], Outcome]] = {
            "GET": self.read,
            "PUT": self.put,
            "PATCH": self.patch,
            "DELETE": self.delete,
        }
        action = actions.get(self.request.method)
        if action is None:
            raise self.not_allowed()
        unsupported = {"PUT": self.profile.put, "PATCH": self.profile.patch, "DELETE": self.profile.delete}
        if not unsupported.get(self.request.method, True):
            raise ScimError(501, None, f"{self.request.method} isn't supported.")
        found = self.store.get(endpoint, id)
        self.refuse_stale(found)
        return action(endpoint, found)

    def refuse_stale(self, found: Resource) -> None:
        wanted = self.request.headers.get("If-Match")
        if self.profile.etag and wanted not in (None, "*", found["meta"]["version"]):
            raise ScimError(412, None, "The resource has changed since it was read.")

    def create(self, endpoint: str) -> Outcome:
        schema, body = BY_ENDPOINT[endpoint], self.valid_body(endpoint)
        external = body.get("externalId")
        if external and self.store.tables[endpoint].having("externalId", external):
            self.note(rules.duplicate(schema.name.lower()))
        created = self.saved(lambda: self.store.create(endpoint, canonical(body, schema)))
        return self.full(201, created, {"Location": self.store.location(created)})

    def read(self, endpoint: str, found: Resource) -> Outcome:
        return self.full(200, found, {})

    def put(self, endpoint: str, found: Resource) -> Outcome:
        body = canonical(self.valid_body(endpoint), BY_ENDPOINT[endpoint])
        return self.full(200, self.replaced(endpoint, found, body), {})

    def patch(self, endpoint: str, found: Resource) -> Outcome:
        schema = BY_ENDPOINT[endpoint]
        operations = self.valid_body(endpoint).get("Operations")
        if not isinstance(operations, list) or not all(isinstance(op, dict) for op in operations):
            raise ScimError(400, "invalidSyntax", "Operations must be a list of objects.")
        patched = apply_patch(found, operations, schema)
        if same(normalised(patched, self.profile), found):
            self.note(rules.without_effect())
        saved = self.replaced(endpoint, found, patched)
        return self.full(200, saved, {}) if self.profile.answer_patch == "resource" else (204, None, {})

    def delete(self, endpoint: str, found: Resource) -> Outcome:
        self.store.remove(endpoint, found["id"])
        return 204, None, {}

    def valid_body(self, endpoint: str) -> Resource:
        body = self.json_object()
        if self.strict:
            refusal = validation.refusal(self.request.method, BY_ENDPOINT[endpoint].name, body)
            self.refuse_unfit(refusal)
        return body

    def full(self, status: int, resource: Resource, headers: Mapping[str, str]) -> Outcome:
        wanted = Projection.asked(self.request.query)
        etag = {"ETag": resource["meta"]["version"]} if self.profile.etag else {}
        return status, shown(self.store, resource, wanted), {**headers, **etag}

    def refuse_unfit(self, refusal: ScimError | None) -> None:
        if refusal:
            self.note(rules.unfit(refusal))
            raise refusal

    def json_object(self) -> Resource:
        if not isinstance(self.request.body, dict):
            raise ScimError(400, "invalidSyntax", "The body must be a JSON object.")
        return self.request.body

    def replaced(self, endpoint: str, found: Resource, body: Resource) -> Resource:
        body = as_updated(found, body, self.profile)
        return self.saved(lambda: self.store.replace(endpoint, found, body))

    def saved(self, save: Callable[[], Resource]) -> Resource:
        try:
            return save()
        except UnknownMember as refusal:
            self.note(rules.unknown_member(refusal))
            raise

    def search(self, endpoints: tuple[str, ...]) -> Outcome:
        body = self.json_object()
        if self.strict:
            self.refuse_unfit(validation.search_refusal(body))
        return self.listing(endpoints, body)

    def listing(self, endpoints: tuple[str, ...], asked: Mapping[str, Any]) -> Outcome:
        if asked.get("filter"):
            self.check_filter(str(asked["filter"]), endpoints)
        return 200, list_resources(self.store, endpoints, asked, chance=self.chance), {}

    def check_filter(self, text: str, endpoints: tuple[str, ...]) -> None:
        read = [rules.filter_finding(text, BY_ENDPOINT[endpoint]) for endpoint in endpoints]
        if all(read):  # in a search for everything, one type may lack the attribute
            self.findings += [finding for finding in read[:1] if finding and self.strict]
