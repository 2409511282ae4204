"""Every link of every page leads somewhere, down to the heading."""

from __future__ import annotations

from pathlib import Path

import pytest

from .reading import ROOT, anchors, every_page, links


def broken(path: Path) -> list[str]:
    return [target for target in links(path.read_text()) if not leads_somewhere(path, target)]


def leads_somewhere(path: Path, target: str) -> bool:
    name, _, anchor = target.partition("#")
    found = (path.parent / name).resolve() if name else path
    if not found.exists() or not found.is_relative_to(ROOT):
        return False
    return not anchor or (found.suffix == ".md" and anchor in anchors(found.read_text()))


@pytest.mark.parametrize("path", every_page(), ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    assert broken(path) == []


def test_a_broken_link_is_seen(tmp_path: Path) -> None:
    page = ROOT / "docs" / "guide" / "connect.md"
    assert leads_somewhere(page, "rehearse.md#faults")
    assert not leads_somewhere(page, "rehearse.md#nonsense")
    assert not leads_somewhere(page, "nowhere.md")
    assert not leads_somewhere(page, "#nonsense")
