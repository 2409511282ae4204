"""Bodies from outside, taken strictly: a misspelt field or a number in place of text is refused and named.

`Body` is the base of everything that a caller may send, through REST, CSV or the command line; `parse` reads one and
raises `Invalid` with a field path for each mistake. Types aren't converted ("5" is no number), except ids and times,
which JSON can only carry as text.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from django.utils.translation import gettext as _
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from provisor.errors import Invalid

LONGEST = 256
Id = Annotated[uuid.UUID, Field(strict=False)]


class Body(BaseModel):
    """The base of request bodies. Whether a field was sent at all is in `model_fields_set`."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    def sent(self) -> dict[str, Any]:
        """The fields that were sent, null ones included: what a PATCH is about."""
        return {name: getattr(self, name) for name in type(self).model_fields if name in self.model_fields_set}


class Nothing(Body):
    """The body of a call that takes none: empty, or `{}`."""


def _plain(text: str) -> str:
    if "\x00" in text or any("\ud800" <= c <= "\udfff" for c in text):
        raise ValueError(_("This holds a character that can't be stored (NUL, or half of a surrogate pair)."))
    return text


Text = Annotated[str, Field(max_length=LONGEST), AfterValidator(_plain)]
"""Text of at most 256 characters that PostgreSQL and UTF-8 can hold."""


def _as_time(given: object) -> object:
    """Pydantic would also take a number of seconds: that is a slip more often than meant."""
    if isinstance(given, str) and not _TIME.match(given):
        raise ValueError(_("This must be a time such as 2026-01-31T09:00:00Z."))
    return given if isinstance(given, str | datetime) else ""


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except OverflowError:
        raise ValueError("A time of this era.") from None


_TIME = re.compile(r"\d{4}-\d{2}-\d{2}([T ].+)?\Z")
Time = Annotated[datetime, Field(strict=False), BeforeValidator(_as_time), AfterValidator(_in_utc)]
"""A time as text, RFC 3339; without an offset it is UTC."""

AnyBody = TypeVar("AnyBody", bound=BaseModel)


def parse(model: type[AnyBody], raw: object) -> AnyBody:
    """`raw` (parsed JSON) as `model`. Raises Invalid, naming each field."""
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise Invalid(fields_of(error.errors(include_url=False, include_input=False))) from None


def fields_of(errors: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Field path -> what is wrong, from pydantic's list of errors. Never repeats what was sent."""
    return {path_of(error["loc"]): _message(error) for error in errors}


def path_of(location: Sequence[str | int]) -> str:
    """`("addresses", 0, "type")` as `addresses[0].type`. The body itself is `body`."""
    path = ""
    for part in location:
        if part == "[key]":  # pydantic's mark that the name itself is wrong
            continue
        path += f"[{part}]" if isinstance(part, int) else f".{part[:100]}"
    return path.lstrip(".") or "body"


def _message(error: Mapping[str, Any]) -> str:
    context = error.get("ctx", {})
    if error["type"] == "value_error":
        return str(context["error"])
    text = _texts().get(error["type"])
    return text % context if text else str(error["msg"])


def _texts() -> dict[str, str]:
    """Our words for pydantic's error types; `%(…)s` are filled from pydantic's context."""
    a_text, an_object, whole = _("This must be text."), _("This must be an object."), _("This must be a whole number.")
    a_uuid, a_time = _("This must be a UUID."), _("This must be a time such as 2026-01-31T09:00:00Z.")
    return {
        "missing": _("This field is required."),
        "extra_forbidden": _("There is no such field here."),
        "string_type": a_text,
        "string_unicode": _("This holds a character that can't be stored (half of a surrogate pair)."),
        "string_too_long": _("This is too long: at most %(max_length)s characters."),
        "string_too_short": _("This is too short: at least %(min_length)s characters."),
        "bool_type": _("This must be true or false."),
        "bool_parsing": _("This must be true or false."),
        "int_type": whole,
        "int_parsing": whole,
        "int_parsing_size": whole,
        "int_from_float": whole,
        "float_type": _("This must be a number."),
        "list_type": _("This must be a list."),
        "dict_type": an_object,
        "model_type": an_object,
        "model_attributes_type": an_object,
        "too_long": _("At most %(max_length)s entries."),
        "too_short": _("At least %(min_length)s entries."),
        "greater_than_equal": _("This must be at least %(ge)s."),
        "less_than_equal": _("This must be at most %(le)s."),
        "literal_error": _("This must be one of: %(expected)s."),
        "uuid_parsing": a_uuid,
        "uuid_type": a_uuid,
        "datetime_parsing": a_time,
        "datetime_from_date_parsing": a_time,
        "datetime_type": a_time,
    }
