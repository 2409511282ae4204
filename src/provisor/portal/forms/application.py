"""The forms of an application's pages. What may stand in a field is decided by the commands; these carry it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from provisor.applications.credentials import defaults
from provisor.catalogue.connector import Connector
from provisor.portal.forms.parameters import Parametrised, held_of, made_of
from provisor.portal.forms.reaching import Reaching, Stored

LONGEST, LONGEST_URL = 256, 2048


class Naming(forms.Form):
    """What an application is called, and whether people see it."""

    use_required_attribute = False
    name = forms.CharField(
        label=_("Name"),
        max_length=LONGEST,
        error_messages={"required": _("Give the application a name.")},
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    label = forms.CharField(
        label=_("Label"),
        max_length=LONGEST,
        required=False,
        help_text=_("What people read on its tile in the user portal. Empty: the name."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    show_in_portal = forms.BooleanField(
        label=_("Show in the user portal"),
        required=False,
        initial=True,
        help_text=_("People with access see a tile. It changes nothing about their accounts."),
    )

    def naming(self) -> dict[str, Any]:
        """The fields as commands take them."""
        given = self.cleaned_data
        return {"name": given["name"], "label": given["label"] or None, "show_in_portal": given["show_in_portal"]}


class Behaviour(forms.Form):
    """The contract's settings, in plain words."""

    use_required_attribute = False
    deprovision = forms.ChoiceField(
        label=_("When access ends"),
        choices=[
            ("deactivate", _("Deactivate the account")),
            ("delete", _("Delete the account")),
            ("nothing", _("Leave it as it is")),
        ],
        help_text=_("A deactivated account stays there with all that belongs to it, and comes back with access."),
    )
    delete_after_days = forms.IntegerField(
        label=_("Delete it after"),
        required=False,
        min_value=0,
        max_value=3650,
        help_text=_("Days after it was deactivated without access. Empty or 0: never."),
        error_messages={"invalid": _("A whole number of days.")},
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
    )
    takeover = forms.ChoiceField(
        label=_("Accounts that exist already"),
        choices=[
            ("exact", _("Take over an exact match")),
            ("review", _("Ask about every match")),
            ("never", _("Never take over")),
        ],
        help_text=_("Exact: user name and e-mail both match. Anything else is held for you."),
    )
    drift = forms.ChoiceField(
        label=_("What was changed there"),
        choices=[
            ("repair", _("Put right again")),
            ("report", _("Only report it")),
            ("adopt", _("Take over values into the directory")),
        ],
        help_text=_(
            "Put right: what the directory says is written again. Report: nothing is done, it is listed under Users. "
            "Take over: the value goes into the directory, and on to the other applications."
        ),
    )
    reconcile_every = forms.IntegerField(
        label=_("Full read every"),
        help_text=_("In minutes; 1440 is once a day, 0 is never."),
        error_messages={"required": _("A number of minutes; 0 is never."), "invalid": _("A whole number of minutes.")},
    )
    concurrency = forms.IntegerField(
        label=_("Requests at the same time"),
        help_text=_("1 to 256. Fewer spare a slow application; more are faster."),
        error_messages={"required": _("A number from 1 to 256."), "invalid": _("A whole number from 1 to 256.")},
    )
    guard_percent = forms.FloatField(
        label=_("Guard: percent"),
        help_text=_("So many percent of the active accounts may end in 24 hours without a person."),
        error_messages={"required": _("A number from 0 to 100."), "invalid": _("A number from 0 to 100.")},
    )
    guard_count = forms.IntegerField(
        label=_("Guard: at least"),
        help_text=_("So many may always end, however few accounts there are. The larger one counts."),
        error_messages={"required": _("A whole number."), "invalid": _("A whole number.")},
    )
    requests = forms.IntegerField(
        label=_("Requests at most"),
        required=False,
        help_text=_("Empty: no limit but the application's own answers."),
        error_messages={"invalid": _("A whole number, or nothing.")},
    )
    per_seconds = forms.IntegerField(
        label=_("In how many seconds"),
        required=False,
        error_messages={"invalid": _("A whole number of seconds.")},
    )

    NAMES = {
        "settings.delete_after_days": "delete_after_days",
        "settings.guard.max_percent": "guard_percent",
        "settings.guard.max_count": "guard_count",
        "settings.rate_limit.requests": "requests",
        "settings.rate_limit.per_seconds": "per_seconds",
        **{f"settings.{name}": name for name in ("deprovision", "takeover", "drift", "reconcile_every", "concurrency")},
    }
    PLAIN = ("deprovision", "takeover", "drift", "reconcile_every", "concurrency")

    @classmethod
    def initial_of(cls, settings: dict[str, Any]) -> dict[str, Any]:
        """The form's values for an application's settings (as the API shows them)."""
        limit, guard = settings["rate_limit"] or {}, settings["guard"]
        return {name: settings[name] for name in cls.PLAIN} | {
            "delete_after_days": settings["delete_after_days"] or None,
            "guard_percent": f"{guard['max_percent']:g}",
            "guard_count": guard["max_count"],
            "requests": limit.get("requests"),
            "per_seconds": limit.get("per_seconds"),
        }

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("requests") is not None and given.get("per_seconds") is None and "per_seconds" not in self.errors:
            self.add_error("per_seconds", _("Say in how many seconds, such as 1."))
        return given

    def settings(self) -> dict[str, Any]:
        """The settings as commands take them."""
        given = self.cleaned_data
        limit = None
        if given["requests"] is not None:
            limit = {"requests": given["requests"], "per_seconds": given["per_seconds"]}
        guard = {"max_percent": given["guard_percent"], "max_count": given["guard_count"]}
        chosen = {"rate_limit": limit, "guard": guard, "delete_after_days": given.get("delete_after_days") or None}
        return {name: given[name] for name in self.PLAIN} | chosen


VERSIONS = ("2.0", "1.1")


@dataclass(frozen=True)
class Place:
    """Where an application is, as it is stored. `scim`: the version that a person set, or ""; `spoken`: the one in force."""

    base_url: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    scim: str = ""
    spoken: str = "2.0"


class Connecting(Parametrised, Reaching):
    """Where the service provider is, how one signs in and gets there; secrets are only ever written. Where a connector
    knows how its base URL is made, the field `base_url` is for one that is written by hand."""

    use_required_attribute = False
    base_url = forms.CharField(
        label=_("Base URL"),
        max_length=LONGEST_URL,
        help_text=_("Where its SCIM interface begins; it usually ends in /scim/v2."),
        error_messages={"required": _("Enter the address where its SCIM interface begins.")},
        widget=forms.TextInput(
            {
                "inputmode": "url",
                "autocomplete": "off",
                "spellcheck": "false",
                "placeholder": "https://",
                "class": "mono",
            }
        ),
    )

    def __init__(
        self, given: Any, files: Any = None, *, place: Place, connector: Connector | None, stored: Stored
    ) -> None:
        self.place, self.made = place, connector is not None and connector.base_url is not None
        by_hand = not self.made or made_of(connector, place.parameters) != place.base_url
        super().__init__(given, files, initial={"base_url": place.base_url if by_hand else "", "scim": place.scim})
        self.fields["scim"] = _version(connector, place)
        if self.made:
            self.fields["base_url"].label, self.fields["base_url"].required = _("Base URL, by hand"), False
            self.fields["base_url"].help_text = _("Where it isn't the one above. Empty: the one above.")
        elif connector and connector.base_url_help:
            self.fields["base_url"].help_text = connector.base_url_help
        self._ask_parameters(connector, place.parameters)
        self._ask(connector, stored, parameters=place.parameters)

    @property
    def names(self) -> dict[str, str]:
        """The form's names of what commands call otherwise."""
        return {**super().names, **self.parameter_names, "settings.form.scim": "scim", "settings.form": "scim"}

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if self.product:  # an address that the connector knew of the former parameters goes with them
            before, after = (
                defaults.of(self.product.slug, self.way.name, known) for known in (self.place.parameters, self.typed())
            )
            given |= {name: new for name, new in after.items() if given.get(name) == before.get(name) and name in given}
        return given

    @property
    def by_hand(self) -> bool:
        """Whether the base URL is another one than the parameters make."""
        return bool(self["base_url"].value())

    @property
    def address(self) -> str:
        """The base URL that is meant."""
        return self.cleaned_data.get("base_url") or made_of(self.product, self.typed()) or self.place.base_url

    def wanted(self) -> dict[str, Any]:
        """What differs from what is stored, as the command takes it."""
        wanted, parameters = self.roads_typed(), self.typed()
        if self.product and parameters != held_of(self.product, self.place.parameters):
            wanted |= {"parameters": parameters, "base_url": self.address}
        elif self.address != self.place.base_url:
            wanted["base_url"] = self.address
        if self.cleaned_data["scim"] != self.place.scim:
            wanted["settings"] = {"form": {"scim": self.cleaned_data["scim"] or None}}
        if auth := self.auth():
            wanted["auth"] = auth
        return wanted

    def tried(self) -> dict[str, Any]:
        """What a test is to try: what was typed, over what is stored."""
        return {"base_url": self.address, **self.wanted()}


def _version(connector: Connector | None, place: Place) -> forms.ChoiceField:
    by_itself = _("Find out") if connector is None else _("As the connector says, or found out")
    return forms.ChoiceField(
        label=_("SCIM version"),
        required=False,
        choices=[("", by_itself), *((version, version) for version in VERSIONS)],
        help_text=gettext("It is asked in SCIM %(version)s now.") % {"version": place.spoken},
    )


class Following(Reaching):
    """The credential that is to follow the current one, at the same address."""

    NOT_OFFERED = ("oauth2_authorization_code",)  # a person agrees to that for the current one

    use_required_attribute = False

    def __init__(
        self, given: Any, files: Any = None, *, connector: Connector | None, usual: str, parameters: dict[str, Any]
    ) -> None:
        super().__init__(given, files)
        self._ask(connector, Stored(), parameters=parameters, usual=usual, roads=False)
