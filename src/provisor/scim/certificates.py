"""Our own certificate authorities and client certificates as the TLS library wants them.

The library reads keys from files alone. So the key is written into one for a moment: readable by us alone, encrypted under
a password that is never written down.
"""

from __future__ import annotations

import os
import secrets
import ssl
import tempfile

from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)


class UnusableTls(ValueError):
    """A certificate or key that can't be used; the message says which and why."""


def context(ca: str, certificate: str, key: str) -> ssl.SSLContext:
    """TLS 1.2 or newer; the system's authorities and those of `ca`; our `certificate` with its chain, if there is one.
    Raises UnusableTls."""
    made = ssl.create_default_context()
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca:
        try:
            made.load_verify_locations(cadata=ca)
        except (ssl.SSLError, ValueError):
            raise UnusableTls("The certificate authority is no certificate in PEM.") from None
    if certificate:
        _show(made, certificate, key)
    return made


def _show(made: ssl.SSLContext, certificate: str, key: str) -> None:
    password = secrets.token_hex(32)
    try:
        private = load_pem_private_key(key.encode(), None)
    except (ValueError, TypeError):
        raise UnusableTls("The client certificate's key is no unencrypted private key in PEM.") from None
    sealed = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password.encode()))
    handle, path = tempfile.mkstemp(prefix="provisor-", suffix=".pem")  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(certificate.encode() + b"\n" + sealed)
        made.load_cert_chain(path, password=password)
    except ssl.SSLError as error:
        fits = "MISMATCH" not in str(error).upper()
        why = "is no certificate in PEM" if fits else "does not fit its key"
        raise UnusableTls(f"The client certificate {why}.") from None
    finally:
        os.unlink(path)
