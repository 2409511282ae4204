"""Certificates and keys as people paste them: read with `cryptography`, and what is wrong with them in words."""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from django.utils import timezone
from django.utils.translation import gettext as _
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from provisor.applications.credentials.values import LONGEST_PEM

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
SMALLEST_RSA = 2048
LAST_DAY = datetime(9999, 12, 30, tzinfo=UTC)
MOST = 50  # certificates in one text
ALGORITHMS: dict[str, tuple[str, ...]] = {
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "secp256r1": ("ES256",),
    "secp384r1": ("ES384",),
    "secp521r1": ("ES512",),
    "Ed25519": ("EdDSA",),
}


class Unusable(Exception):
    """What was pasted can't be used; the message says why, and never repeats it."""


def authorities(text: object) -> list[x509.Certificate]:
    """The certificate authorities in `text`. Raises Unusable."""
    found = _certificates(text)
    for number, one in enumerate(found, 1):
        if not _is_authority(one):
            told = _("Certificate %(number)d (%(name)s) is not a certificate authority: give its issuer's certificate.")
            raise Unusable(told % {"number": number, "name": name_of(one)})
        _refuse_ended(one, number)
    return found


def chain(text: object) -> list[x509.Certificate]:
    """Our own certificate, followed by those that issued it, each by the next. Raises Unusable."""
    found = _certificates(text)
    for number, (one, issuer) in enumerate(pairwise(found), 1):
        if not _issued(one, issuer):
            told = _(
                "Certificate %(number)d was not issued by the one after it: your own comes first, then its issuer's, and"
                " so on."
            )
            raise Unusable(told % {"number": number})
    for number, one in enumerate(found, 1):
        _refuse_ended(one, number)
    return found


def _certificates(text: object) -> list[x509.Certificate]:
    pasted = _pasted(text)
    if b"PRIVATE KEY" in pasted:
        raise Unusable(_("This holds a private key: give that in the field “key”, and certificates alone here."))
    try:
        found = x509.load_pem_x509_certificates(pasted)
    except (ValueError, x509.InvalidVersion):
        raise Unusable(_("No certificate in PEM: it begins with -----BEGIN CERTIFICATE-----.")) from None
    if len(found) > MOST:
        raise Unusable(_("At most %(most)d certificates; this has %(count)d.") % {"most": MOST, "count": len(found)})
    for number, one in enumerate(found, 1):
        _read_through(one, number)
    return found


def _read_through(one: x509.Certificate, number: int) -> None:
    """Its parts are read only when they are looked at, and a damaged one raises whatever comes to it: here, and nowhere
    else."""
    try:
        name_of(one), one.issuer.rfc4514_string(), one.not_valid_before_utc, one.not_valid_after_utc
        _public(one.public_key())
    except Exception:
        told = _("Certificate %d can't be read: it is damaged, or of a kind that isn't known here.") % number
        raise Unusable(told) from None


def _pasted(text: object) -> bytes:
    if not isinstance(text, str) or not text.strip():
        raise Unusable(_("Missing. Paste the text, with its -----BEGIN and -----END lines."))
    if len(text) > LONGEST_PEM:
        raise Unusable(_("At most %d characters.") % LONGEST_PEM)
    if not text.isascii():
        raise Unusable(_("This is no PEM: it holds other characters than ASCII."))
    return text.encode("ascii")


def _is_authority(one: x509.Certificate) -> bool:
    """One that says so, or one that signed itself: nobody else can be asked about that one."""
    if one.issuer == one.subject:
        return True
    try:
        return one.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except Exception:  # there is none, or what is there can't be read
        return False


def _issued(one: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        one.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _refuse_ended(one: x509.Certificate, number: int) -> None:
    what = {"number": number, "name": name_of(one)}
    now = timezone.now()
    if one.not_valid_after_utc <= now:
        told = _("Certificate %(number)d (%(name)s) ended on %(day)s: get a new one.")
        raise Unusable(told % {**what, "day": one.not_valid_after_utc.date().isoformat()})
    if one.not_valid_before_utc > now:
        told = _("Certificate %(number)d (%(name)s) is valid from %(day)s only.")
        raise Unusable(told % {**what, "day": one.not_valid_before_utc.date().isoformat()})


def name_of(one: x509.Certificate) -> str:
    """Whose certificate it is, on one line, for people."""
    name = one.subject.rfc4514_string() or f"{one.serial_number:x}"
    return "".join(letter if letter.isprintable() else "?" for letter in name)[:256]


def ends(found: list[x509.Certificate]) -> datetime:
    """When the first of them ends. One that says “never” (RFC 5280, 4.1.2.5) ends on the last day that every time zone
    can write."""
    return min(LAST_DAY, *(one.not_valid_after_utc for one in found))


def key(text: object) -> Key:
    """A private key. Raises Unusable: also for one with a passphrase, or one that is too weak."""
    pasted = _pasted(text)
    try:
        found = load_pem_private_key(pasted, password=None)
    except TypeError:
        raise Unusable(_("This key is encrypted: give it without a passphrase. It is sealed here.")) from None
    except (ValueError, UnsupportedAlgorithm):
        raise Unusable(_("No private key in PEM: it begins with -----BEGIN PRIVATE KEY-----.")) from None
    if isinstance(found, rsa.RSAPrivateKey) and found.key_size < SMALLEST_RSA:
        told = _("An RSA key of %(bits)d bits is too weak: at least %(least)d are needed.")
        raise Unusable(told % {"bits": found.key_size, "least": SMALLEST_RSA})
    if not isinstance(found, Key) or kind(found) not in ALGORITHMS:
        raise Unusable(_("This kind of key can't be used: RSA, P-256, P-384, P-521 or Ed25519."))
    return found


def kind(one: Key) -> str:
    """The name of its row in ALGORITHMS."""
    if isinstance(one, rsa.RSAPrivateKey):
        return "RSA"
    return one.curve.name if isinstance(one, ec.EllipticCurvePrivateKey) else "Ed25519"


def fits(one: Key, certificate: x509.Certificate) -> bool:
    """Whether the certificate is this key's."""
    return _public(one.public_key()) == _public(certificate.public_key())


def _public(one: Any) -> bytes:
    return bytes(one.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def made() -> str:
    """A new P-256 key, as PEM."""
    fresh = ec.generate_private_key(ec.SECP256R1())
    return fresh.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")


def jwk(one: Key, *, key_id: str, algorithm: str) -> dict[str, Any]:
    """The public half as a JSON Web Key, for the authorisation server. Without a `key_id` it is its own thumbprint."""
    shown = _as_jwk(one.public_key())
    kept = {name: value for name, value in shown.items() if name in ("kty", "crv", "x", "y", "n", "e")}
    return {**kept, "kid": key_id or thumbprint(kept), "use": "sig", "alg": algorithm}


def _as_jwk(public: Any) -> dict[str, Any]:
    if isinstance(public, rsa.RSAPublicKey):
        return RSAAlgorithm.to_jwk(public, as_dict=True)
    if isinstance(public, ec.EllipticCurvePublicKey):
        return ECAlgorithm.to_jwk(public, as_dict=True)
    return OKPAlgorithm.to_jwk(public, as_dict=True)


def thumbprint(public: dict[str, Any]) -> str:
    """RFC 7638."""
    canonical = json.dumps(public, sort_keys=True, separators=(",", ":")).encode()
    return urlsafe_b64encode(hashlib.sha256(canonical).digest()).rstrip(b"=").decode("ascii")
