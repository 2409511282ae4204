"""The style sheet's tokens: a colour that changes may not slip below what can be read (language.md, section 2)."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

from provisor import portal

STATIC = Path(portal.__file__).parent / "static" / "portal"
SHEET = (STATIC / "portal.css").read_text()
TOKENS = {name: pair for name, *pair in re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);", SHEET)}
TOKENS["white"] = ["#ffffff", "#ffffff"]
TURNS = ("right", "machine", "person", "broken", "off")
TEXT, SHAPE = 4.5, 3.0

PAIRS = [
    *[(ink, ground, TEXT) for ink in ("ink", "ink-2", "ink-3") for ground in ("surface", "canvas", "sunken", "hover")],
    ("ink-3", "accent-soft", TEXT),
    *[("accent", ground, TEXT) for ground in ("surface", "canvas", "accent-soft")],
    *[("white", fill, TEXT) for fill in ("accent-fill", "accent-fill-hover", "danger", "danger-hover", "selection")],
    *[(turn, ground, TEXT) for turn in TURNS for ground in ("surface", f"{turn}-soft", "hover")],
    *[(f"{turn}-fill", "surface", SHAPE) for turn in TURNS],
    *[("line-field", ground, SHAPE) for ground in ("surface", "canvas")],
    *[(f"letter-{number}", f"tint-{number}", TEXT) for number in range(8)],
]


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("front", "back", "least"), PAIRS)
def test_it_can_be_read(front: str, back: str, least: float, theme: int):
    assert contrast(TOKENS[front][theme], TOKENS[back][theme]) >= least


def test_the_measure_is_right():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#1b1b20", "#ffffff") == pytest.approx(17.2, abs=0.05)


def test_every_token_that_is_used_exists():
    defined, used = set(re.findall(r"--([\w-]+):", SHEET)), set(re.findall(r"var\(--([\w-]+)\)", SHEET))
    assert used <= defined
    assert set(re.findall(r"var\(--([\w-]+)\)", (STATIC / "icons.svg").read_text())) <= defined


def test_colours_are_written_once():
    rules = SHEET[SHEET.index("/* Ground */") :]
    assert set(re.findall(r"#[0-9a-fA-F]{3,8}\b", rules)) <= {"#fff", "#e8e5de", "#26262b", "#f8aaa2"}


def test_every_icon_that_a_template_names_is_drawn():
    drawn = set(re.findall(r'symbol id="([\w-]+)"', (STATIC / "icons.svg").read_text()))
    templates = (STATIC.parents[1] / "templates").rglob("*.html")
    named = {name for path in templates for name in re.findall(r'{% icon "([\w-]+)"', path.read_text())}
    assert named <= drawn


def test_no_page_has_two_levels_of_braces_left_open():
    depths = [0]
    for brace in re.findall(r"[{}]", re.sub(r'"[^"]*"', "", SHEET)):
        depths.append(depths[-1] + (1 if brace == "{" else -1))
    assert depths[-1] == 0
    assert all(before >= 0 and after >= 0 for before, after in pairwise(depths))
