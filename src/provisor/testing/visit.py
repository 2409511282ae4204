"""One request on its way through: may it come in, where does it go, what becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from provisor.testing import demands, memberships, provider_rules, rules, validation, version_1_1, wording
from provisor.testing.answers import Projection, shown
from provisor.testing.attributes import with_value_of, written, written_by
from provisor.testing.bulk import BulkMemory, carry_out_bulk
from provisor.testing.discovery import asked_for, document, service_provider_config
from provisor.testing.doors import refuse_entry
from provisor.testing.errors import ScimError, UnknownMember, invalid_value, not_found
from provisor.testing.messages import Outcome, Request
from provisor.testing.normalising import as_updated, normalised
from provisor.testing.pace import Pace, TooMany
from provisor.testing.pages import Listings, list_resources
from provisor.testing.patching import apply_patch
from provisor.testing.records import Finding
from provisor.testing.resources import Resource, Store, same
from provisor.testing.schema import BY_ENDPOINT, canonical
from provisor.testing.seen import Seen


class Memory:
    """What a provider remembers besides what it holds."""

    def __init__(self, listings: Listings, pace: Pace) -> None:
        self.listings, self.pace, self.bulk = listings, pace, BulkMemory(listings.chance)


class Visit:
    """One request. `findings` are the rules that it broke, `early`: it came before a Retry-After had ended."""

    def __init__(self, store: Store, request: Request, memory: Memory, *, strict: bool) -> None:
        self.store, self.request, self.memory, self.strict = store, request, memory, strict
        self.profile = store.profile
        self.path = request.path
        self.findings: list[Finding] = []
        self.early = False

    # Coming in

    def look(self, token: str) -> None:
        """Checks the rules that a request can be judged by alone."""
        if self.strict and self.profile.scim == "2.0":
            self.findings += rules.findings(self.seen(token))

    def seen(self, token: str) -> Seen:
        asked = self.request
        return Seen(
            method=asked.method,
            target=asked.target,
            path=self.path,
            query=asked.query,
            headers=asked.headers,
            body=asked.body,
            has_body=asked.has_body,
            token=token,
            profile=self.profile,
        )

    def note(self, finding: Finding) -> None:
        if self.strict:
            self.findings.append(finding)

    def carry_out(self, token: str) -> Outcome:
        """The answer. Raises ScimError for a refusal."""
        refuse_entry(self.request, token, self.profile)
        if self.profile.limits:
            self.keep_pace()
        if self.profile.scim == "1.1":
            self.read_in_1_1(token)
        return self.routed()

    def read_in_1_1(self, token: str) -> None:
        """From here on the request is as 2.0 has it, but for a PATCH. Raises for what isn't SCIM 1.1."""
        self.request = version_1_1.understood(self.request)
        if self.strict:
            self.findings += version_1_1.findings(self.seen(token))

    def keep_pace(self) -> None:
        try:
            early = self.memory.pace.admit(self.request.method, self.path, self.profile)
        except TooMany as refusal:
            self.told_early(refusal.early)
            raise
        self.told_early(early)

    def told_early(self, classes: list[str]) -> None:
        self.early = bool(classes)
        for name in classes:
            self.note(provider_rules.early(name))

    # Where it goes

    def routed(self) -> Outcome:
        head, *rest = self.path
        if head not in BY_ENDPOINT and (described := asked_for(self.path, self.profile)):
            return self.discovery(described)
        if head == ".search" and not rest:
            return self.only("POST", lambda: self.search(self.endpoints()))
        if head == "Bulk" and not rest and self.profile.bulk:
            return self.only("POST", self.bulk)
        if head in ("Bulk", "Me"):
            status = self.profile.bulk_off_status if head == "Bulk" else 501
            raise ScimError(status, None, f"/{head} isn't supported.")
        if head not in self.endpoints() or len(rest) > 1:
            raise not_found(f"/{'/'.join(self.path)}")
        if rest == [".search"]:
            return self.only("POST", lambda: self.search((head,)))
        return self.resource(head, rest[0]) if rest else self.collection(head)

    def endpoints(self) -> tuple[str, ...]:
        return tuple(BY_ENDPOINT) if self.profile.groups else ("Users",)

    def only(self, method: str, action: Callable[[], Outcome]) -> Outcome:
        if self.request.method != method:
            raise self.not_allowed()
        return action()

    def not_allowed(self) -> ScimError:
        return ScimError(405, None, f"{self.request.method} isn't possible at /{'/'.join(self.path)}.")

    def discovery(self, path: tuple[str, ...]) -> Outcome:
        found = self.profile.discovery and self.described(path)
        if self.request.method != "GET" and self.profile.discovery:
            raise self.not_allowed()
        if not found:
            raise not_found(f"/{'/'.join(self.path)}")
        return 200, found, {}

    def described(self, path: tuple[str, ...]) -> Resource | None:
        if self.profile.scim == "1.1":
            return version_1_1.described(path, service_provider_config(self.profile), self.profile)
        return document(path, self.profile, self.store.base_url)

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
        self.refuse_unsupported(endpoint)
        found = self.store.get(endpoint, id)
        self.refuse_stale(found)
        return action(endpoint, found)

    def refuse_unsupported(self, endpoint: str) -> None:
        """Some methods aren't offered here, or not for groups."""
        if self.profile.offers_all:
            return
        profile, groups = self.profile, endpoint == "Groups"
        offered = {
            "PUT": profile.put and (profile.group_put if groups else profile.user_put),
            "PATCH": profile.patch and (profile.group_patch if groups else profile.user_patch),
            "DELETE": profile.group_delete if groups else profile.delete,
            "POST": profile.group_create or not groups,
        }
        if not offered.get(self.request.method, True):
            raise ScimError(profile.refused_status, None, f"{self.request.method} isn't supported.")

    def refuse_stale(self, found: Resource) -> None:
        wanted = self.request.headers.get("If-Match")
        if self.profile.etag and wanted not in (None, "*", found["meta"]["version"]):
            raise ScimError(412, None, "The resource has changed since it was read.")

    # What becomes of it

    def create(self, endpoint: str) -> Outcome:
        self.refuse_unsupported(endpoint)
        schema = BY_ENDPOINT[endpoint]
        body = canonical(self.valid_body(endpoint), schema)
        external = body.get("externalId")
        known = self.store.tables[endpoint].having("externalId", external) if external else []
        if known and self.profile.upsert:
            return self.full(200, self.saved(endpoint, known[0], {**known[0], **body}), {})
        if known:
            self.note(provider_rules.duplicate(schema.name.lower()))
        created = self.kept(lambda: self.store.create(endpoint, self.new(endpoint, body)))
        self.note_manager(created)
        return self.created(created)

    def new(self, endpoint: str, body: Resource) -> Resource:
        """A new resource from a canonical body, as this provider takes it."""
        if self.profile.demands_more:
            demands.refuse_values(endpoint, None, body, self.profile)
        return memberships.created(body, self.profile) if endpoint == "Groups" else body

    def created(self, created: Resource) -> Outcome:
        location = {"Location": self.store.location(created)}
        if self.profile.answer_create == "empty":
            return 201, None, location
        return self.full(200 if self.profile.answer_create == "ok" else 201, created, location)

    def read(self, endpoint: str, found: Resource) -> Outcome:
        return self.full(200, found, {})

    def put(self, endpoint: str, found: Resource) -> Outcome:
        schema, body = BY_ENDPOINT[endpoint], self.valid_body(endpoint)
        new = canonical(body, schema)
        demands.refuse_repeated(new, self.profile)
        for name in self.profile.create_only if endpoint == "Users" else ():
            if demands.absent(new, name):
                new = with_value_of(new, name, found, schema)
        if endpoint == "Groups":
            memberships.refuse_members(new.get("members", []), len(new.get("members", [])), self.profile)
        saved = self.saved(endpoint, found, new)
        return (204, None, {}) if self.profile.answer_put == "no_content" else self.full(200, saved, {})

    def patch(self, endpoint: str, found: Resource) -> Outcome:
        patched = self.merged if self.profile.scim == "1.1" else self.operated
        saved = self.saved(endpoint, found, patched(endpoint, found))
        return self.full(200, saved, {}) if self.profile.answer_patch == "resource" else (204, None, {})

    def merged(self, endpoint: str, found: Resource) -> Resource:
        """After a PATCH of SCIM 1.1, a partial resource."""
        body, schema = wording.with_booleans(self.json_object(), self.profile), BY_ENDPOINT[endpoint]
        if self.profile.demands_more:
            names = {name for name in written(body, schema) if not name.startswith("meta")}
            demands.refuse_unknown(endpoint, names, self.profile)
        if endpoint == "Groups":
            members = body.get("members") or []
            memberships.refuse_members([one for one in members if "operation" not in one], len(members), self.profile)
        patched = version_1_1.patched(found, body, schema)
        if same(normalised(patched, self.profile), found):
            self.note(provider_rules.without_effect())
        return patched

    def operated(self, endpoint: str, found: Resource) -> Resource:
        """After a PATCH of SCIM 2.0, a list of operations."""
        schema = BY_ENDPOINT[endpoint]
        operations = self.valid_body(endpoint).get("Operations")
        if not isinstance(operations, list) or not all(isinstance(op, dict) for op in operations):
            raise ScimError(400, "invalidSyntax", "Operations must be a list of objects.")
        counting = wording.understood(operations, found, endpoint, self.profile)
        if endpoint == "Groups":
            counting = memberships.understood(counting, found, self.profile)
        patched = apply_patch(found, counting, schema)
        if counting and same(normalised(patched, self.profile), found):
            self.note(provider_rules.without_effect())
        return patched

    def saved(self, endpoint: str, old: Resource, new: Resource) -> Resource:
        """What an update from `old` to `new` leaves behind, kept, or ended for good."""
        if self.profile.demands_more:
            demands.refuse_values(endpoint, old, new, self.profile)
        if endpoint == "Groups":
            memberships.refuse_rename(old, new, self.profile)
            return self.kept(lambda: self.store.replace(endpoint, old, new))
        if self.profile.demands_more:
            demands.refuse_changes(old, new, self.profile)
        saved = self.kept(lambda: self.store.replace(endpoint, old, as_updated(old, new, self.profile)))
        self.note_manager(saved)
        self.end(old, saved)
        return saved

    def end(self, old: Resource, saved: Resource) -> None:
        """What active=false really does here."""
        if self.profile.deactivation == "deactivates" or saved.get("active") is not False or old.get("active") is False:
            return
        if self.profile.deactivation == "leaves":
            self.store.leave(saved["id"])
        else:
            self.store.remove("Users", saved["id"])

    def delete(self, endpoint: str, found: Resource) -> Outcome:
        if endpoint == "Users" and self.profile.delete_deactivates:
            found = self.kept(lambda: self.store.replace(endpoint, found, {**found, "active": False}))
        else:
            self.store.remove(endpoint, found["id"])
        if self.profile.answer_delete == "resource":
            return self.full(200, found, {})
        return 204 if self.profile.answer_delete == "no_content" else 202, None, {}

    def kept(self, keep: Callable[[], Resource]) -> Resource:
        try:
            kept = keep()
        except UnknownMember as refusal:
            self.note(provider_rules.unknown_member(refusal))
            raise
        if self.strict and kept["meta"]["resourceType"] == "Group" and self.request.method != "DELETE":
            self.findings += provider_rules.nested(kept)
        return kept

    def note_manager(self, kept: Resource) -> None:
        if self.strict and (finding := provider_rules.unknown_manager(kept, self.store)):
            self.findings.append(finding)

    # Bodies and answers

    def valid_body(self, endpoint: str) -> Resource:
        """The body, if the schemas and this provider allow it, with its booleans as JSON has them."""
        body: Resource = wording.with_booleans(self.json_object(), self.profile)
        if self.strict:
            judged = memberships.without_lists(body) if endpoint == "Groups" else body
            self.refuse_unfit(validation.refusal(self.request.method, BY_ENDPOINT[endpoint].name, judged))
        if self.profile.demands_more:
            schema, operations = BY_ENDPOINT[endpoint], body.get("Operations")
            patching = self.request.method == "PATCH" and isinstance(operations, list)
            names = written_by(operations or [], schema) if patching else written(body, schema)
            demands.refuse_unknown(endpoint, names, self.profile)
        return body

    def full(self, status: int, resource: Resource, headers: Mapping[str, str]) -> Outcome:
        wanted = Projection.asked(self.request.query)
        etag = {"ETag": resource["meta"]["version"]} if self.profile.etag else {}
        return status, shown(self.store, resource, wanted), {**headers, **etag}

    def refuse_unfit(self, refusal: ScimError | None) -> None:
        if refusal:
            self.note(provider_rules.unfit(refusal))
            raise refusal

    def json_object(self) -> Resource:
        if not isinstance(self.request.body, dict):
            raise ScimError(400, "invalidSyntax", "The body must be a JSON object.")
        return self.request.body

    def search(self, endpoints: tuple[str, ...]) -> Outcome:
        body = self.json_object()
        if self.strict:
            self.refuse_unfit(validation.search_refusal(body))
        return self.listing(endpoints, body)

    def listing(self, endpoints: tuple[str, ...], asked: Mapping[str, object]) -> Outcome:
        if asked.get("filter"):
            self.check_filter(str(asked["filter"]), endpoints)
        return 200, list_resources(self.store, endpoints, asked, self.memory.listings, self.note_cursor), {}

    def note_cursor(self, message: str) -> None:
        self.note(Finding("P4", message))

    def check_filter(self, text: str, endpoints: tuple[str, ...]) -> None:
        read = [provider_rules.filter_finding(text, BY_ENDPOINT[endpoint]) for endpoint in endpoints]
        if all(read):  # in a search for everything, one type may lack the attribute
            self.findings += [finding for finding in read[:1] if finding and self.strict]

    # Many at once

    def bulk(self) -> Outcome:
        return carry_out_bulk(self.request, self.store, self.memory.bulk, self.one_of_many, self.note)

    def one_of_many(self, request: Request) -> Outcome:
        """One operation of a Bulk request, as if it had come by itself."""
        visit = Visit(self.store, request, self.memory, strict=self.strict)
        visit.look("")
        try:
            if not request.path:
                raise invalid_value("An operation needs a path.")
            return visit.routed()
        finally:
            self.findings += visit.findings
