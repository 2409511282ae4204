"""The form of a file: each mistake is told with its place before a row is looked at."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisor.directory.csv import reading
from provisor.directory.csv.columns import PARTS, Column, column, in_order, suggested
from provisor.directory.csv.formulas import harmless, plain
from provisor.errors import Invalid

DANGEROUS = ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"]


def read(text: str | bytes) -> reading.Table:
    return reading.read(io.BytesIO(text.encode() if isinstance(text, str) else text))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf\n", "empty"),
        (b"username\n", "no row"),
        ("username\nZoë\n".encode("latin-1"), "UTF-8 (line 2)"),
        (b"username,\nada,1\n", "Column 2 has no name"),
        (b"username,username\nada,ada\n", "twice"),
        (b'username\n"ada"x\n', "Row 2 can't be read"),
        (b",".join(b"c%d" % n for n in range(201)) + b"\n1\n", "more than 200 columns"),
        (b"username\n" + b"x" * 17_000 + b"\n", "Row 2 has a cell"),
        (b"username\n" + b"a\n" * 100_001, "more than 100,000 rows"),
        (b"x" * (16 * 2**20 + 1), "larger than 16 MB"),
    ],
)
def test_a_file_of_a_wrong_form_is_refused_with_its_place(content: bytes, told: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(content)
    assert told in refused.value.fields["file"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("username,department\r\nada,R & D\r\n", "as most programs write it"),
        ("\ufeffusername;department\nada;R & D\n", "as spreadsheets in half of Europe write it"),
        ('"username","department"\n\n"ada","R & D"', "in quotation marks, with an empty line, without a last one"),
    ],
)
def test_commas_semicolons_and_a_byte_order_mark_are_read(text: str, why: str) -> None:
    found = read(text)
    assert found.total == 1, why
    assert [row.cells for row in found.rows()] == [{"username": "ada", "department": "R & D"}]


def test_a_row_of_another_width_is_bad_by_itself() -> None:
    rows = list(read("username,email\nada\nben,ben@example.com\n").rows())
    assert [bool(row.wrong) for row in rows] == [True, False]


@pytest.mark.parametrize(
    ("text", "chosen", "named"),
    [
        ("username,Shoe size\na,1\n", {}, "columns.Shoe size"),
        ("username,Shoe size\na,1\n", {"Shoe size": "shoesize"}, "columns.Shoe size"),
        ("username,id\na,1\n", {}, "columns.id"),
        ("username,login\na,b\n", {}, "columns.login"),
        ("email\na@example.com\n", {}, "columns"),
        ("username\na\n", {"Mail": "email"}, "columns.Mail"),
        ("username,p\na,1\n", {"p": "phone.a.b"}, "columns.p"),
    ],
)
def test_only_known_columns_are_taken(text: str, chosen: dict[str, str], named: str) -> None:
    with pytest.raises(Invalid) as refused:
        reading.mapped(read(text), chosen)
    assert named in refused.value.fields


def test_headers_that_come_near_are_understood_and_others_can_be_left_out() -> None:
    meant = reading.mapped(read("User name,E-Mail,Surname,Shoe size\na,b,c,d\n"), {"Shoe size": "-"})
    assert {header: str(one) for header, one in meant.items()} == {
        "User name": "username", "E-Mail": "email", "Surname": "lastname",
    }  # fmt: skip
    assert suggested("Shoe size") == ""


types = st.none() | st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=12)
columns = st.one_of(
    st.builds(Column, st.just("phone"), st.just("number"), types, st.integers(1, 50)),
    st.builds(Column, st.just("address"), st.sampled_from(PARTS), types, st.integers(1, 50)),
    st.builds(Column, st.just("attribute"), st.from_regex(r"[\w-]{1,64}", fullmatch=True), as_json=st.booleans()),
)


@given(columns)
def test_a_column_is_found_by_its_name(one: Column) -> None:
    assert column(str(one)) == one


@given(st.lists(columns, unique=True))
def test_columns_have_one_order(some: list[Column]) -> None:
    assert in_order(some) == in_order(reversed(some))


@given(st.text())
def test_a_neutralised_cell_comes_back_exactly(text: str) -> None:
    assert plain(harmless(text)) == text


@given(st.sampled_from(DANGEROUS), st.text(), st.sampled_from(["", " ", "'", "' ", "\u00a0"]))
def test_nothing_that_a_spreadsheet_computes_is_written(start: str, text: str, before: str) -> None:
    assert harmless(before + start + text) == "'" + before + start + text


@given(st.text(st.characters(categories=["L", "N"]), min_size=1))
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert harmless(text) == text
