"""A cell that begins with "=" is a formula to a spreadsheet: an exported name could run a command on an auditor's desk.

What a spreadsheet might compute gets an apostrophe in front, and loses it again on import (S-CSV). Both ways are exact:
`plain(harmless(text)) == text` for any text, because text that begins like a neutralised cell gets one more.
"""

from __future__ import annotations

STARTS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # the last four are their full-width forms
CONTROLS = ("\t", "\r", "\n")
MARK = "'"


def harmless(text: str) -> str:
    """`text` as a cell that no spreadsheet computes."""
    return MARK + text if _looks_computed(text) else text


def plain(cell: str) -> str:
    """What `harmless` was given; any other cell as it is."""
    return cell[1:] if cell.startswith(MARK) and _looks_computed(cell) else cell


def _looks_computed(text: str) -> bool:
    """Whether it begins so, after apostrophes and white space that programs cut off."""
    rest = text
    while (cut := rest.lstrip(MARK).lstrip()) != rest:
        rest = cut
    before = text.removesuffix(rest) if rest else text
    return rest.startswith(STARTS) or any(control in before for control in CONTROLS)
