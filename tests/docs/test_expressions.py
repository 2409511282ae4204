"""Every expression that the docs show can be typed as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from provisor.core.expression import parse

DOCS = Path(__file__).parents[2] / "docs"
ROW = re.compile(r"^\|.*\| `(.+)` \|$", re.MULTILINE)
SHOWN = [
    source.replace("\\|", "|")
    for source in ROW.findall((DOCS / "guide" / "mapping.md").read_text())
    if "user." in source or "values." in source
]


def test_the_guide_shows_some() -> None:
    assert len(SHOWN) >= 12


@pytest.mark.parametrize("source", SHOWN)
def test_an_expression_of_the_guide(source: str) -> None:
    assert parse(source).references
