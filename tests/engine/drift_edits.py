"""What somebody does to accounts by hand: every kind of attribute, changed, removed or added to; and what each means."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from provisor.audit.models import Operation
from provisor.core import mapping
from provisor.core.mapping import ENTERPRISE, Row

MODES = ("repair", "report", "adopt")
WORK_PHONE = {"type": "work", "number": "+44 1632 960001"}
MOBILE = {"type": "mobile", "value": "+44 1632 960002"}
PLACE = {"type": "work", "locality": "Sample Town", "country": "GB"}
PERSON = {
    "company": "Example Industries",
    "department": "Finance",
    "jobTitle": "Clerk",
    "middlename": "Middle",
    "displayname": "Shown",
    "costCenter": "CC1",
    "phoneNumbers": [WORK_PHONE],
    "addresses": [PLACE],
    "attributes": {"badge": "B1", "level": 3},
}
ROWS = (
    *(row for row in mapping.DEFAULT_ROWS if row.included),
    Row("nickName", "attributes.badge"),
    Row("preferredLanguage", "attributes.level"),
    Row("userType", None, "employee"),
    Row(f"{ENTERPRISE}:costCenter", "costCenter"),
    Row(f"{ENTERPRISE}:division", "costCenter"),
)


def work_mail(address: str) -> dict[str, Any]:
    return {"value": address, "type": "work", "primary": True}


@dataclass(frozen=True)
class Edit:
    """What somebody does to an account by hand. `makes`: what the directory holds afterwards under `adopt`; empty: nothing
    can be adopted, it is reported. `silent`: not drift at all."""

    name: str
    there: dict[str, Any]
    makes: dict[str, Any] = field(default_factory=dict)
    silent: bool = False


def enterprise(**values: Any) -> dict[str, Any]:
    given = {"department": "Finance", "organization": "Example Industries", "costCenter": "CC1", "division": "CC1"}
    return {ENTERPRISE: {name: value for name, value in {**given, **values}.items() if value is not None}}


def name(**values: Any) -> dict[str, Any]:
    given = {"givenName": "Ada", "familyName": "Example", "middleName": "Middle"}
    return {"name": {part: value for part, value in {**given, **values}.items() if value is not None}}


EDITS = (
    Edit("text_changed", {"title": "Chief"}, {"jobTitle": "Chief"}),
    Edit("text_removed", {"title": None}),
    Edit("text_too_long_for_us", {"title": "x" * 300}),
    Edit("text_with_a_line_break", {"title": "Chief\nClerk"}),
    Edit("name_changed", name(givenName="Augusta"), {"firstname": "Augusta"}),
    Edit("name_part_removed", name(middleName=None)),
    Edit("display_changed", {"displayName": "Countess"}, {"displayname": "Countess"}),
    Edit("extension_changed", enterprise(department="Research"), {"department": "Research"}),
    Edit("extension_removed", {ENTERPRISE: None}),
    Edit("phone_changed", {"phoneNumbers": [MOBILE]},
         {"phoneNumbers": [{"type": "mobile", "number": MOBILE["value"]}]}),
    Edit("phone_added", {"phoneNumbers": [{"type": "work", "value": WORK_PHONE["number"]}, MOBILE]},
         {"phoneNumbers": [WORK_PHONE, {"type": "mobile", "number": MOBILE["value"]}]}),
    Edit("phones_removed", {"phoneNumbers": None}),
    Edit("address_changed", {"addresses": [{**PLACE, "locality": "Other Town"}]},
         {"addresses": [{**PLACE, "locality": "Other Town"}]}),
    Edit("addresses_removed", {"addresses": []}),
    Edit("custom_changed", {"nickName": "B2"}, {"attributes": {"badge": "B2", "level": 3}}),
    Edit("custom_number_changed", {"preferredLanguage": "4"}),
    Edit("constant_changed", {"userType": "guest"}),
    Edit("mapped_twice_changed", enterprise(costCenter="CC2")),
    Edit("user_name_changed", {"userName": "somebody.else"}),
    Edit("external_id_changed", {"externalId": "theirs"}),
    Edit("external_id_removed", {"externalId": None}),
    Edit("mail_changed", {"emails": [work_mail("other@example.com")]}),
    Edit("mails_removed", {"emails": None}),
    Edit("private_mail_added", {"emails": [work_mail("private_mail_added@example.com"),
                                           {"value": "p@example.org", "type": "home"}]}, silent=True),
    Edit("deactivated", {"active": False}),
    Edit("unmanaged_added", {"profileUrl": "https://example.org/ada", "timezone": "Europe/Berlin"}, silent=True),
    Edit("order_changed", {"addresses": [{"country": "GB", "type": "work", "locality": "Sample Town"}]}, silent=True),
    Edit("two_changed", {"title": "Chief", "userName": "somebody.new"}, {"jobTitle": "Chief"}),
)  # fmt: skip
SHOWN_AS = {"jobTitle": "job_title", "phoneNumbers": "phone_numbers", "costCenter": "cost_center"}


def columns(values: dict[str, Any]) -> dict[str, Any]:
    return {SHOWN_AS.get(name, name): value for name, value in values.items()}


def core_of(account: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value for name, value in account.items() if name not in ("meta", "schemas") and value not in (None, [])
    }


def told(user_name: str) -> set[str]:
    return set(Operation.objects.filter(type="drift_found", user_name=user_name).values_list("outcome", flat=True))
