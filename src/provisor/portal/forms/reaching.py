"""How an application is signed in to and reached, as part of a form: the chosen way's fields, when it ends, certificates
and a proxy. Secrets are only ever written: what is stored is in no field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from provisor.applications.credentials import defaults
from provisor.catalogue import entries
from provisor.catalogue.connector import Connector
from provisor.portal.forms import pem, ways
from provisor.portal.forms.ways import WAYS, Way

PARTS = {
    "tls": {"ca": "tls_ca", "certificate": "tls_certificate", "key": "tls_key"},
    "proxy": {"url": "proxy_url", "username": "proxy_username", "password": "proxy_password"},
}
SECRETS = ("tls_key", "proxy_password")


@dataclass(frozen=True)
class Stored:
    """What is stored. `auth`: queries.credentials.shown, or {}; `tls` and `proxy`: their public halves, or None."""

    auth: Mapping[str, Any] = field(default_factory=dict)
    tls: Mapping[str, Any] | None = None
    proxy: Mapping[str, Any] | None = None

    @property
    def is_set(self) -> bool:
        return bool(self.auth.get("token_set"))

    @property
    def end(self) -> Mapping[str, Any] | None:
        """When the secret ends (`at`), and what says so (`from`)."""
        if "ends" in self.auth:
            return next((end for end in self.auth["ends"] if end["what"] == "secret"), None)
        known = self.auth.get("expires")
        return {"at": known, "from": self.auth["expires_from"]} if known else None

    def public(self, name: str) -> str:
        return str(self.auth.get(name) or "")


class Reaching(forms.Form):
    """To be mixed into a form. Call `_ask` at the end of its __init__."""

    optional = ways.OPTIONAL
    NOT_OFFERED: tuple[str, ...] = ()

    def _ask(
        self,
        connector: Connector | None,
        stored: Stored,
        *,
        parameters: Mapping[str, Any] | None = None,
        usual: str = "",
        roads: bool = True,
    ) -> None:
        """Adds the fields. `parameters`: of the application, as far as they are known. `usual`: the way that is offered
        first, where nothing is stored. `roads`: certificates and the proxy, too."""
        self.connector, self.stored, self.roads = connector, stored, roads
        self._parameters = parameters or {}
        usual = str(stored.auth["type"]) if stored.is_set else usual
        self.first_ways, self.other_ways = ways.offered(connector, usual, without=self.NOT_OFFERED)
        self.way = self._chosen_way()
        own = dict(self.stored.auth) if self.stored.auth.get("type") == self.way.name else {}
        known = {**self._said(), **{n: v for n, v in own.items() if v not in (None, "")}}
        self.method = self._chosen_method(str(known.get("method") or ""))
        self.fields |= ways.fields_of(self.way, self.method, connector)
        if self.keeps_secret and "private_key" in self.fields:
            self.fields["private_key"].help_text = _("Leave this empty to keep the stored key.")
        self.fields["expires"] = _expires()
        if roads:
            self.fields |= _roads(stored)
        self.fields |= {
            f"{name}{pem.FILE}": pem.file(label) for name, label in pem.FILES.items() if name in self.fields
        }
        end = self._proposed_end(own).get("expires")
        self.initial = {**_public_roads(stored), **known, **(self.initial or {}), "method": self.method, "expires": end}
        if self.is_bound:
            self._fill_in()

    def _fill_in(self) -> None:
        """A field that wasn't on the page when it was sent (another way was chosen on it) begins with what is known."""
        sent = self.data.copy()  # type: ignore[attr-defined]
        sent["method"] = self.method
        for name in (*self.way.fields, *_public_roads(self.stored), "scim"):
            if name not in sent and self.initial.get(name):
                sent[name] = self.initial[name]
        for name in pem.FILES:
            if text := pem.text_of(self.files.get(f"{name}{pem.FILE}")):
                sent[name] = text  # as if it had been pasted; a key is never shown again either way
        self.data = sent

    def _chosen_method(self, known: str) -> str:
        asked = str(self.data.get("method") or known)
        possible = ways.OF_A_PERSON if self.way.name == "oauth2_authorization_code" else tuple(ways.METHODS)
        return asked if asked in possible else ways.OF_A_PERSON[0]

    def forget_errors(self) -> None:
        """Another way was chosen: nothing is to be mended yet."""
        self.full_clean()
        self.errors.clear()

    def _said(self) -> dict[str, str]:
        """What the connector says of the chosen way's fields."""
        slug = self.connector.slug if self.connector else entries.CUSTOM
        return defaults.of(slug, self.way.name, self._parameters)

    def _chosen_way(self) -> Way:
        first = self.first_ways[0].name
        return WAYS.get(str(self.data.get("way") or first), WAYS[first])

    def _proposed_end(self, own: Mapping[str, Any]) -> dict[str, Any]:
        """The day that was given; for a new credential, what the connector says of how long it lasts."""
        if own.get("token_set"):
            end = self.stored.end
            given = end and end.get("from") == "given"
            return {"expires": end["at"].astimezone(UTC).date()} if end and given else {}  # as a day is read
        lasts = self.connector.auth.lasts_days if self.connector and self.way is self.first_ways[0] else None
        return {"expires": timezone.localdate() + timedelta(days=lasts)} if lasts else {}

    @property
    def secret_name(self) -> str:
        """The name of the secret's field; "" where the way has none."""
        return ways.secret_of(self.way, self.method)

    @property
    def secret(self) -> forms.BoundField | None:
        return self[self.secret_name] if self.secret_name else None

    @property
    def typed_secret(self) -> bool:
        """Whether a secret of the chosen way was typed."""
        return bool(self.secret_name and self.cleaned_data.get(self.secret_name))

    @property
    def public_fields(self) -> list[forms.BoundField]:
        """The chosen way's fields that are no secret."""
        return [self[name] for name in self.way.fields if name in self.fields]

    @property
    def other_way_chosen(self) -> bool:
        return self.way in self.other_ways

    @property
    def road_fields(self) -> dict[str, forms.BoundField]:
        return {name: self[name] for part in PARTS.values() for name in part.values()} if self.roads else {}

    @property
    def keeps_secret(self) -> bool:
        """Whether a secret that fits the chosen way is stored."""
        same = self.stored.auth.get("type") == self.way.name
        return self.stored.is_set and same and self.secret_name == self._stored_secret_name()

    def _stored_secret_name(self) -> str:
        return ways.secret_of(self.way, self.stored.public("method") or "client_secret_basic")

    @property
    def names(self) -> dict[str, str]:
        """The form's names of what commands call otherwise."""
        made = {f"auth.{name}": name for name in self.fields}
        roads = {f"{part}.{name}": of for part, each in PARTS.items() for name, of in each.items()}
        whole = {"auth": self.secret_name or "way", "auth.type": "way", "tls": "tls_ca", "proxy": "proxy_url"}
        return {**made, **roads, **whole}

    def auth(self) -> dict[str, Any] | None:
        """The document `auth`, or None where nothing of it was typed."""
        given, secret = self.cleaned_data, self.secret_name
        document: dict[str, Any] = {"type": self.way.name}
        document |= {name: given[name] for name in self.way.fields if name in self.fields and given.get(name)}
        if given.get("private_key"):  # what belonged to the former key doesn't belong to this one
            for name in ("key_id", "algorithm"):
                if document.get(name) == self.stored.public(name):
                    document.pop(name, None)
        if given.get("expires"):
            document["expires"] = given["expires"].isoformat()
        if secret and given.get(secret):
            return document | {secret: given[secret]}
        if given.get("public_client"):
            document["client_secret"] = ""
        return document if self._changed(document) else None

    def renews(self) -> bool:
        """Whether another credential was typed, not only another end."""
        document = self.auth()
        return document is not None and (self.typed_secret or self._changed(document, ends=False))

    def _changed(self, document: Mapping[str, Any], *, ends: bool = True) -> bool:
        """Whether a document without a secret says anything new. `ends`: another end counts."""
        if not self.stored.is_set:
            defaults = {"method": self.method, **self._said()}
            typed = {name for name in self.way.fields if document.get(name) not in (None, defaults.get(name))}
            certain = self.way.name == "client_certificate" and bool(self.cleaned_data.get("tls_certificate"))
            return bool(typed) or certain
        if self.stored.auth.get("type") != self.way.name or not self.keeps_secret:
            return True
        shown = {name: str(document.get(name, "")) for name in self.way.fields if name in self.fields}
        differs = any(value != self._as_stored(name) for name, value in shown.items())
        return differs or (ends and self._end_differs()) or "client_secret" in document

    def _as_stored(self, name: str) -> str:
        fallback = {"method": "client_secret_basic"}
        return self.stored.public(name) or fallback.get(name, "")

    def _end_differs(self) -> bool:
        return self.cleaned_data.get("expires") != self.initial.get("expires")

    def roads_typed(self) -> dict[str, Any]:
        """`tls` and `proxy` as far as they differ from what is stored; None clears one."""
        if not self.roads:
            return {}
        return {part: self._road(part) for part in PARTS if self._road_differs(part)}

    def _road(self, part: str) -> dict[str, Any] | None:
        typed = {name: self.cleaned_data.get(of) for name, of in PARTS[part].items()}
        document = {name: value for name, value in typed.items() if value}
        return document or None

    def _road_differs(self, part: str) -> bool:
        stored = getattr(self.stored, part) or {}
        for name, of in PARTS[part].items():
            value = self.cleaned_data.get(of) or ""
            if value if of in SECRETS else _plain(value) != _plain(stored.get(name)):
                return True
        return False

    def elsewhere(self) -> bool:
        """Whether another authority or another proxy could hand what is stored to somebody else: then it is dropped, the
        secret unless it was typed anew."""
        pairs = [("tls_ca", self.stored.tls, "ca"), ("proxy_url", self.stored.proxy, "url")]
        typed = [(_plain(self.cleaned_data.get(of)), _plain((part or {}).get(name))) for of, part, name in pairs]
        return any(now and now != before for now, before in typed)

    @property
    def roads_open(self) -> bool:
        """Whether the folded part has to be seen."""
        shown = [*self.road_fields, *(f"{name}{pem.FILE}" for name in PARTS["tls"].values())]
        wrong = any(self[name].errors for name in shown if name in self.fields) if self.is_bound else False
        needed = self.way.name == "client_certificate" or self.method == "tls_client_auth"
        return bool(wrong or needed or self.stored.tls or self.stored.proxy)


def _plain(value: object) -> str:
    return "\n".join(str(value or "").split())


def _expires() -> forms.DateField:
    return forms.DateField(
        label=_("Ends on"),
        required=False,
        help_text=_("You are reminded 30, 7 and 1 days before. Empty: no end is known."),
        error_messages={"invalid": _("A day, such as 2027-03-12.")},
        widget=forms.DateInput({"type": "date", "autocomplete": "off"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
    )


def _roads(stored: Stored) -> dict[str, forms.Field]:
    kept = _("Empty: the stored one stays.") if (stored.tls or {}).get("certificate") else ""
    return {
        "tls_ca": pem.area(
            _("Certificate authority of your own"),
            _("PEM. Trusted besides those that every system trusts, and for this application only."),
        )(),
        "tls_certificate": pem.area(
            _("Client certificate"),
            _("PEM: the certificate first, then its chain. It is shown at each connection."),
        )(),
        "tls_key": pem.area(
            _("Its private key"), kept or _("PEM, without a password. It is only ever written."), secret=True
        )(),
        "proxy_url": _proxy_line(
            _("Proxy"),
            _(
                "For example http://proxy.example.com:3128. Who runs this server allows it first (PROVISOR_ALLOW_TARGETS)."
            ),
            "http://",
        ),
        "proxy_username": _proxy_line(_("Proxy: user name"), _("Only where the proxy asks for one.")),
        "proxy_password": forms.CharField(
            label=_("Proxy: password"),
            required=False,
            max_length=ways.LONGEST_SECRET,
            help_text=_("It is only ever written."),
            widget=forms.PasswordInput({"autocomplete": "off", "spellcheck": "false"}),
        ),
    }


def _proxy_line(label: Any, hint: Any, placeholder: str = "") -> forms.CharField:
    attributes = {"autocomplete": "off", "spellcheck": "false", "class": "mono", "placeholder": placeholder}
    widget = forms.TextInput({name: value for name, value in attributes.items() if value})
    return forms.CharField(label=label, help_text=hint, required=False, max_length=ways.LONGEST_URL, widget=widget)


def _public_roads(stored: Stored) -> dict[str, Any]:
    tls, proxy = stored.tls or {}, stored.proxy or {}
    return {
        "tls_ca": tls.get("ca") or "",
        "tls_certificate": tls.get("certificate") or "",
        "proxy_url": proxy.get("url") or "",
        "proxy_username": proxy.get("username") or "",
    }
