"""Clients as the tests of the protocol make them."""

from __future__ import annotations

from typing import Any

from provisor.scim.http import HttpClient
from provisor.scim.sign_in import bearer
from provisor.scim.signing import Fixed
from provisor.scim.targets import BaseUrl, Targets
from provisor.scim.transport import Transport

TOKEN = "canary-7f3a9c"


def client_of(base: BaseUrl, targets: Targets, **options: Any) -> HttpClient:
    """A client with one fixed Authorization (`authorization`) or another `signer`; what else is said goes to it or to its
    transport."""
    signer = options.pop("signer", None) or Fixed(bearer(options.pop("authorization", f"Bearer {TOKEN}"), ""))
    way = {name: options.pop(name) for name in ("tls", "proxy", "connections", "limits", "resolver") if name in options}
    return HttpClient(base, signer=signer, transport=Transport(targets, **way), **options)
