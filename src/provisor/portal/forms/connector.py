"""The form that makes an application from a connector: its parameters as fields, and the base URL that they make."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from provisor.catalogue import base_urls
from provisor.catalogue.connector import Connector, Parameter
from provisor.portal.forms.application import LONGEST_URL, Naming
from provisor.portal.forms.reaching import Reaching, Stored

PREFIX = "parameter_"


class Making(Naming, Reaching):
    """Name, label, tile; `variant` where the product has more than one base URL; a field for each parameter; the base
    URL itself, for who knows another one; and the token, which may follow later."""

    def __init__(self, connector: Connector, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.product = connector
        if connector.variants:
            self.fields["variant"] = _variant(connector)
        for parameter in connector.parameters:
            self.fields[PREFIX + parameter.name] = _field(connector, parameter)
        self.fields["base_url"] = _base_url(connector)
        self._ask(connector, Stored())

    @property
    def parameters(self) -> list[forms.BoundField]:
        """The fields of the connector's parameters, the choice among its base URLs first."""
        names = ["variant"] if self.product.variants else []
        return [self[name] for name in [*names, *(PREFIX + one.name for one in self.product.parameters)]]

    @property
    def names(self) -> dict[str, str]:
        """The form's names of what the command calls otherwise."""
        own = {f"parameters.{one.name}": PREFIX + one.name for one in self.product.parameters}
        return {**super().names, **own, "parameters.variant": "variant"}

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        typed, complete = self.typed(), not given.get("base_url")
        for name, kind in base_urls.wrong_with(self.product, typed, complete=complete).items():
            field = "variant" if name == base_urls.VARIANT else PREFIX + name
            if field in self.fields and field not in self.errors:
                self.add_error(field, self._wrong(name, kind))
        return given

    def _wrong(self, name: str, kind: base_urls.Wrong) -> str:
        if kind == "missing":
            return _("The base URL needs this.")
        example = next((one.example for one in self.product.parameters if one.name == name), "")
        return _("This doesn't look right. An example: %(example)s") % {"example": example}

    def typed(self) -> dict[str, str]:
        """The parameters that the chosen base URL holds, as far as they are typed."""
        given = getattr(self, "cleaned_data", {})
        variant = given.get("variant") or None
        chosen = {base_urls.VARIANT: variant} if variant else {}
        wanted = [*base_urls.names_in(base_urls.template_of(self.product, chosen) or ""), *_besides(self.product)]
        return chosen | {name: given[PREFIX + name] for name in wanted if given.get(PREFIX + name)}

    def wanted(self) -> dict[str, Any]:
        """The application as the command takes it."""
        given = self.cleaned_data
        made: dict[str, Any] = {**self.naming(), "connector": self.product.slug, "parameters": self.typed()}
        if given["base_url"]:
            made["base_url"] = given["base_url"]
        if auth := self.auth():
            made["auth"] = auth
        return made | {part: road for part, road in self.roads_typed().items() if road}


def built(connector: Connector, typed: dict[str, str]) -> list[tuple[str, bool]]:
    """The base URL in parts, each with whether it came from a field; what is missing stays as its name."""
    template = base_urls.template_of(connector, typed) or ""
    parts: list[tuple[str, bool]] = []
    at = 0
    for found in base_urls.NAMES.finditer(template):
        parts.append((template[at : found.start()], False))
        value = typed.get(found[1])
        parts.append((value or f"{{{found[1]}}}", bool(value)))
        at = found.end()
    return [part for part in [*parts, (template[at:], False)] if part[0]]


def _variant(connector: Connector) -> forms.ChoiceField:
    standard = _("The usual one (%(host)s)") % {"host": urlsplit(connector.base_url or "").hostname}
    return forms.ChoiceField(
        label=lazy("Which one"),
        required=False,
        choices=[("", standard), *((one.name, one.label) for one in connector.variants)],
    )


def _field(connector: Connector, parameter: Parameter) -> forms.CharField:
    hint = _("%(help)s For example %(example)s.") % {"help": parameter.help, "example": parameter.example}
    if only := _only_for(connector, parameter):
        hint = _("%(hint)s Only for: %(only)s.") % {"hint": hint, "only": only}
    return forms.CharField(
        label=parameter.label,
        required=False,
        max_length=128,
        help_text=hint,
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false", "class": "mono"}),
    )


def _besides(connector: Connector) -> list[str]:
    """The parameters that stand elsewhere than in a base URL: in a header, or where OAuth asks."""
    auth = connector.auth
    texts = [*connector.headers.values(), auth.token_url or "", auth.authorize_url or ""]
    known = {each.name for each in connector.parameters}
    return [name for text in texts for name in base_urls.names_in(text) if name in known]


def _only_for(connector: Connector, parameter: Parameter) -> str:
    """The choices whose base URL holds this parameter; "" where all do."""
    if parameter.name in _besides(connector):
        return ""
    usual = (_("the usual one"), connector.base_url or "")
    all_urls = [usual, *((one.label, one.base_url) for one in connector.variants)]
    having = [label for label, template in all_urls if parameter.name in base_urls.names_in(template)]
    return "" if len(having) == len(all_urls) else ", ".join(having)


def _base_url(connector: Connector) -> forms.CharField:
    required = connector.base_url is None
    hint = connector.base_url_help or _("Only where it isn't the one above. It has to be https.")
    return forms.CharField(
        label=lazy("Base URL") if required else lazy("Another base URL"),
        required=required,
        max_length=LONGEST_URL,
        help_text=hint,
        error_messages={"required": lazy("Enter the address where its SCIM interface begins.")},
        widget=forms.TextInput({"inputmode": "url", "autocomplete": "off", "spellcheck": "false", "class": "mono"}),
    )
