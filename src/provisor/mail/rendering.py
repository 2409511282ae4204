"""A mail's text, made of its template and facts: once for each edition, sealed until it is no longer needed."""

from __future__ import annotations

import json
from typing import Any

from django.db import transaction
from django.template import Context
from django.template.loader import get_template
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from provisor import config, vault
from provisor.mail import defusing, registry
from provisor.mail.messages import Text
from provisor.mail.models import Mail

_SEALED = {"table": "mail_mail", "field": "body"}


def text_of(row: Mail) -> Text:
    """What the mail says. Rendered now if it hasn't been, or if its text is gone; kept in one transaction with what the
    facts made, such as a one-time link. Raises what a registered function does."""
    if row.body is not None:
        return Text(**json.loads(vault.unseal(bytes(row.body), row=row.id, **_SEALED)))
    with transaction.atomic():
        locked = Mail.objects.select_for_update().get(id=row.id)
        if locked.body is None:
            _render(locked)
    row.body, row.edition, row.rendered_at = locked.body, locked.edition, locked.rendered_at
    return text_of(row)


def _render(row: Mail) -> None:
    with translation.override(_language(row.language)):
        said = rendered(row.template, {**row.facts, **registry.facts_of(row)}, to=row.to)
    row.body = vault.seal(json.dumps(vars(said)), row=row.id, **_SEALED)
    row.edition += 1
    row.rendered_at = timezone.now()
    row.save(update_fields=["body", "edition", "rendered_at"])


def rendered(template: str, facts: dict[str, Any], *, to: str) -> Text:
    """The three files of a template with these facts, which are made harmless first."""
    shown = defusing.facts(facts)
    shown["organisation_name"] = defusing.defused(registry.organisation().name)
    shown["organisation"] = shown["organisation_name"] or _("your organisation")
    shown["portal"] = config.read().public_url or ""
    shown["to"] = defusing.one_line(to)
    subject = _file(f"{template}.subject.txt", shown, html=False)
    text = _file(f"{template}.txt", shown, html=False)
    shown["subject"] = defusing.one_line(subject, 200)
    return Text(shown["subject"], _lines(text), _file(f"{template}.html", shown, html=True))


def _file(name: str, facts: dict[str, Any], *, html: bool) -> str:
    template: Any = get_template(f"mail/{name}")
    return str(template.template.render(Context(facts, autoescape=html)))


def _lines(text: str) -> str:
    """At most one empty line between two others, whatever the template's tags left."""
    lines = [line.rstrip() for line in text.strip().splitlines()]
    kept = [line for number, line in enumerate(lines) if line or lines[number - 1]]
    return "\n".join(kept) + "\n"


def _language(code: str) -> str:
    """The language of a person, where the texts have it: "de-AT" is "de"."""
    try:
        return translation.get_supported_language_variant(code.replace("_", "-"))
    except LookupError:
        return "en"
