"""A connector's parameters as fields of a form, and the base URL that they make."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from provisor.applications import fields
from provisor.catalogue import base_urls
from provisor.catalogue.connector import Connector, Parameter
from provisor.errors import Invalid

PREFIX = "parameter_"


class Parametrised(forms.Form):
    """To be mixed into a form that has a field `base_url`, for who knows another one than the parameters make. Call
    `_ask_parameters` in its __init__, once `base_url` is there."""

    product: Connector | None = None

    def _ask_parameters(self, connector: Connector | None, stored: Mapping[str, Any] | None = None) -> None:
        """Adds `variant`, where the product has more than one base URL, and a field for each parameter."""
        self.product = connector
        if connector is None:
            return
        if connector.variants:
            self.fields["variant"] = _variant(connector)
        for parameter in connector.parameters:
            self.fields[PREFIX + parameter.name] = _field(connector, parameter)
        known = {self._named(name): value for name, value in (stored or {}).items()}
        self.initial = {**known, **(self.initial or {})}

    @staticmethod
    def _named(parameter: str) -> str:
        return "variant" if parameter == base_urls.VARIANT else PREFIX + parameter

    @property
    def parameters(self) -> list[forms.BoundField]:
        """The fields of the connector's parameters, the choice among its base URLs first."""
        names = ["variant"] if "variant" in self.fields else []
        return [self[name] for name in [*names, *(name for name in self.fields if name.startswith(PREFIX))]]

    @property
    def asked_of_address(self) -> str:
        """The fields that say where it is, for hx-params: no secret is sent for a look at an address."""
        return ",".join(["base_url", *(one.name for one in self.parameters), "csrfmiddlewaretoken"])

    @property
    def parameter_names(self) -> dict[str, str]:
        """The form's names of what commands call otherwise."""
        own = {f"parameters.{one.name[len(PREFIX) :]}": one.name for one in self.parameters if one.name != "variant"}
        return {**own, "parameters.variant": "variant"} if self.product else {}

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if self.product is None:
            return given
        complete = not given.get("base_url") and "base_url" not in self.errors
        for name, kind in base_urls.wrong_with(self.product, self.typed(), complete=complete).items():
            field = self._named(name)
            if field in self.fields and field not in self.errors:
                self.add_error(field, _wrong(self.product, name, kind))
        return given

    def typed(self) -> dict[str, str]:
        """The parameters that the chosen base URL holds, as far as they are typed; as they are known, before anything is."""
        if self.product is None:
            return {}
        given = getattr(self, "cleaned_data", None)
        given = self.initial if given is None else given
        names = (base_urls.VARIANT, *(one.name for one in self.product.parameters))
        return held_of(self.product, {name: given.get(self._named(name)) for name in names})

    @property
    def built(self) -> list[tuple[str, bool]]:
        """The base URL in parts (see `built`)."""
        return built(self.product, self.typed()) if self.product else []


def held_of(connector: Connector, known: Mapping[str, Any]) -> dict[str, str]:
    """Of these parameters those that the chosen base URL holds, and those that stand elsewhere."""
    variant = known.get(base_urls.VARIANT) or None
    chosen = {base_urls.VARIANT: variant} if variant else {}
    held = base_urls.names_in(base_urls.template_of(connector, chosen) or "")
    return chosen | {name: known[name] for name in [*held, *_besides(connector)] if known.get(name)}


def made_of(connector: Connector | None, parameters: Mapping[str, Any]) -> str | None:
    """The base URL that the parameters make, as it is stored; None where they make none. One that isn't allowed stays as
    it is: saving says what is wrong with it."""
    if connector is None or base_urls.wrong_with(connector, parameters, complete=True):
        return None
    made = base_urls.base_url(connector, parameters)
    try:
        return made and fields.base_url(made)
    except Invalid:
        return made


def built(connector: Connector, typed: Mapping[str, str]) -> list[tuple[str, bool]]:
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


def _wrong(connector: Connector, name: str, kind: base_urls.Wrong) -> str:
    if kind == "missing":
        return _("The base URL needs this.") if name not in _in_headers(connector) else _("Each request carries this.")
    example = next((one.example for one in connector.parameters if one.name == name), "")
    return _("This doesn't look right. An example: %(example)s") % {"example": example}


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


def _in_headers(connector: Connector) -> list[str]:
    return [name for text in connector.headers.values() for name in base_urls.names_in(text)]


def _besides(connector: Connector) -> list[str]:
    """The parameters that stand elsewhere than in a base URL: in a header, or where OAuth asks."""
    auth = connector.auth
    texts = [auth.token_url or "", auth.authorize_url or ""]
    known = {each.name for each in connector.parameters}
    held = [*_in_headers(connector), *(name for text in texts for name in base_urls.names_in(text))]
    return [name for name in held if name in known]


def _only_for(connector: Connector, parameter: Parameter) -> str:
    """The choices whose base URL holds this parameter; "" where all do."""
    if parameter.name in _besides(connector):
        return ""
    usual = (_("the usual one"), connector.base_url or "")
    all_urls = [usual, *((one.label, one.base_url) for one in connector.variants)]
    having = [label for label, template in all_urls if parameter.name in base_urls.names_in(template)]
    return "" if len(having) == len(all_urls) else ", ".join(having)
