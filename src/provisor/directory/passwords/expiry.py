"""When a password ends: it holds through the last of its days, in the organisation's time zone.

It counts from when it was set, and never from before the rule began: whoever switches the rule on, or makes it stricter,
ends nobody's password on the spot.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from provisor.directory import days, organisation_settings
from provisor.directory.models import Organisation, PasswordStatus, User

HELD = (PasswordStatus.ACTIVE, PasswordStatus.LOCKED)


@dataclass(frozen=True)
class Rule:
    """A password holds for `after` days (0: for ever); `since`: from then on. A mail says so `warn` days before."""

    after: int
    warn: int
    since: datetime | None
    zone: str

    def end_of(self, user: User) -> datetime | None:
        """When this user's password ends; None for never, and for who has none that could."""
        if not self.after or self.since is None or user.password_status not in HELD:
            return None
        counted = max(self.since, user.password_changed or self.since)
        return days.begin(days.day_of(counted, self.zone) + days.days(self.after + 1), self.zone)

    def ended_before(self, now: datetime) -> datetime:
        """Passwords set before this moment have ended by `now`."""
        return days.begin(days.day_of(now, self.zone) - days.days(self.after), self.zone)

    def warned_before(self, now: datetime) -> datetime:
        """Passwords set before this moment end within `warn` days of `now`, or have."""
        return days.begin(days.day_of(now, self.zone) - days.days(self.after - self.warn), self.zone)


def rule_of(organisation: Organisation) -> Rule:
    """The rule in force."""
    policy = organisation_settings.from_stored(organisation.settings).password
    return Rule(policy.expires_after_days, policy.warn_before_days, organisation.expiry_since, organisation.time_zone)


def begins_anew(before: int, after: int) -> bool:
    """Whether passwords end sooner than before, so that nobody's may count from before this moment."""
    return after > 0 and (before == 0 or after < before)


def current() -> Rule:
    """The rule in force, as the database has it."""
    return rule_of(Organisation.objects.get())
