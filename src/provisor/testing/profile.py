"""How a service provider differs from the letter of the RFCs. Real ones do; a rehearsal with the same deviations shows
what Provisor makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Resource = dict[str, Any]


@dataclass(frozen=True)
class Profile:
    """Deviations; the defaults are the RFCs.

    `patch`, `put`, `delete`: False answers 501. `discovery`: False answers 404 to the three discovery endpoints.
    `filter_emails`, `filter_external_id`: False answers 400 invalidFilter. `ignore_filter`: every filter answers all
    rows. `keep_external_id`: False drops it silently; `drop`: names of more attributes to drop ("title",
    "name.middleName", "department"). `lowercase_emails`: e-mail values are kept in lower case. `ignore_active`: an
    update of `active` is accepted and forgotten (X3). `answer_patch`: 200 with the resource, or 204.
    `active_in_answer`: False leaves it out. `string_booleans`: booleans are answered as "True" and "False".
    `numeric_ids`: ids are counted, and answered as JSON numbers. `etag`: ETag and If-Match work. `max_page`,
    `default_page`: rows a page. `unstable_order`: each listing is shuffled anew. `require_user_agent`: without one 403.
    """

    patch: bool = True
    put: bool = True
    delete: bool = True
    discovery: bool = True
    filter_emails: bool = True
    filter_external_id: bool = True
    ignore_filter: bool = False
    keep_external_id: bool = True
    drop: tuple[str, ...] = ()
    lowercase_emails: bool = False
    ignore_active: bool = False
    answer_patch: Literal["resource", "no_content"] = "resource"
    active_in_answer: bool = True
    string_booleans: bool = False
    numeric_ids: bool = False
    etag: bool = False
    max_page: int = 200
    default_page: int = 100
    unstable_order: bool = False
    require_user_agent: bool = True


def normalised(resource: Resource, profile: Profile) -> Resource:
    """`resource` with its values in the form in which this provider keeps them."""
    if not (profile.lowercase_emails and isinstance(resource.get("emails"), list)):
        return resource
    return {**resource, "emails": [_lower_case(email) for email in resource["emails"]]}


def _lower_case(email: Any) -> Any:
    if isinstance(email, dict) and isinstance(email.get("value"), str):
        return {**email, "value": email["value"].lower()}
    return email


def kept(resource: Resource, profile: Profile) -> Resource:
    """`resource` without what this provider silently drops."""
    dropped = profile.drop if profile.keep_external_id else (*profile.drop, "externalId")
    for name in dropped:
        resource = _without(resource, name)
    return resource


def _without(resource: Resource, name: str) -> Resource:
    head, _, rest = name.partition(".")
    if rest and isinstance(resource.get(head), dict):
        return {**resource, head: _without(resource[head], rest)}
    left = {key: value for key, value in resource.items() if key != name}
    for urn in [key for key in left if key.startswith("urn:")]:
        left[urn] = _without(left[urn], name)
    return {key: value for key, value in left.items() if value != {}}


def as_updated(old: Resource, new: Resource, profile: Profile) -> Resource:
    """What this provider makes of an update from `old` to `new`."""
    if not profile.ignore_active:
        return new
    active = {"active": old["active"]} if "active" in old else {}
    return {key: value for key, value in new.items() if key != "active"} | active


def as_answered(resource: Resource, profile: Profile) -> Resource:
    """`resource` in the form in which this provider shows it."""
    if not profile.active_in_answer:
        resource = {key: value for key, value in resource.items() if key != "active"}
    if profile.numeric_ids and str(resource.get("id", "")).isdigit():
        resource = {**resource, "id": int(resource["id"])}
    return _string_booleans(resource) if profile.string_booleans else resource


def _string_booleans(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _string_booleans(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_string_booleans(inner) for inner in value]
    return str(value) if isinstance(value, bool) else value
