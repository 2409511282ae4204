"""When a credential ends: as a person says it, or as a token tells of itself."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import jwt
from django.utils import timezone
from django.utils.translation import gettext as _

FURTHEST = timedelta(days=366 * 100)


class NotATime(Exception):
    """The message says why, to people."""


def given(value: object) -> datetime:
    """RFC 3339, or a date, which means the end of that day in UTC. Raises NotATime, also for what is over already."""
    told = _("A date such as 2027-03-12, or a time such as 2027-03-12T09:30:00Z.")
    if not isinstance(value, str):
        raise NotATime(told)
    try:
        end = _read(value)
    except (ValueError, OverflowError):
        raise NotATime(told) from None
    now = timezone.now()
    if end <= now:
        raise NotATime(_("This is over already."))
    if end > now + FURTHEST:
        raise NotATime(_("This is more than a hundred years away. Leave it out if no end is known."))
    return end


def _read(value: str) -> datetime:
    if len(value) == len("2027-03-12"):
        return datetime.combine(date.fromisoformat(value), time(23, 59, 59), UTC)
    end = datetime.fromisoformat(value)
    if end.tzinfo is None:
        raise ValueError("without a zone")
    return end.astimezone(UTC)


def told_by(token: str) -> datetime | None:
    """The `exp` of a token that is a JWT. It isn't verified: it is ours to use, and only its owner is reminded."""
    try:
        said = jwt.decode(token, options={"verify_signature": False, "verify_exp": False, "verify_aud": False})
    except (jwt.PyJWTError, ValueError, RecursionError):
        return None
    seconds = said.get("exp")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    if not 0 < seconds < (timezone.now() + FURTHEST).timestamp():  # says nothing, or "never"
        return None
    return datetime.fromtimestamp(seconds, UTC)
