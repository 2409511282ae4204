"""Values out of answers: limits, waits, and what is taken out of them."""

from __future__ import annotations

import gzip
import tracemalloc
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisor.scim.answers import (
    Answer,
    Limits,
    Received,
    answer,
    parsed,
    printable,
    redacted,
    retry_after,
    secrets_in,
)

NOW = datetime(2026, 3, 29, 12, 0, tzinfo=UTC)

WAITS = [
    ({"retry-after": "7"}, 7.0, "seconds"),
    ({"retry-after": " 7 "}, 7.0, "with spaces around"),
    ({"retry-after": "0"}, 0.0, "at once"),
    ({"retry-after": "1.5"}, 1.5, "a fraction, against the RFC"),
    ({"retry-after": "999999"}, 3600.0, "never more than an hour"),
    ({"retry-after": "-5"}, None, "a negative wait"),
    ({"retry-after": "soon"}, None, "a word"),
    ({"retry-after": "²"}, None, "a digit that is no number"),
    ({"retry-after": ""}, None, "empty"),
    ({}, None, "absent"),
    ({"retry-after": "Sun, 29 Mar 2026 12:00:30 GMT"}, 30.0, "a date"),
    ({"retry-after": "Sun, 29 Mar 2026 14:00:30 +0200"}, 30.0, "a date with an offset"),
    ({"retry-after": "Sun, 29 Mar 2026 11:00:00 GMT"}, None, "in the past"),
    ({"retry-after": "Mon, 30 Mar 2026 12:00:00 GMT"}, 3600.0, "tomorrow"),
    (
        {"retry-after": "Sat, 28 Mar 2026 12:00:30 GMT", "date": "Sat, 28 Mar 2026 12:00:00 GMT"},
        30.0,
        "their clock is a day late",
    ),
    ({"retry-after": "99 Foo 99999 99:99:99"}, None, "no date"),
]


@pytest.mark.parametrize(("headers", "seconds", "reason"), WAITS, ids=[row[2] for row in WAITS])
def test_how_long_to_wait(headers: dict[str, str], seconds: float | None, reason: str) -> None:
    assert retry_after(headers, NOW) == seconds, reason


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_retry_after_is_a_wait_or_nothing(text: str, date: str) -> None:
    wait = retry_after({"retry-after": text, "date": date}, NOW)
    assert wait is None or 0 <= wait <= 3600


def _nested(depth: int) -> bytes:
    return b'{"a":' * depth + b"1" + b"}" * depth


PARSED = [
    (_nested(64), None, "as deep as allowed"),
    (_nested(65), "too_deep", "one deeper"),
    (_nested(5000), "too_deep", "deeper than the parser goes"),
    (b"[" + b"[]," * 500 + b"[]]", None, "wide is not deep"),
    (b'"' + b"x" * 50 + b'"', None, "as long as allowed"),
    (b'["' + b"x" * 51 + b'"]', "too_large", "a longer string"),
    (b'{"' + b"x" * 51 + b'": 1}', "too_large", "a longer name"),
    (b"NaN", "not_json", "NaN"),
    (b"[Infinity]", "not_json", "Infinity"),
    (b'{"a": 1', "not_json", "cut"),
    (b'"\\ud800"', "not_json", "half a character"),
    (b"\xff\xfe", "not_json", "no UTF-8"),
    (b"9" * 10_000, "not_json", "a number of ten thousand digits"),
]


@pytest.mark.parametrize(("raw", "problem", "reason"), PARSED, ids=[row[2] for row in PARSED])
def test_json_within_limits(raw: bytes, problem: str | None, reason: str) -> None:
    assert parsed(raw, Limits(depth=64, string=50))[1] == problem, reason


def test_nul_is_replaced_and_an_escaped_backslash_is_not() -> None:
    assert parsed(b'{"a\\u0000": ["\\u0000", "\\\\u0000"]}', Limits())[0] == {"a\ufffd": ["\ufffd", "\\u0000"]}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
)


@given(JSON)
def test_json_comes_through_unchanged(value: Any) -> None:
    try:
        raw = orjson.dumps(value)
    except orjson.JSONEncodeError:  # half a character can't be sent
        return
    if "\\u0000" not in raw.decode():
        assert parsed(raw, Limits()) == (value, None)


@given(st.binary(max_size=200), st.sampled_from(["", "gzip", "deflate", "br", "identity"]), st.integers(100, 599))
def test_any_bytes_are_an_answer(raw: bytes, encoding: str, status: int) -> None:
    received = Received(status, {"content-encoding": encoding}, raw)
    result = answer(received, secrets=["x"], limits=Limits(), now=NOW)
    assert result.status == status
    assert result.body is None or result.problem is None


def test_a_bomb_is_not_unpacked() -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    tracemalloc.start()
    result = answer(Received(200, {"content-encoding": "gzip"}, bomb), secrets=[], limits=Limits(body=65_536), now=NOW)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert result.problem == "too_large"
    assert peak < 1_000_000


def test_a_secret_is_redacted_before_the_text_is_cut() -> None:
    raw = b"x" * 2040 + b"canary-7f3a9c"
    result = answer(Received(500, {}, raw), secrets=["canary-7f3a9c"], limits=Limits(), now=NOW)
    assert "cana" not in result.text
    assert len(result.text) == 2048


@given(JSON, st.from_regex(r"[A-Za-z0-9]{8,12}", fullmatch=True), st.text(max_size=9))
def test_no_secret_survives_in_any_value(value: Any, secret: str, around: str) -> None:
    text = around + secret + around
    cleaned = redacted({"a": [value, text, {text: text}], text: None}, [secret])
    assert secret not in repr(cleaned)


PASSWORDS: list[tuple[Any, list[str], str]] = [
    ({"password": "one"}, ["one"], "a create"),
    ({"Operations": [{"op": "replace", "path": "password", "value": "two"}]}, ["two"], "a PATCH with a path"),
    ({"Operations": [{"op": "replace", "value": {"password": "three"}}]}, ["three"], "a PATCH without"),
    ({"Operations": [{"op": "replace", "path": "title", "value": "x"}]}, [], "another attribute"),
    (None, [], "no body"),
]


@pytest.mark.parametrize(("body", "expected", "reason"), PASSWORDS, ids=[row[2] for row in PASSWORDS])
def test_the_passwords_that_we_send(body: Any, expected: list[str], reason: str) -> None:
    assert list(secrets_in(body)) == expected, reason


def test_words_of_others_lose_their_control_characters() -> None:
    assert printable("a\x00b\x1b[31mc\ud800\x85 ") == "a b [31mc"
    assert len(printable("x" * 5000)) == 2048


@pytest.mark.parametrize(
    ("status", "problem", "ok"), [(200, None, True), (204, None, True), (200, "cut", False), (302, None, False)]
)
def test_an_ok_answer_is_whole(status: int, problem: Any, ok: bool) -> None:
    assert Answer(status, problem=problem).ok is ok
