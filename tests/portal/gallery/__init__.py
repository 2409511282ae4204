"""Every piece of the portal once, in each of its states: a page for looking at, and for the tests that look at it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from django import forms
from django.template import Context, Engine
from django.test import RequestFactory
from django.utils import timezone

from provisor import settings
from provisor.administrators.actor import Actor
from provisor.administrators.models import Administrator
from provisor.directory.models import Organisation
from provisor.portal.frame import frame
from provisor.portal.listing import Listed
from provisor.portal.parts import Chip, Choice, Health, Tab

STEPS = [
    {"name": "address", "ok": True, "status": None, "message": "chat.example is a permitted target.", "detail": ""},
    {"name": "connect", "ok": True, "status": None, "message": "Connected to chat.example.", "detail": ""},
    {"name": "users", "ok": False, "status": 401, "message": "GET /Users: 401.", "detail": "token expired <b>now</b>"},
]


class Sample(forms.Form):
    base_url = forms.CharField(label="Base URL", initial="https://scim.example.com/v2?x=1")
    tenant = forms.CharField(label="Tenant", initial="northwind", help_text="Letters, digits and hyphens")
    token = forms.CharField(label="Token", widget=forms.PasswordInput, required=False)
    manage_groups = forms.BooleanField(label="Manage User Groups", help_text="Empty groups aren't created.")

    def clean_base_url(self) -> None:
        raise forms.ValidationError("Leave out everything from the question mark on.")


def rendered(theme: str | None = None) -> str:
    """The page, signed in as an owner."""
    request = RequestFactory().get("/gallery")
    request.COOKIES = {"provisor-theme": theme} if theme else {}
    request.user = Administrator(email="ada.lovelace@example.com", name="Ada Lovelace", role="owner")
    request.actor = Actor(kind="administrator", id="1", name="ada.lovelace@example.com", role="owner")
    request.organisation = Organisation(name="Northwind Energy")
    context = {"request": request, "csrf_token": "token", **frame(request), **_values()}
    options = settings.TEMPLATES[0]["OPTIONS"]
    portal = Path(settings.__file__).parent / "portal" / "templates"
    engine = Engine(
        dirs=[str(Path(__file__).parent), str(portal)], builtins=options["builtins"], libraries={}, autoescape=True
    )
    return engine.get_template("gallery.html").render(Context(context))


def _values() -> dict[str, Any]:
    form = Sample({"base_url": "https://scim.example.com/v2?x=1", "tenant": "northwind", "manage_groups": "on"})
    form.is_valid()
    return {
        "form": form,
        "now": timezone.now() - timedelta(seconds=12),
        "earlier": timezone.now() - timedelta(days=300),
        "states": ["synced", "due", "retrying", "running", "held", "expired", "failing", "inactive", "staged", "todo"],
        "tabs": [Tab("General", "#"), Tab("User Groups", "#", current=True, count=3), Tab("Users", "#", count=2211)],
        "segments": [Tab("All", "#", current=True, count=46), Tab("Bound", "#", count=3)],
        "chips": [Chip("State", (), "not deleted", "#"), Chip("Group", [Choice("Research", "#")])],
        "healths": [
            Health(1698, 214, 2),
            Health(640),
            Health(2301, 1),
            Health(0, 17),
            Health(212, 17, paused=True),
            Health(),
        ],
        "listed": Listed([1], 2418, True, 51, 100, "?a", ""),
        "steps": STEPS,
        "long": "urn:ietf:params:scim:api:messages:2.0:Error " * 12,
    }
