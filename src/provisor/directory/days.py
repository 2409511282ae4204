"""Days are the organisation's: when one begins depends on its time zone."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone


def zone(name: str) -> zoneinfo.ZoneInfo:
    """The time zone of this name; UTC for one that this machine doesn't know."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo("UTC")


def today(zone_name: str) -> date:
    """Which day it is there."""
    return timezone.now().astimezone(zone(zone_name)).date()


def day_of(at: datetime, zone_name: str) -> date:
    """The day that a moment belongs to there."""
    return at.astimezone(zone(zone_name)).date()


def begin(day: date, zone_name: str) -> datetime:
    """The moment at which a day begins there: the first one, where clocks are changed at midnight."""
    return datetime.combine(day, time.min, zone(zone_name)).astimezone(UTC)


def days(count: int) -> timedelta:
    return timedelta(days=count)
