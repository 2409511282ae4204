"""Sealed boxes: what anybody with the public key can put in, and only the holder of the private key takes out.

For secrets that wait for the worker, such as a password on its way to an application. X25519 with a fresh key for each box,
HKDF-SHA256, AES-256-GCM; bound to the row it stands in, and padded, so that its length doesn't tell the secret's.
A box is `0x02 | key id (4 bytes) | fresh public key (32 bytes) | cipher text and tag`. The key pair comes from the master
key by HKDF (provisor.vault); what that protects, and what it doesn't, is in docs/decisions/0013.
"""

from __future__ import annotations

from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from provisor.vault import CannotOpen, derive, key_id

FORMAT = b"\x02"
PURPOSE = "passwords"
STEP = 128  # a box holds a multiple of this
_HEAD = 37


def public_key() -> bytes:
    """What seals: 32 bytes that open nothing."""
    return _public(derive(PURPOSE))


@lru_cache(maxsize=4)
def _public(private: bytes) -> bytes:
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def seal(plain: str, *, bound_to: str, to: bytes | None = None) -> bytes:
    """`plain` in a box for one row, named by `bound_to`; `to`: a public key, this installation's by default."""
    to = to or public_key()
    fresh = X25519PrivateKey.generate()
    ours = fresh.public_key().public_bytes_raw()
    key, nonce = _keys(fresh.exchange(X25519PublicKey.from_public_bytes(to)), ours, to)
    return FORMAT + key_id() + ours + AESGCM(key).encrypt(nonce, _padded(plain.encode()), bound_to.encode())


def unseal(box: bytes, *, bound_to: str) -> str:
    """What is in the box. Raises CannotOpen, whose message names the row and never the value."""
    box = bytes(box)
    if box[:1] != FORMAT or len(box) < _HEAD + 16:
        raise CannotOpen(f"The sealed box of {bound_to} is not in a format that this version knows.")
    if box[1:5] != key_id():
        raise CannotOpen(f"The sealed box of {bound_to} was made under another master key.")
    private, theirs = derive(PURPOSE), box[5:_HEAD]
    try:
        shared = X25519PrivateKey.from_private_bytes(private).exchange(X25519PublicKey.from_public_bytes(theirs))
        key, nonce = _keys(shared, theirs, _public(private))
        return _unpadded(AESGCM(key).decrypt(nonce, box[_HEAD:], bound_to.encode())).decode()
    except (InvalidTag, ValueError):
        raise CannotOpen(f"The sealed box of {bound_to} is damaged or belongs to another row.") from None


def _keys(shared: bytes, fresh: bytes, to: bytes) -> tuple[bytes, bytes]:
    """Key and nonce of one box: the fresh key makes both unique, so the nonce needs no room of its own."""
    made = HKDF(algorithm=SHA256(), length=44, salt=None, info=b"provisor/sealed-box" + fresh + to).derive(shared)
    return made[:32], made[32:]


def _padded(plain: bytes) -> bytes:
    whole = len(plain).to_bytes(4, "big") + plain
    return whole + bytes(-len(whole) % STEP)


def _unpadded(whole: bytes) -> bytes:
    length = int.from_bytes(whole[:4], "big")
    return whole[4 : 4 + length]
