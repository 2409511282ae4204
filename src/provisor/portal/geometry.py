"""Where the parts of a bar begin and end, in percent of its width; drawn as SVG attributes, for no style attribute may
be on a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Share:
    """Both in percent, as SVG writes them: "12.5%"."""

    start: str
    width: str


def shares(counts: Sequence[int], *, smallest: float) -> list[Share]:
    """One share per count, side by side, together 100 %. One that isn't zero is at least `smallest` percent wide; what
    that takes is taken from the widest."""
    total = sum(counts) or 1
    widths = [max(count * 100 / total, smallest) if count else 0.0 for count in counts]
    widest = max(range(len(widths)), key=lambda at: widths[at])
    widths[widest] -= max(sum(widths) - 100, 0)
    starts = [sum(widths[:at]) for at in range(len(widths))]
    return [Share(f"{start:.3f}%", f"{width:.3f}%") for start, width in zip(starts, widths, strict=True)]
