"""The page docs/interop.md: what came of each step at each service provider."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.interop.provider import Provider
from tests.interop.walk import Cell

PAGE = Path(__file__).parents[2] / "docs" / "interop.md"
SHOWN = {"ok": "ok", "held": "held", "impossible": "not possible", "wrong": "**wrong**"}

HEAD = """# Interop: the whole life cycle against real service providers

*Written by `script/interop` on {date}; the next run writes it anew.*

Provisor and each service provider run as processes of their own, with a recorder between them that passes every request
on unchanged, and counts. The steps are done through Provisor's REST interface, as an administrator's are. After each step
the service provider itself is asked, past Provisor, what it holds: every account and every group is compared with what
it should be, so a step also fails for what it did to others.

To repeat it: `script/interop`, or `script/interop NAME...` for some of them, which prints the same and leaves this page
alone. Names: {names}. The service providers are installed on the first run, by name and exact version, into
`$PROVISOR_INTEROP_CACHE` (unset: `~/.cache/provisor-interop`). Those of npm need Node.js 20 or later. It ends with 1 if a
step is wrong. Both kinds of scim2-server are also walked by `script/test tests/interop`, which needs nothing else.

## Steps

A cell says what came of it, and how many requests Provisor sent: reads + writes. *held*: the service provider can't do it,
and the account or group waits for a person, with the message that is quoted below. *not possible*: it can't be done there,
and why is said below. Requests to an authorisation server are not among them.

"""

AGAIN = """
A read with a write: a deactivation is confirmed by a read where the answer doesn't show it, and PUT carries a change into
what was just read. A create without a look-up of its own was looked up in one listing.
"""


@dataclass(frozen=True)
class Walked:
    """One provider's column, the words of the SP form that were not the default, and how many tokens were asked for."""

    provider: Provider
    cells: Sequence[Cell]
    words: Sequence[Mapping[str, Any]]
    tokens: int = 0


def page(walks: Sequence[Walked], date: str) -> str:
    """The whole page."""
    names = ", ".join(f"`{walked.provider.name}`" for walked in walks)
    sections = "".join(_section(walked) for walked in walks)
    return HEAD.format(date=date, names=names) + _table(walks) + AGAIN + sections


def _table(walks: Sequence[Walked]) -> str:
    head = ["step", *(walked.provider.name for walked in walks)]
    lines = [_row(head), _row(["---"] * len(head))]
    for cells in zip(*(walked.cells for walked in walks), strict=True):
        lines.append(_row([cells[0].step, *(_cell(cell) for cell in cells)]))
    return "\n".join(lines) + "\n"


def _row(texts: Sequence[str]) -> str:
    return f"| {' | '.join(texts)} |"


def _cell(cell: Cell) -> str:
    return f"{SHOWN[cell.result]} {cell.reads}+{cell.writes}"


def _section(walked: Walked) -> str:
    provider = walked.provider
    lines = [f"\n## {provider.title}\n"]
    lines += [f"* {note}" for note in provider.notes]
    lines += _signed_in(walked)
    lines += [f"* **{cell.step}**: {SHOWN[cell.result]}. {cell.note}" for cell in walked.cells if cell.result != "ok"]
    lines += _set_by_hand(provider)
    lines += _learned(walked.words)
    return "\n".join(lines) + "\n"


def _signed_in(walked: Walked) -> list[str]:
    if not (oauth := walked.provider.oauth):
        return []
    return [
        f"* Provisor signs in by OAuth 2.0 (client credentials) at its own authorisation server, `{oauth.token_path}`: "
        f"{walked.tokens} tokens in this walk, each good for {oauth.life} seconds and replaced before its end, so that "
        "none of them was refused; but for one, which was withdrawn there while the 20 users were being created: what was "
        "refused with 401 was sent again with the next token, and is counted twice above. Nobody was left out or made twice."
    ]


def _set_by_hand(provider: Provider) -> list[str]:
    if not provider.form:
        return ["\nNothing has to be set by hand."]
    return [
        "\nTo be set by hand (`settings.form`), because reading and use don't show it:\n",
        "```json",
        json.dumps(dict(provider.form), indent=2),
        "```",
    ]


def _learned(words: Sequence[Mapping[str, Any]]) -> list[str]:
    found = [word for word in words if word["source"] == "learned" and word["value"] != word["default"]]
    if not found:
        return []
    rows = [_row([f"`{word['word']}`", f"`{json.dumps(word['value'])}`", _evidence(word)]) for word in found]
    title = "\nWhat Provisor found out by itself, where it isn't the default:\n"
    return [title, _row(["word", "value", "evidence"]), _row(["---"] * 3), *rows]


def _evidence(word: Mapping[str, Any]) -> str:
    return str((word["evidence"] or {}).get("evidence", "")).replace("|", "\\|").replace("\n", " ")
