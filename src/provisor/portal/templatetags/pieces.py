"""The portal's pieces, each built once. What they look like is in portal.css, what they mean in the design language:
colour says whose turn it is, and what is normal stays quiet.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django import template
from django.forms import BoundField
from django.utils.html import format_html
from django.utils.translation import gettext as _

from provisor.portal import badges, states
from provisor.portal.geometry import shares
from provisor.portal.parts import Chip, Health, Tab

register = template.Library()
HERE = "portal/pieces"
LONG_WORDS = 320  # characters of a service provider's text that are shown before "Show all"


@register.inclusion_tag(f"{HERE}/icon.html")
def icon(name: str, label: str = "", size: str = "") -> dict[str, Any]:
    """An icon of the sprite. Beside a word it is hidden from readers; alone it needs a `label`. `size`: "large"."""
    return {"name": name, "label": label, "size": size}


@register.inclusion_tag(f"{HERE}/state.html")
def state(name: str | None, word: str = "") -> dict[str, Any]:
    """What something is doing now: a glyph and a word. `name`: a status of the contract; `word` instead of its own."""
    found = states.of(name or "")
    return {"glyph": found.glyph, "turn": found.turn, "word": word or found.word}


@register.inclusion_tag(f"{HERE}/badge.html")
def badge(word: str, kind: str = "line", icon: str = "") -> dict[str, Any]:
    """An attribute of a thing. `kind`: right, machine, person, broken, grey, line, beta."""
    return {"word": word, "kind": kind, "icon": icon}


@register.inclusion_tag(f"{HERE}/badge.html")
def provisioning_badge(provisioning: str | None) -> dict[str, Any]:
    """Green with a check: active. Grey: available, not active. Failing counts as active: it was switched on."""
    active = provisioning in badges.ACTIVE
    kind, mark = ("right", "check") if active else ("grey", "")
    return {"word": _("Provisioning"), "kind": kind, "icon": mark}


@register.inclusion_tag(f"{HERE}/functionality.html")
def functionality(supports: Collection[str], provisioning: str | None) -> dict[str, Any]:
    """Supported Functionality as badges: SSO, JIT, Provisioning, Groups. `provisioning`: active, available, or None (no
    badge of it)."""
    before, after = (
        [label for word, label in badges.FACTS.items() if word in supports and word in half]
        for half in (badges.BEFORE, badges.AFTER)
    )
    return {"before": before, "after": after, "provisioning": provisioning}


@register.inclusion_tag(f"{HERE}/button.html")
def button(label: str, kind: str = "plain", icon: str = "", href: str = "", **more: Any) -> dict[str, Any]:
    """A link (`href`) or a submit button. `kind`: primary, plain, quiet, danger, danger-filled. `more`: name, value,
    form, action (as formaction), id, small (28 high), `blocked`: why it isn't possible yet, shown beside it."""
    return {"label": label, "kind": kind, "icon": icon, "href": href, **more}


@register.inclusion_tag(f"{HERE}/field.html")
def field(bound: BoundField, hint: str = "", prefix: str = "", suffix: str = "", **more: Any) -> dict[str, Any]:
    """Label, control, and below it the hint or, in the same place, what to mend. `more`: optional=True, reveal=True."""
    if hint:
        bound.help_text = hint
    return {"field": bound, "prefix": prefix, "suffix": suffix, "adorned": bool(prefix or suffix), **more}


@register.inclusion_tag(f"{HERE}/secret_field.html")
def secret_field(bound: BoundField, stored: Any = None, by: str = "") -> dict[str, Any]:
    """A secret that is only ever written. `stored`: since when there is one, or None."""
    if stored:
        bound.field.widget.attrs["placeholder"] = _("Stored. Never shown again.")
    bound.field.widget.attrs |= {"autocomplete": "off", "spellcheck": "false"}
    return {"field": bound, "stored": stored, "by": by}


@register.inclusion_tag(f"{HERE}/switch.html")
def switch(bound: BoundField, text: str = "") -> dict[str, Any]:
    """A row with a switch at its end; it acts on Save, like any field."""
    bound.field.widget.attrs["role"] = "switch"
    return {"field": bound, "text": text or bound.help_text}


@register.inclusion_tag(f"{HERE}/tabs.html")
def tabs(entries: Sequence[Tab], label: str = "") -> dict[str, Any]:
    return {"entries": entries, "label": label or _("Parts of this page")}


@register.inclusion_tag(f"{HERE}/segments.html")
def segments(entries: Sequence[Tab], label: str = "") -> dict[str, Any]:
    return {"entries": entries, "label": label or _("Views of this list")}


@register.inclusion_tag(f"{HERE}/chips.html")
def chips(filters: Sequence[Chip], clear: str = "") -> dict[str, Any]:
    """Filters; `clear` is the address without any of them."""
    return {"filters": filters, "clear": clear, "any": any(chip.chosen for chip in filters)}


@register.inclusion_tag(f"{HERE}/paging.html")
def paging(listed: Any) -> dict[str, Any]:
    """The foot of a list: "1-50 of 2,418", Previous, Next. Takes what `listing.listed` gives."""
    return {"listed": listed}


@register.inclusion_tag(f"{HERE}/health.html")
def health(of: Health, base: str = "") -> dict[str, Any]:
    """The bar of right, due and held, with the numbers in words below it; `base` makes links of them
    (`{base}?status=held`)."""
    parts = [("right", of.right), ("due", of.due), ("held", of.held)]
    bars = shares([count for _name, count in parts], smallest=3.0)
    drawn = [
        {"name": name, "count": count, "x": bar.start, "width": bar.width}
        for (name, count), bar in zip(parts, bars, strict=True)
        if count
    ]
    return {"of": of, "parts": drawn, "base": base}


@register.inclusion_tag(f"{HERE}/progress.html")
def progress(done: int, total: int | None, failed: int = 0, held: int = 0) -> dict[str, Any]:
    """The bar of a run: done, then held, then failed. Without a total there is no bar to fake."""
    if not total:
        return {"total": 0, "done": done}
    good, asked, bad, _open = shares([done, held, failed, max(total - done - held - failed, 0)], smallest=0.0)
    parts = {"good": good, "asked": asked, "bad": bad}
    return {"total": total, "done": done, "settled": done + held + failed, "failed": failed, "held": held, **parts}


@register.inclusion_tag(f"{HERE}/words.html")
def words_of(who: str, text: str, kind: str = "broken") -> dict[str, Any]:
    """What a service provider said, quoted. `kind`: broken, person or neutral."""
    return {"who": who, "head": text[:LONG_WORDS], "rest": text[LONG_WORDS:], "kind": kind}


@register.inclusion_tag(f"{HERE}/test_steps.html")
def test_steps(steps: Sequence[dict[str, Any]], who: str) -> dict[str, Any]:
    """The steps of Test connection as the contract has them: name, ok, status, message, detail."""
    return {"steps": [{**step, "title": states.step(step["name"])} for step in steps], "who": who}


@register.simple_tag
def monogram(name: str, connector: str = "custom", size: str = "") -> str:
    """The square of a product: letters and tint as its connector says, else made from the name and the connector."""
    icon = badges.icon_of(name, connector)
    template = '<span class="monogram tint-{} {}" aria-hidden="true">{}</span>'
    return format_html(template, icon.tint, size, icon.letters)


@register.simple_tag
def person(name: str, size: str = "") -> str:
    """The round of a person: neutral, because initials must not look like a state."""
    return format_html('<span class="person {}" aria-hidden="true">{}</span>', size, states.initials(name))


@register.simple_tag(takes_context=True)
def with_query(context: template.Context, **changed: Any) -> str:
    """This page's address with some parameters changed (None drops one); the place in a list is forgotten."""
    query = context["request"].GET.copy()
    query.pop("cursor", None)
    for name, value in changed.items():
        query.pop(name, None)
        if value not in (None, ""):
            query[name] = str(value)
    return f"?{query.urlencode()}"
