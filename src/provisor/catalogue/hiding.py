"""From one customer's addresses to templates that hold nothing of that customer. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_UUID = re.compile(r"[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")
_NUMBER = re.compile(r"\d{2,}")
_LONG = re.compile(r"(?=.*\d)[A-Za-z0-9._~-]{12,}|[A-Za-z0-9_~-]{24,}")  # an id, or worse
_PLAIN = re.compile(r"[A-Za-z0-9._~-]{1,64}")
_MAIL = re.compile(r"[^\s@<>\"',;]+@[^\s@<>\"',;]+")
# First labels that many customers share.
_SHARED = frozenset(
    {"api", "apis", "scim", "www", "app", "apps", "idp", "sso", "auth", "login", "id", "identity", "accounts"}
)
# What follows one of these in a path is usually somebody's own.
_OWNERS = frozenset(
    {"account", "accounts", "org", "orgs", "organization", "organizations", "organisation", "organisations"}
    | {"tenant", "tenants", "company", "companies", "customer", "customers", "enterprise", "enterprises"}
    | {"workspace", "workspaces", "team", "teams", "directory", "directories", "connection", "connections"}
    | {"instance", "instances", "domain", "domains", "source", "sources", "group", "groups", "site", "sites"}
)
_ENDS = frozenset({"scim", "v1", "v2", "v2.0", "api", "rest"})  # and these are nobody's


@dataclass
class Hidden:
    """The templates. `parameters`: what each stands for, with an invented example; `urls`: every other address as given,
    and its template; `own`: what was taken out, for `without`."""

    base_url: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)
    own: dict[str, str] = field(default_factory=dict, repr=False)

    def without(self, text: str) -> str:
        """A line of text without what was taken out of the addresses, and without e-mail addresses."""
        line = " ".join("".join(each if each.isprintable() else " " for each in text).split())
        for value in sorted(self.own, key=len, reverse=True):
            line = re.sub(re.escape(value), f"{{{self.own[value]}}}", line, flags=re.IGNORECASE)
        return _MAIL.sub("{email}", line)[:200]


def hide(base_url: str, others: Iterable[str | None] = ()) -> Hidden:
    """Templates of a base URL and of other addresses, which share their parameters."""
    hidden = Hidden()
    hidden.base_url = _template(base_url, hidden)
    hidden.urls = {url: _template(url, hidden) for url in others if url and "?" not in url}
    return hidden


def _template(url: str, hidden: Hidden) -> str:
    parts = urlsplit(url)
    host = _host(parts.hostname or "", parts.netloc.rpartition("@")[2], hidden)
    before, segments = "", []
    for segment in parts.path.strip("/").split("/"):
        segments.append(_segment(segment, before, hidden))
        before = segment.lower()
    path = "/".join(filter(None, segments))
    return f"https://{host}/{path}" if path else f"https://{host}"


def _host(host: str, shown: str, hidden: Hidden) -> str:
    """One label for a customer of a shared domain; the whole host where the product runs at the customer's."""
    first, _, rest = host.partition(".")
    if _is_address(host) or "." not in rest or ":" in shown:
        whole = _taken(hidden, host, "host", "scim.acme.example")
        hidden.own.setdefault(shown, hidden.own[host])
        return whole
    return host if first in _SHARED else f"{_taken(hidden, first, 'tenant', 'acme')}.{rest}"


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _segment(segment: str, before: str, hidden: Hidden) -> str:
    if segment in hidden.own:
        return f"{{{hidden.own[segment]}}}"
    name = f"{before.removesuffix('ies') + 'y' if before.endswith('ies') else before.removesuffix('s')}_id"
    name = name if re.fullmatch(r"[a-z][a-z0-9_]{0,31}", name) and before in _OWNERS else "id"
    if _UUID.fullmatch(segment):
        return _taken(hidden, segment, name, "01234567-89ab-4cde-8f01-23456789abcd")
    if _NUMBER.fullmatch(segment):
        return _taken(hidden, segment, name, "12345")
    own = before in _OWNERS and segment.lower() not in _ENDS | _OWNERS
    if own or _LONG.fullmatch(segment) or (segment and not _PLAIN.fullmatch(segment)):
        return _taken(hidden, segment, name, "sample-17")
    return segment


def _taken(hidden: Hidden, value: str, name: str, example: str) -> str:
    """The parameter in braces that stands for `value`; another value never gets a name that is taken."""
    if value not in hidden.own:
        free = (name, *(f"{name}_{number}" for number in range(2, 100)))
        hidden.own[value] = next(each for each in free if each not in hidden.parameters)
        hidden.parameters[hidden.own[value]] = example
    return f"{{{hidden.own[value]}}}"
