"""The `tls` and `proxy` documents: certificates of one's own, and what stands between us and an application."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cryptography import x509
from django.utils.translation import gettext as _

from provisor.applications.credentials import checks, pem
from provisor.applications.credentials.values import Certificates, Way
from provisor.errors import Invalid

StoredSecret = Callable[[], str | None]
"""The secret that stands in the row, if one does and opens."""


def nothing() -> str | None:
    return None


def tls(given: object, *, stored_key: StoredSecret = nothing) -> Certificates | None:
    """Certificates; None for null. A key that is left out stays, if it fits. Raises Invalid naming `tls.ca` and so on."""
    document = _document("tls", given, ("ca", "certificate", "key"))
    if not document:
        return None
    problems: dict[str, str] = {}
    public: dict[str, Any] = {}
    if "ca" in document and (found := _read("tls.ca", pem.authorities, document["ca"], problems)):
        public |= {"ca": document["ca"], "ca_names": [pem.name_of(one) for one in found]}
        public["ca_expires"] = pem.ends(found).isoformat()
    own = _read("tls.certificate", pem.chain, document["certificate"], problems) if "certificate" in document else None
    if own:
        public |= {"certificate": document["certificate"], "certificate_subject": pem.name_of(own[0])}
        public["certificate_expires"] = pem.ends(own).isoformat()
    key = _key(document, own, problems, stored_key)
    if problems:
        raise Invalid(problems)
    return Certificates(public, key)


def proxy(given: object) -> Way | None:
    """A proxy; None for null. Raises Invalid naming `proxy.url` and so on."""
    document = _document("proxy", given, ("url", "username", "password"))
    if not document:
        return None
    problems = {"proxy.url": checks.proxy_url(document.get("url"))}
    if username := document.get("username"):
        problems["proxy.username"] = checks.username(username)
    password = document.get("password")
    if password:
        problems["proxy.password"] = checks.secret(password) if username else _("A password needs a user name.")
    if wrong := {name: why for name, why in problems.items() if why}:
        raise Invalid(wrong)
    url = str(document["url"]).rstrip("/")
    return Way({"url": url, "username": username or ""}, password)


def _document(name: str, given: object, known: tuple[str, ...]) -> dict[str, Any]:
    """What is given, without nulls; {} for null."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise Invalid({name: _("An object, or null.")})
    if unknown := [each for each in given if each not in known]:
        told = _("There is no such field. Known: %s.") % ", ".join(known)
        raise Invalid({f"{name}.{each}": told for each in unknown})
    found = {each: value for each, value in given.items() if value is not None and (value != "" or each == "password")}
    if not found:
        raise Invalid({name: _("Nothing in it. Give at least one of %s; null takes it away.") % ", ".join(known)})
    return found


def _read(
    name: str, read: Callable[[object], list[x509.Certificate]], text: object, problems: dict[str, str]
) -> list[x509.Certificate] | None:
    try:
        return read(text)
    except pem.Unusable as error:
        problems[name] = str(error)
        return None


def _key(
    document: Mapping[str, Any], own: list[x509.Certificate] | None, problems: dict[str, str], stored_key: StoredSecret
) -> str | None:
    """The key that belongs to the certificate: the given one, or None where the stored one fits it."""
    if "certificate" not in document:
        if "key" in document:
            problems["tls.certificate"] = _("Missing: a key alone is of no use.")
        return ""
    given = document.get("key") or stored_key()
    if given is None:
        problems["tls.key"] = _("Missing: the private key of this certificate.")
        return None
    try:
        key = pem.key(given)
    except pem.Unusable as error:
        problems["tls.key"] = str(error)
        return None
    if own and not pem.fits(key, own[0]):
        problems["tls.key"] = _misfit(key, own)
    return document.get("key")


def _misfit(key: pem.Key, own: list[x509.Certificate]) -> str:
    later = next((number for number, one in enumerate(own, 1) if pem.fits(key, one)), None)
    if later is None:
        return _("This key doesn't fit the certificate: give the one that it was made with.")
    return _("This key fits certificate %d of the chain: your own certificate comes first.") % later
