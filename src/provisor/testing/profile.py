"""How a service provider differs from the letter of the RFCs. Real ones do; a rehearsal with the same deviations shows
what Provisor makes of them.

Every word of the SP form (core/form.py) has its counterpart here, and there are deviations that no form can mend.
`presets` puts them together as real service providers have them. Attributes are named by their paths: "title",
"name.givenName", "emails", "emails.type", "department". Lists of pairs are written "name:value".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Literal

Names = tuple[str, ...]


# Names of demands.FORMATS, and of the classes of requests in core.vocabulary.
FORMATS = ("lower_case", "no_at_sign", "short_name_21", "plain_text", "country_code")
_CLASS = r"requests|reads|writes|(?:user|group)_(?:list|get|create|update|delete)"
_PAIRS = {
    "formats": re.compile(rf".+:(?:{'|'.join(FORMATS)})"),
    "password_policy": re.compile(r"(?:min|max):[1-9]\d*|needs:(?:lower|upper|digit|symbol)|not:\S"),
    "limits": re.compile(rf"(?:{_CLASS}):[1-9]\d*/[1-9]\d*(?:/[1-9]\d*)?"),
    "require_headers": re.compile(r"[A-Za-z][\w-]*:.+"),
    "discovery_says": re.compile(r"\w+(?:\.\w+)?:.+"),
}
_SAMPLES = {
    "formats": f"userName:short_name_21; formats are {', '.join(FORMATS)}",
    "password_policy": "min:10, max:20, needs:symbol or not:#",
    "limits": "writes:600/60 or writes:600/60/180; classes are requests, reads, writes, user_list, group_update and so on",
    "require_headers": "X-Request-Origin:acme",
    "discovery_says": "patch:false or filter.maxResults:20",
}


@dataclass(frozen=True)
class Profile:
    """Deviations; the defaults are the RFCs. It may be replaced at any time: `sp.profile = replace(sp.profile, ...)`."""

    scim: Literal["2.0", "1.1"] = "2.0"  # 1.1: nothing of 2.0 is understood, and answers are in the old shapes

    # Methods
    patch: bool = True  # False: PATCH of anything is refused
    put: bool = True  # False: PUT of anything is refused
    user_patch: bool = True  # False: PATCH of a user is refused (of a group: see group_patch)
    user_put: bool = True  # False: PUT of a user is refused (of a group: see group_put)
    delete: bool = True  # False: DELETE of a user is refused (of a group: see group_delete too)
    refused_status: int = 501  # how a method that isn't offered is refused: 501, 405, 403
    paused: bool = False  # every write is 403: provisioning is switched off there
    auth_header: str = "Authorization"  # what carries the token; without it, or with another one, 401
    auth_prefix: str = "Bearer "  # what stands before the token in it
    require_user_agent: bool = True  # without a User-Agent 403
    require_headers: Names = ()  # "X-Request-Origin:acme": without this header 400
    content_type: Literal["any", "application/scim+json", "application/json"] = "any"  # another one is 415
    payload_bytes: int = 0  # a longer body is 413; 0: no limit
    etag: bool = False  # ETag and If-Match work

    # How a change of a user is said
    patch_path: Literal["any", "required", "forbidden", "one"] = "any"  # one: without a path only for one attribute
    op_case: Literal["any", "lower", "capital"] = "any"  # another case is 400 invalidSyntax
    booleans: Literal["json", "text", "both"] = "json"  # text: only "True" and "False" are taken, a JSON boolean is 400
    value_path: Literal["works", "invalidPath", "noTarget", "ignored"] = "works"  # of users; ignored: 200, no effect
    unremovable: Names = ()  # a remove of these is 400 mutability
    replace_unassigned: bool = True  # False: replace of an attribute without a value is 400 noTarget (it wants add)
    inactive_locked: bool = False  # nothing of an inactive account can change but active
    ignore_active: bool = False  # an update of active is accepted and forgotten (X3)
    ignore_updates: Names = ()  # an update of these is accepted and forgotten
    create_only: Names = ()  # an update of these is 400 mutability
    put_refuses: Names = ()  # a PUT that only repeats one of these is 400 mutability

    # What an account may hold
    attributes: Names = ()  # the only ones that it knows; empty: all of the schema
    unknown: Literal["invalidSyntax", "invalidValue", "drop"] = "invalidSyntax"  # what happens to all others
    required: Names = ()  # without one of these 400 invalidValue
    single_valued: Names = ()  # a second element is 400 invalidValue
    refused_parts: Names = ()  # "emails.type": 400 invalidSyntax
    formats: Names = ()  # "userName:short_name_21": any other form is 400; names in demands.FORMATS; "*": all text
    drop: Names = ()  # dropped silently
    keep_external_id: bool = True  # False: a user's externalId is dropped silently
    lowercase_user_name: bool = False  # kept in lower case
    lowercase_emails: bool = False  # kept in lower case
    trim: bool = False  # text is kept without spaces around it
    phone_digits: bool = False  # phone numbers are kept as + and digits
    truncate: int = 0  # text is cut after so many characters; 0: never
    fill_display_name: bool = False  # displayName is made from the name where it is missing

    # Passwords
    passwords: Literal["both", "create", "change", "none"] = "both"  # else 400 invalidValue
    password_policy: Names = ()  # "min:10", "max:20", "needs:symbol", "not:#"; else 400 invalidValue
    echo_passwords: bool = False  # a refusal repeats the password, and so does every answer of a user

    # Whose account it is
    filter_user_name: bool = True  # False: 400 invalidFilter, as the three below
    filter_emails: bool = True
    filter_external_id: bool = True
    filter_display_name: bool = True  # of groups
    ignore_filter: bool = False  # every filter answers all rows
    wrong_filter: bool = False  # a filter answers somebody else
    no_match_status: int = 200  # 404: instead of an empty list
    conflict: Literal["409", "409_bare", "400", "500", "html"] = "409"  # how a taken name is told
    unique_external_id: bool = False  # a taken externalId is a conflict
    unique_emails: bool = False  # a taken e-mail address is a conflict
    upsert: bool = False  # a POST with a known externalId answers 200 and updates

    # How an account ends
    deactivation: Literal["deactivates", "erases", "leaves"] = (
        "deactivates"  # erases: gone; leaves: a create brings it back
    )
    delete_deactivates: bool = False  # DELETE of a user only sets active to false

    # Groups
    groups: bool = True  # False: /Groups is 404
    group_create: bool = True  # False: refused, as the five below
    group_rename: bool = True
    group_delete: bool = True
    group_patch: bool = True
    group_put: bool = True
    member_replace: bool = True  # False: replace of members, and a remove of all of them, is 400
    group_attributes: Names = ()  # the only ones that a group may have; others as `unknown` says
    group_required: Names = ()  # "externalId", "members": without it a new group is 400
    keep_group_external_id: bool = True  # False: dropped silently
    unique_group_names: bool = False  # a taken displayName is a conflict
    unique_group_external_ids: bool = False
    members_per_request: int = 0  # more members in one request are refused; 0: no limit
    members_over_status: int = 413  # with this status
    members_on_create: Literal["kept", "ignored"] = "kept"  # ignored: a POST leaves the group empty
    members_shown: Literal["yes", "no", "empty"] = "yes"  # no: never in an answer; empty: always []
    member_remove: Literal["path", "path_only", "list", "both"] = "path"
    # path: a list means all members, by RFC 7644 3.5.2.2; path_only: a list is 400; list: only a list works, a path is
    # 400 invalidPath; both: a list removes those in it
    member_again_status: int = 0  # adding one who is in: 409, 500; 0: nothing happens
    member_missing_status: int = 0  # removing one who isn't: 400, 404, 500; 0: nothing happens
    unknown_member: Literal["400", "404", "dropped"] = "400"
    member_ref: bool = False  # members need their $ref, else 400
    nested: bool = True  # False: a group as a member is 400

    # Reading
    max_page: int = 200  # rows a page has at most
    default_page: int = 100  # and without count
    paging: Literal["index", "cursor", "both", "none", "stuck"] = "index"  # none: all at once; stuck: page one for ever
    cursor_expires_every: int = 0  # every so manieth cursor is told as expiredCursor; 0: none
    total: Literal["right", "absent", "text", "more", "less"] = "right"  # totalResults; with cursors often absent
    short_pages: bool = False  # pages in the middle are shorter than asked for
    overlap: int = 0  # so many rows of the page before come again
    unstable_order: bool = False  # each listing is shuffled anew
    empty_list: Literal["list", "absent", "null"] = "list"  # Resources where there are none
    bare_list: bool = False  # a bare array instead of a ListResponse
    discovery: bool = True  # False: 404
    discovery_path: str = ""  # the path below the base URL where its description is, instead of ""
    discovery_misspelt: bool = False  # ServiceProviderConfigs is the only name
    discovery_says: Names = ()  # what it says of itself, true or not: "patch:false", "bulk:true", "pagination:cursor"

    # Answers
    answer_create: Literal["resource", "empty", "ok"] = "resource"  # 201 with it, 201 without a body, 200 with it
    answer_patch: Literal["resource", "no_content"] = "resource"  # 200 or 204
    answer_put: Literal["resource", "no_content"] = "resource"
    answer_delete: Literal["no_content", "resource", "accepted"] = "no_content"  # 204, 200 with a body, 202
    active_in_answer: bool = True  # False: left out
    active_true_in_answer: bool = True  # False: left out where it is true
    string_booleans: bool = False  # "True" and "False"
    numeric_ids: bool = False  # ids are counted, and JSON numbers
    lowercase_names: bool = False  # attribute names and schema URNs in lower case
    error_status: Literal["real", "200"] = "real"  # 200: refusals come as 200 with an Error in the body

    # Pace
    limits: Names = ()  # "writes:600/60/180": requests/seconds/burst of a class, as core.vocabulary.CLASSES
    retry_after: Literal["seconds", "date", "none"] = "seconds"  # in a 429
    concurrency: int = 0  # more requests at once are refused; 0: no limit
    concurrency_over: Literal["503", "reset"] = "503"

    # Bulk (RFC 7644 3.7)
    bulk: int = 0  # operations a request may carry; 0: /Bulk isn't offered
    bulk_bytes: int = 0  # a longer Bulk request is 413; 0: no limit
    bulk_off_status: int = 501  # what /Bulk is where it isn't offered: 501, 404, 405
    bulk_missing: int = 0  # every so manieth operation is carried out and not answered; 0: none
    bulk_status: Literal["text", "number", "object"] = "text"  # object: {"code": "201"} as in SCIM 1.1
    bulk_resources: bool = False  # what was created or changed comes along
    bulk_shuffled: bool = False  # answers come in another order

    def __post_init__(self) -> None:
        """Raises ValueError for a pair that can't be read."""
        for name, pattern in _PAIRS.items():
            for pair in getattr(self, name):
                if not pattern.fullmatch(pair):
                    raise ValueError(f"{name}: {pair!r} isn't of the form {_SAMPLES[name]}.")

    @cached_property
    def normalises(self) -> bool:
        """True if values are kept in another form than they came in."""
        return self.differs(
            "lowercase_user_name", "lowercase_emails", "trim", "phone_digits", "truncate", "fill_display_name"
        )

    @cached_property
    def offers_all(self) -> bool:
        """True if no method is refused."""
        names = (
            "patch",
            "put",
            "user_patch",
            "user_put",
            "delete",
            "group_create",
            "group_delete",
            "group_patch",
            "group_put",
        )
        return not self.differs(*names)

    @cached_property
    def guards_more(self) -> bool:
        """True if more than a token and a User-Agent is wanted before a request is looked at."""
        return self.differs("paused", "require_headers", "content_type", "payload_bytes")

    @cached_property
    def lists_plainly(self) -> bool:
        """True if a ListResponse is what the RFC says."""
        return not self.differs("bare_list", "total", "empty_list", "lowercase_names")

    @cached_property
    def shows_otherwise(self) -> bool:
        """True if resources are shown in another form than they are kept in."""
        return self.differs(
            "active_in_answer", "active_true_in_answer", "numeric_ids", "string_booleans", "lowercase_names"
        )

    @cached_property
    def words_otherwise(self) -> bool:
        """True if the operations of a PATCH have to be said in a way of their own."""
        return self.differs("patch_path", "op_case", "value_path", "unremovable", "replace_unassigned")

    @cached_property
    def groups_otherwise(self) -> bool:
        """True if members have rules of their own."""
        return self.differs(
            "member_replace",
            "member_remove",
            "members_per_request",
            "member_again_status",
            "member_missing_status",
            "member_ref",
        )

    @cached_property
    def demands_more(self) -> bool:
        """True if values have to be other than the published schemas say."""
        return self.differs(
            "attributes",
            "required",
            "single_valued",
            "refused_parts",
            "formats",
            "create_only",
            "inactive_locked",
            "group_attributes",
            "group_required",
        )

    def differs(self, *names: str) -> bool:
        """True if one of these deviates."""
        return any(getattr(self, name) != _DEFAULTS[name] for name in names)


_DEFAULTS: dict[str, Any] = {each.name: each.default for each in fields(Profile)}
