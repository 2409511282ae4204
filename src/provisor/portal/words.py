"""How the portal writes times, durations and numbers (language.md, section 5). Pure, but for the time zone given."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

MINUTE, HOUR, DAY = 60, 3600, 86400


def grouped(number: int) -> str:
    """1204 -> "1,204"."""
    return f"{number:,}"


def counted(number: int, *, exact: bool = True) -> str:
    """ "2,418", or "about 120,000" for an estimate."""
    if exact:
        return grouped(number)
    size = 10 ** max(0, len(str(number)) - 2)
    return _("about %(number)s") % {"number": grouped(round(number / size) * size)}


def moment(at: datetime, now: datetime) -> str:
    """`at` as people say it at `now`; both in the zone that it is to be read in."""
    seconds = (now - at).total_seconds()
    if abs(seconds) < HOUR:
        return _near(int(abs(seconds)), ahead=seconds < 0)
    if at.date() == now.date():
        return date_format(at, "H:i")
    if abs((now.date() - at.date()).days) < 7:
        return date_format(at, "D H:i")
    return date_format(at, "j M" if at.year == now.year else "j M Y")


def exactly(at: datetime) -> str:
    """The full local time with its zone: "Tue, 24 November 2026, 14:30:12 CET"."""
    return f"{date_format(at, 'D, j F Y, H:i:s')} {at.tzname() or ''}".strip()


def duration(span: timedelta | float) -> str:
    """ "0.9 s", "12 s", "1 min 15 s", "3 h 5 min", "2 days"."""
    seconds = span.total_seconds() if isinstance(span, timedelta) else float(span)
    if seconds < 10:
        return _("%(count).1f s") % {"count": seconds}
    whole = round(seconds)
    if whole < MINUTE:
        return _("%(count)d s") % {"count": whole}
    if whole < HOUR:
        return _two(_("%(count)d min"), _("%(count)d s"), *divmod(whole, MINUTE))
    if whole < DAY:
        return _two(_("%(count)d h"), _("%(count)d min"), *divmod(whole // MINUTE, 60))
    days = whole // DAY
    return ngettext("%(count)d day", "%(count)d days", days) % {"count": days}


def _near(seconds: int, *, ahead: bool) -> str:
    if seconds < MINUTE:
        text = _("in %(count)d s") if ahead else _("%(count)d s ago")
        return text % {"count": seconds}
    text = _("in %(count)d min") if ahead else _("%(count)d min ago")
    return text % {"count": seconds // MINUTE}


def _two(large: str, small: str, first: int, second: int) -> str:
    shown = large % {"count": first}
    return f"{shown} {small % {'count': second}}" if second else shown


def mail_name(template: str) -> str:
    """What a mail is, in words; a template that has none keeps its name."""
    return str(_MAILS.get(template, template))


_MAILS = {
    "activation": gettext_lazy("Activation"),
    "password_reset": gettext_lazy("New password"),
    "password_expires": gettext_lazy("Password expires"),
    "import_report": gettext_lazy("Import report"),
    "offboarding_report": gettext_lazy("Offboarding report"),
    "test": gettext_lazy("Test"),
}
