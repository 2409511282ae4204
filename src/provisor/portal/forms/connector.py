"""The form that makes an application from a connector: its parameters as fields, and the base URL that they make."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from provisor.catalogue.connector import Connector
from provisor.portal.forms.application import LONGEST_URL, Naming
from provisor.portal.forms.parameters import Parametrised
from provisor.portal.forms.reaching import Reaching, Stored


class Making(Naming, Parametrised, Reaching):
    """Name, label, tile; the connector's parameters; the base URL itself, for who knows another one; and the token, which
    may follow later."""

    product: Connector

    def __init__(self, connector: Connector, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.fields["base_url"] = _base_url(connector)
        self._ask_parameters(connector)
        self._ask(connector, Stored())

    @property
    def names(self) -> dict[str, str]:
        """The form's names of what the command calls otherwise."""
        return {**super().names, **self.parameter_names}

    def wanted(self) -> dict[str, Any]:
        """The application as the command takes it."""
        given = self.cleaned_data
        made: dict[str, Any] = {**self.naming(), "connector": self.product.slug, "parameters": self.typed()}
        if given["base_url"]:
            made["base_url"] = given["base_url"]
        if auth := self.auth():
            made["auth"] = auth
        return made | {part: road for part, road in self.roads_typed().items() if road}


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
