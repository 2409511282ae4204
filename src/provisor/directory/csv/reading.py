"""A file from outside is read strictly: what it is, how much it holds and what its columns mean is checked before any
row is looked at, and each mistake is said with its place.

UTF-8 (a byte order mark is tolerated), separated by commas or semicolons. Rows are read one by one; a file may be read
twice.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from django.utils.translation import gettext as _

from provisor.directory.csv.columns import Column, column, suggested
from provisor.directory.csv.formulas import plain
from provisor.errors import Invalid

MOST_BYTES = 16 * 1024 * 1024
MOST_ROWS = 100_000
MOST_COLUMNS = 200
MOST_CHARACTERS = 16_384  # in one cell; what a field may hold is checked later
LEFT_OUT = "-"


@dataclass(frozen=True)
class Row:
    """One row: its number as a spreadsheet counts (the header is 1), and its cells by header. `wrong`: why they can't be
    told apart."""

    number: int
    cells: dict[str, str]
    wrong: str = ""


@dataclass(frozen=True)
class Table:
    """A file whose form is right. `headers` are as they stand in it."""

    content: bytes
    delimiter: str
    headers: tuple[str, ...]
    total: int

    def rows(self) -> Iterator[Row]:
        """The rows, empty ones left out."""
        for number, cells in _lines(self.content, self.delimiter):
            if number > 1 and any(cells):
                yield Row(number, dict(zip(self.headers, map(plain, cells), strict=False)), self._wrong(cells))

    def _wrong(self, cells: list[str]) -> str:
        if len(cells) == len(self.headers):
            return ""
        text = _("%(count)s cells, but the first row has %(width)s. Is a quotation mark missing?")
        return text % {"count": len(cells), "width": len(self.headers)}


Mapped = Mapping[str, Column]
"""Header -> column; a header that is left out isn't in it."""


def read(file: BinaryIO) -> Table:
    """The file as a table. Raises Invalid naming `file`, with the row and what to do."""
    content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise _wrong(_("This file is larger than %(most)s MB. Split it.") % {"most": MOST_BYTES // 2**20})
    _check_encoding(content)
    delimiter = _delimiter(content)
    lines = _lines(content, delimiter)
    headers = tuple(name.strip() for name in next(lines, (1, []))[1])
    _check_headers(headers)
    return Table(content, delimiter, headers, _counted(lines))


def mapped(table: Table, chosen: Mapping[str, str]) -> dict[str, Column]:
    """What each column of the file means. `chosen` is by header: a column's name, "-" to leave it out; a header that it
    doesn't name has to be a column's name or near to one. Raises Invalid naming `columns.HEADER`."""
    unknown = {f"columns.{name}": _("The file has no such column.") for name in chosen if name not in table.headers}
    if unknown:
        raise Invalid(unknown)
    wanted = {header: chosen.get(header, "").strip() or suggested(header) for header in table.headers}
    found = {header: column(name) for header, name in wanted.items() if name != LEFT_OUT}
    wrong = {f"columns.{header}": _unknown(header, wanted[header]) for header, one in found.items() if one is None}
    meant = {header: one for header, one in found.items() if one is not None}
    wrong |= _twice(meant)
    if not wrong and Column("scalar", "username") not in meant.values():
        wrong["columns"] = _("No column holds the username. It tells which user a row is about.")
    if wrong:
        raise Invalid(wrong)
    return meant


def _unknown(header: str, name: str) -> str:
    if not name:
        return _("“%(header)s” is no attribute. Say which one it is, or leave it out.") % {"header": header}
    return _("There is no attribute “%(name)s”.") % {"name": name[:100]}


def _twice(meant: Mapped) -> dict[str, str]:
    first: dict[str, str] = {}
    wrong = {}
    for header, one in meant.items():
        if str(one) in first:
            text = _("“%(other)s” is %(name)s already. Leave one of the two out.")
            wrong[f"columns.{header}"] = text % {"other": first[str(one)], "name": one}
        first.setdefault(str(one), header)
    return wrong


def _wrong(text: str) -> Invalid:
    return Invalid({"file": text})


def _check_encoding(content: bytes) -> None:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        text_of = _("This file isn't UTF-8 (line %(row)s). Save it as “CSV UTF-8” and choose it again.")
        raise _wrong(text_of % {"row": row}) from None
    if not text.strip():
        raise _wrong(_("This file is empty. The first row has to name the columns."))


def _delimiter(content: bytes) -> str:
    head = content.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n").partition(b"\n")[0]
    return ";" if head.count(b";") > head.count(b",") else ","


def _check_headers(headers: tuple[str, ...]) -> None:
    if len(headers) > MOST_COLUMNS:
        raise _wrong(_("This file has more than %(most)s columns.") % {"most": MOST_COLUMNS})
    if "" in headers:
        text = _("Column %(number)s has no name in the first row. Name it, or delete the column.")
        raise _wrong(text % {"number": headers.index("") + 1})
    twice = sorted({name for name in headers if headers.count(name) > 1})
    if twice:
        raise _wrong(_("The column “%(name)s” stands there twice. Delete one.") % {"name": twice[0][:100]})


def _counted(lines: Iterator[tuple[int, list[str]]]) -> int:
    total = 0
    for _number, cells in lines:
        total += any(cells)
        if total > MOST_ROWS:
            raise _wrong(_("This file has more than %(most)s rows. Split it.") % {"most": f"{MOST_ROWS:,}"})
    if not total:
        raise _wrong(_("This file names its columns, but has no row of a user."))
    return total


def _lines(content: bytes, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """(row, cells), the header first; cells have as many characters as a cell may have."""
    text = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline="")
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            if any(len(cell) > MOST_CHARACTERS for cell in cells):
                told = _("Row %(row)s has a cell of more than %(most)s characters. Is a quotation mark missing?")
                raise _wrong(told % {"row": number, "most": f"{MOST_CHARACTERS:,}"})
            yield number, cells
    except csv.Error as error:
        told = _("Row %(row)s can't be read: %(error)s.")
        raise _wrong(told % {"row": number + 1, "error": error}) from None
