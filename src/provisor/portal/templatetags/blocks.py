"""Pieces that hold other content: card, banner, empty state, confirmation.

{% card title="Groups" %} … {% endcard %}
{% banner "broken" "Chat refuses the token." %} … {% endbanner %}
{% empty "users" "No group has access yet" %} … {% endempty %}
{% confirmation title="Suspend Ada?" act="Suspend, deactivate 6" safe="Keep active" back="/users/…" %} … {% end… %}
"""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context
from django.template.loader import render_to_string

register = template.Library()

BANNERS = {"broken": "failing", "person": "held", "machine": "running", "right": "right", "off": "off"}


@register.simple_block_tag
def card(content: str, title: str = "", note: str = "", id: str = "") -> str:
    """A white card; `note` stands behind the title."""
    return _rendered("card", content, title=title, note=note, id=id)


@register.simple_block_tag
def banner(content: str, kind: str, title: str) -> str:
    """The news in one bold sentence; the content explains it and may hold one button. At most one on a page."""
    return _rendered("banner", content, kind=kind, title=title, glyph=BANNERS[kind])


@register.simple_block_tag
def empty(content: str, icon: str, title: str) -> str:
    """What is, in a sentence; the content says what to do and holds one button."""
    return _rendered("empty", content, icon=icon, title=title)


@register.simple_block_tag(takes_context=True)
def confirmation(
    context: Context, content: str, *, title: str, act: str, safe: str, back: str, to: str = "", name: str = ""
) -> str:
    """A question with its consequence (the content, hidden fields included) and two buttons: the safe one first, then
    the act, which posts to `to` (this page by default). `name` is sent with the value 1 by the act's button."""
    token = context.get("csrf_token", "")
    given = {"title": title, "act": act, "safe": safe, "back": back, "to": to, "name": name, "csrf_token": token}
    return _rendered("confirmation", content, **given)


def _rendered(piece: str, content: str, **given: Any) -> str:
    return render_to_string(f"portal/pieces/{piece}.html", {"content": content, **given})
