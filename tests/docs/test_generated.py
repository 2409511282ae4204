"""The generated parts of the pages are what docs/generate.py makes of the code."""

from __future__ import annotations

from pathlib import Path

import pytest

from .reading import DOCS, ROOT, generator

generate = generator()
PAGES = list(generate.pages())


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_page_is_as_the_code_has_it(path: Path) -> None:
    text = path.read_text()
    assert generate.fresh(text) == text, "run: .venv/bin/python docs/generate.py"


def test_every_part_stands_on_a_page() -> None:
    shown = {found["name"] for path in PAGES for found in generate.MARKED.finditer(path.read_text())}
    assert shown == set(generate.PARTS)


def test_no_marker_stands_alone() -> None:
    for path in DOCS.rglob("*.md"):
        text = path.read_text()
        assert text.count("<!-- ") == 2 * len(generate.MARKED.findall(text)), path.relative_to(ROOT)


def test_an_old_part_is_seen() -> None:
    page = "# Roles\n\n<!-- generated: roles -->\nold\n<!-- end -->\n\nThe rest stays."
    assert "| `users.write` | yes | yes |  |  |" in generate.fresh(page)
    assert generate.fresh(page).endswith("<!-- end -->\n\nThe rest stays.")
