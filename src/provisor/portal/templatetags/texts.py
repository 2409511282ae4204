"""Times and numbers in templates: `{% when at %}`, `{{ count|grouped }}`, `{{ span|duration }}`."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html

from provisor.portal import event_names, words

register = template.Library()


@register.simple_tag
def when(at: datetime | str | None) -> str:
    """A `<time>` with the full local time in its title; a dash for None. Takes RFC 3339 text too."""
    if not at:
        return "–"
    aware = datetime.fromisoformat(at) if isinstance(at, str) else at
    local = timezone.localtime(aware)
    text = words.moment(local, timezone.localtime())
    stamp = local.isoformat(timespec="seconds")
    return format_html('<time datetime="{}" title="{}">{}</time>', stamp, words.exactly(local), text)


@register.filter
def grouped(number: int | None) -> str:
    return words.grouped(number or 0)


@register.filter
def duration(span: timedelta | float) -> str:
    return words.duration(span)


@register.filter
def mail_name(template: str) -> str:
    return words.mail_name(template)


@register.filter
def event_name(type: str) -> str:
    return event_names.event_name(type)


@register.filter
def day(at: datetime | str) -> str:
    """ "12 Mar 2027", in the organisation's time zone."""
    aware = datetime.fromisoformat(at) if isinstance(at, str) else at
    return date_format(timezone.localtime(aware), "j M Y")


@register.filter
def as_json(value: object) -> str:
    """A document as people copy it."""
    return json.dumps(value, indent=2, ensure_ascii=False)
