"""Secrets at rest: AES-256-GCM, bound to the row and field they belong to, under a named key.

A sealed value is `0x01 | key id (4 bytes) | nonce (12 bytes) | cipher text and tag`. The associated data is
"table:row id:field", so a cipher text moved to another row doesn't open. Sub-keys come from the master key by
HKDF-SHA256, one for each purpose; the key id names the master key, so that keys can be rotated later.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from provisor import config

FORMAT = b"\x01"


class CannotOpen(Exception):
    """A sealed secret doesn't open with this master key: another key, another row, or a damaged value."""


def derive(purpose: str, master: bytes | None = None) -> bytes:
    """The 32-byte sub-key of the master key for `purpose`, such as "secrets" or "sessions"."""
    return _derived(purpose, master or config.master_key())


@lru_cache(maxsize=16)
def _derived(purpose: str, master: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"provisor/{purpose}".encode()).derive(master)


def key_id(master: bytes | None = None) -> bytes:
    """Four bytes that name the master key without telling anything of it."""
    return hashlib.sha256(derive("key-id", master)).digest()[:4]


def seal(plain: str, *, table: str, row: object, field: str) -> bytes:
    """`plain`, sealed for one field of one row."""
    nonce = os.urandom(12)
    cipher = AESGCM(derive("secrets")).encrypt(nonce, plain.encode(), _bound_to(table, row, field))
    return FORMAT + key_id() + nonce + cipher


def unseal(sealed: bytes, *, table: str, row: object, field: str) -> str:
    """The secret in `sealed`. Raises CannotOpen, whose message names the field and never the value."""
    sealed = bytes(sealed)
    where = f"{table}.{field} of {row}"
    if sealed[:1] != FORMAT or len(sealed) < 33:
        raise CannotOpen(f"The secret in {where} is not in a format that this version knows.")
    if sealed[1:5] != key_id():
        raise CannotOpen(
            f"The secret in {where} was sealed with another master key. Set PROVISOR_SECRET_KEY_FILE to it."
        )
    try:
        return AESGCM(derive("secrets")).decrypt(sealed[5:17], sealed[17:], _bound_to(table, row, field)).decode()
    except InvalidTag as error:
        raise CannotOpen(f"The secret in {where} is damaged or belongs to another row.") from error


def fingerprint(value: str) -> str:
    """A keyed hash of a secret: equal for equal secrets, telling nothing else. Used where a plan is hashed."""
    return hmac.new(derive("fingerprints"), value.encode(), hashlib.sha256).hexdigest()


def _bound_to(table: str, row: object, field: str) -> bytes:
    return f"{table}:{row}:{field}".encode()
