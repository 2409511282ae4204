"""When two names are the same name: "Ada", "ADA" and a full-width "Ａｄａ" must not be three people.

`unique_key` folds a name to the key that carries uniqueness in the database: NFKC and casefold (the contract), then
NFKC once more because folding can undo it (Unicode 3.13, toNFKC_Casefold without the removal of ignorables).
"""

from __future__ import annotations

import unicodedata

LONGEST_KEY = 1024
MOST_BYTES = 2500  # a B-tree entry of PostgreSQL holds about 2,700


def unique_key(name: str) -> str:
    """The key under which `name` is unique."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return unicodedata.normalize("NFKC", folded)


def key_fits(key: str) -> bool:
    """Whether the key columns and their index can hold `key`: NFKC can make one character into eighteen."""
    return len(key) <= LONGEST_KEY and len(key.encode()) <= MOST_BYTES
