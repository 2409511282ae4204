"""Reading the pages: their tables, links, headings, and the commands in them."""

from __future__ import annotations

import importlib.util
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_CODE = re.compile(r"`([^`]+)`")


def generator() -> ModuleType:
    """docs/generate.py as a module."""
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def every_page() -> list[Path]:
    """Every Markdown page of the project."""
    return [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]


def page(name: str) -> str:
    """The text of a page below docs/."""
    return (DOCS / name).read_text()


def section(text: str, heading: str) -> str:
    """What stands below a heading, down to the next one of its level or above."""
    start = re.search(rf"^(#+) {re.escape(heading)}$", text, re.MULTILINE)
    assert start, heading
    end = re.search(rf"^#{{1,{len(start[1])}}} ", text[start.end() :], re.MULTILINE)
    return text[start.end() :][: end.start() if end else None]


def rows(text: str) -> list[list[str]]:
    """The cells of every table line that isn't a head or a rule."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    found = []
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else ""
        if not re.match(r"\|[ :-]*-", line) and not re.match(r"\|[ :-]*-", following):
            found.append([cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
    return found


def named(text: str) -> list[str]:
    """The names in backticks in the first column of every table."""
    return [name for row in rows(text) for name in _CODE.findall(row[0])]


def prose(text: str) -> str:
    """The text without its blocks of code."""
    return _BLOCK.sub("", text)


def links(text: str) -> list[str]:
    """The targets of all links that stay within the project."""
    return [target for target in _LINK.findall(prose(text)) if not re.match(r"[a-z]+:", target)]


def anchors(text: str) -> set[str]:
    """What a link can name after the #, as GitHub makes it from the headings."""
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in _HEADING.findall(prose(text)))
    return {heading.replace(" ", "-") for heading in plain}


def shell(text: str) -> Iterator[list[str]]:
    """The words of each command in the blocks marked `sh`. A command may go over several lines."""
    for kind, block in _BLOCK.findall(text):
        begun = ""
        for line in block.splitlines() if kind == "sh" else ():
            begun += line
            if (words := _words(begun)) is not None:
                yield words
                begun = ""
            else:
                begun = begun.removesuffix("\\") + "\n"
        assert not begun, begun


def _words(line: str) -> list[str] | None:
    """None while a quotation or a line isn't ended."""
    if line.endswith("\\"):
        return None
    try:
        return shlex.split(line, comments=True)
    except ValueError:
        return None
