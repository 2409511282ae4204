"""What an answer means for us: the whole table of standards.md 5.2 with decisions.md, row by row."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisor.core import vocabulary
from provisor.core.verdict import (
    TRIES,
    Meaning,
    Reply,
    Verdict,
    delay,
    forbidden_target,
    judge,
    lost,
    no_token,
    not_sent,
    sign_in_refused,
)

WRITES = ("POST", "PUT", "PATCH", "DELETE")
ANY = ("GET", *WRITES)
ON_ITS_ID = ("GET", "PUT", "PATCH", "DELETE")

TABLE: list[tuple[str, tuple[str, ...], Reply, Meaning, str]] = [
    # why, for which methods, the answer, what it means, its code
    ("as expected", ANY, Reply("", 200), Meaning.DONE, "ok"),
    ("created", ("POST",), Reply("", 201), Meaning.DONE, "ok"),
    ("an upsert answers 200 (C1)", ("POST",), Reply("", 200), Meaning.DONE, "ok"),
    ("no content (U8, X2)", WRITES, Reply("", 204), Meaning.DONE, "ok"),
    ("accepted: not carried out yet", WRITES, Reply("", 202), Meaning.UNKNOWN, "no_answer"),
    ("cut JSON", ANY, Reply("", 201, problem="cut"), Meaning.UNKNOWN, "no_answer"),
    ("unreadable", ANY, Reply("", 200, problem="not_json"), Meaning.UNKNOWN, "no_answer"),
    ("too large", ANY, Reply("", 200, problem="too_large"), Meaning.UNKNOWN, "no_answer"),
    ("a web page", ANY, Reply("", 200, problem="html"), Meaning.STOP, "not_scim"),
    ("permanently moved (T8)", ANY, Reply("", 301), Meaning.STOP, "redirected"),
    ("found elsewhere", ANY, Reply("", 302), Meaning.STOP, "redirected"),
    ("see other", ANY, Reply("", 303), Meaning.STOP, "redirected"),
    ("temporary redirect that wasn't followed", ANY, Reply("", 307), Meaning.STOP, "redirected"),
    ("permanent redirect that wasn't followed", ANY, Reply("", 308), Meaning.STOP, "redirected"),
    ("poison: a value", WRITES, Reply("", 400, "invalidValue"), Meaning.HOLD, "refused"),
    ("poison: mutability", WRITES, Reply("", 400, "mutability"), Meaning.HOLD, "refused"),
    ("poison: syntax", WRITES, Reply("", 400, "invalidSyntax"), Meaning.HOLD, "refused"),
    ("poison without a type", WRITES, Reply("", 400), Meaning.HOLD, "refused"),
    ("a dialect: no target", WRITES, Reply("", 400, "noTarget"), Meaning.HOLD, "refused"),
    ("uniqueness as a 400", ("POST",), Reply("", 400, "uniqueness"), Meaning.HOLD, "exists"),
    ("credentials", ANY, Reply("", 401), Meaning.STOP, "credentials_invalid"),
    ("credentials, as a web page", ANY, Reply("", 401, problem="html"), Meaning.STOP, "credentials_invalid"),
    ("permission", ANY, Reply("", 403), Meaning.HOLD, "forbidden"),
    ("gone", ON_ITS_ID, Reply("", 404), Meaning.HOLD, "gone"),
    ("gone, without a body", ON_ITS_ID, Reply("", 404, problem="not_json"), Meaning.HOLD, "gone"),
    ("nowhere to create: nobody is gone", ("POST",), Reply("", 404), Meaning.HOLD, "no_endpoint"),
    ("a web page's 404: never read as gone", ANY, Reply("", 404, problem="html"), Meaning.STOP, "not_scim"),
    ("no such method", WRITES, Reply("", 405), Meaning.HOLD, "unsupported"),
    ("throttled: request timeout", ANY, Reply("", 408), Meaning.RETRY, "throttled"),
    ("conflict (C2)", WRITES, Reply("", 409, "uniqueness"), Meaning.HOLD, "exists"),
    ("conflict without a type (C2)", WRITES, Reply("", 409), Meaning.HOLD, "exists"),
    ("a race", WRITES, Reply("", 412), Meaning.RETRY, "race"),
    ("too big", WRITES, Reply("", 413), Meaning.HOLD, "too_large"),
    ("any other refusal", WRITES, Reply("", 422), Meaning.HOLD, "refused"),
    ("throttled: too early", ANY, Reply("", 425), Meaning.RETRY, "throttled"),
    ("throttled", ANY, Reply("", 429), Meaning.RETRY, "throttled"),
    ("throttled, with a date", ANY, Reply("", 429, retry_after=7.0), Meaning.RETRY, "throttled"),
    ("transient", ANY, Reply("", 500), Meaning.RETRY, "server_error"),
    ("unsupported", WRITES, Reply("", 501), Meaning.HOLD, "unsupported"),
    ("a gateway lost a write: nobody knows", WRITES, Reply("", 502), Meaning.UNKNOWN, "no_answer"),
    ("a gateway lost a read", ("GET",), Reply("", 502), Meaning.RETRY, "server_error"),
    ("down in the middle of a write", WRITES, Reply("", 503), Meaning.UNKNOWN, "no_answer"),
    ("down, a read", ("GET",), Reply("", 503), Meaning.RETRY, "server_error"),
    ("down for a while", ANY, Reply("", 503, retry_after=3.0), Meaning.RETRY, "throttled"),
    ("down, at once again", ANY, Reply("", 503, retry_after=0.0), Meaning.RETRY, "throttled"),
    ("a gateway waited too long for a write", WRITES, Reply("", 504), Meaning.UNKNOWN, "no_answer"),
    ("a gateway waited too long for a read", ("GET",), Reply("", 504), Meaning.RETRY, "server_error"),
    ("a gateway's page for a write", WRITES, Reply("", 502, problem="html"), Meaning.UNKNOWN, "no_answer"),
    ("any other error of the server", ANY, Reply("", 507), Meaning.RETRY, "server_error"),
]


@pytest.mark.parametrize(("why", "methods", "reply", "meaning", "code"), TABLE, ids=[row[0] for row in TABLE])
def test_an_answer(why: str, methods: tuple[str, ...], reply: Reply, meaning: Meaning, code: str) -> None:
    for method in methods:
        verdict = judge(replace(reply, method=method))
        assert (verdict.meaning, verdict.code) == (meaning, code), method


QUIRKS: list[tuple[str, str, Reply, Meaning, str]] = [
    # the quirk, why, the answer, what it means with it, its code
    ("conflict_as_400", "as it says", Reply("POST", 400, None, "User already exists"), Meaning.HOLD, "exists"),
    ("conflict_as_400", "in other words", Reply("POST", 400, None, "userName is TAKEN"), Meaning.HOLD, "exists"),
    ("conflict_as_400", "another refusal", Reply("POST", 400, None, "title is too long"), Meaning.HOLD, "refused"),
    ("conflict_as_400", "not there", Reply("POST", 400, None, "role does not exist"), Meaning.HOLD, "refused"),
    ("conflict_as_400", "no create", Reply("PATCH", 400, None, "already exists"), Meaning.HOLD, "refused"),
    ("conflict_as_400", "without words", Reply("POST", 400), Meaning.HOLD, "refused"),
    ("conflict_as_500", "JSON", Reply("POST", 500, None, "Duplicate key"), Meaning.RETRY, "exists"),
    ("conflict_as_500", "a web page", Reply("POST", 500, problem="html"), Meaning.RETRY, "exists"),
    ("conflict_as_500", "no create", Reply("PATCH", 500), Meaning.RETRY, "server_error"),
    ("conflict_as_500", "a gateway", Reply("POST", 502), Meaning.UNKNOWN, "no_answer"),
    ("forbidden_is_pause", "writing", Reply("PATCH", 403), Meaning.RETRY, "paused_there"),
    ("forbidden_is_pause", "reading", Reply("GET", 403), Meaning.RETRY, "paused_there"),
    ("forbidden_is_pause", "another error", Reply("GET", 401), Meaning.STOP, "credentials_invalid"),
]


@pytest.mark.parametrize(("quirk", "why", "reply", "meaning", "code"), QUIRKS, ids=[f"{q[0]}: {q[1]}" for q in QUIRKS])
def test_a_quirk_of_the_form_changes_what_an_answer_means(
    quirk: str, why: str, reply: Reply, meaning: Meaning, code: str
) -> None:
    verdict = judge(reply, (quirk,))
    assert (verdict.meaning, verdict.code) == (meaning, code), why


def test_only_its_own_quirk_changes_an_answer() -> None:
    for quirk, _, reply, _, _ in QUIRKS:
        assert judge(reply, vocabulary.QUIRKS - {quirk}) == judge(reply)


def test_a_paused_service_provider_pauses_the_connection() -> None:
    """No error for each user, and no token to blame: it goes on by itself, once it is resumed there."""
    verdict = judge(Reply("POST", 403, None, "Provisioning is off"), ("forbidden_is_pause",))
    assert verdict.whole
    assert verdict.after
    assert "Provisioning is off" in verdict.message
    assert verdict.hint


WHOLE = [(408, None), (425, None), (429, None), (429, 30.0), (503, 30.0)]


@pytest.mark.parametrize(("status", "after"), WHOLE)
def test_throttling_is_about_the_connection(status: int, after: float | None) -> None:
    """E1: the whole connection pauses, and the account isn't charged an attempt."""
    verdict = judge(Reply("POST", status, retry_after=after))
    assert (verdict.whole, verdict.after) == (True, after)


@pytest.mark.parametrize("status", [200, 400, 403, 404, 409, 412, 500, 502, 504])
def test_other_answers_are_about_one_account(status: int) -> None:
    assert not judge(Reply("PATCH", status)).whole


def test_a_refusal_is_in_the_service_providers_own_words() -> None:
    verdict = judge(Reply("POST", 400, "invalidValue", "title is too long"))
    assert verdict.message == "The service provider answered 400: title is too long"


def test_an_answer_without_words_says_its_status() -> None:
    assert judge(Reply("POST", 418)).message == "The service provider answered 418"


@pytest.mark.parametrize("row", [row for row in TABLE if row[3] is not Meaning.DONE], ids=lambda row: row[0])
def test_every_trouble_says_what_happened_and_what_to_do(row: tuple[str, tuple[str, ...], Reply, Meaning, str]) -> None:
    error = judge(replace(row[2], method=row[1][0])).error()
    assert set(error) == {"code", "message", "hint"}
    assert all(error.values())


WITHOUT_ANSWER: list[tuple[Verdict, Meaning, str, bool]] = [
    (not_sent("connection refused"), Meaning.RETRY, "unreachable", True),
    (lost("the connection broke"), Meaning.UNKNOWN, "no_answer", False),
    (forbidden_target("10.0.0.1 is a private address"), Meaning.STOP, "forbidden_target", False),
    (no_token("the authorisation server is away", 7.0), Meaning.RETRY, "no_token", True),
    (sign_in_refused("invalid_client", "Check the client."), Meaning.STOP, "credentials_invalid", False),
]


@pytest.mark.parametrize(("verdict", "meaning", "code", "whole"), WITHOUT_ANSWER, ids=[r[2] for r in WITHOUT_ANSWER])
def test_without_an_answer(verdict: Verdict, meaning: Meaning, code: str, whole: bool) -> None:
    assert (verdict.meaning, verdict.code, verdict.whole) == (meaning, code, whole)
    assert verdict.message
    assert verdict.hint


replies = st.builds(
    Reply,
    method=st.sampled_from(ANY),
    status=st.integers(200, 599),
    scim_type=st.none() | st.sampled_from(["uniqueness", "invalidValue", "tooMany", "x"]),
    detail=st.text(max_size=10),
    retry_after=st.none() | st.floats(0, 3600),
    problem=st.none() | st.sampled_from(["html", "cut", "not_json", "too_large", "too_deep"]),
)


@settings(max_examples=500, deadline=None)
@given(replies)
def test_any_answer_has_a_verdict_and_only_2xx_is_done(reply: Reply) -> None:
    verdict = judge(reply)
    assert verdict.code
    assert verdict.meaning is not Meaning.DONE or (200 <= reply.status < 300 and reply.problem is None)


@settings(max_examples=300, deadline=None)
@given(replies)
def test_a_write_that_may_have_happened_is_never_blindly_repeated(reply: Reply) -> None:
    """C3: after 2xx without a readable body, 502, 504: look before anything is sent again."""
    if reply.method != "GET" and (reply.status in (202, 502, 504) and reply.problem is None):
        assert judge(reply).meaning is Meaning.UNKNOWN


# --- delays ---------------------------------------------------------------------------------------------------------

DELAYS = [(1, 1), (2, 2), (3, 4), (4, 8), (8, 128), (10, 512), (11, 900), (TRIES, 900)]


@pytest.mark.parametrize(("attempts", "seconds"), DELAYS)
def test_a_delay_doubles_up_to_a_quarter_of_an_hour(attempts: int, seconds: float) -> None:
    assert delay(attempts, 0.0) == seconds / 2
    assert seconds * 0.99 < delay(attempts, 0.9999) < seconds


def test_that_takes_about_two_hours() -> None:
    hours = sum(delay(attempts, 0.5) * 4 / 3 for attempts in range(1, TRIES + 1)) / 3600
    assert 1.5 < hours < 2.5


def test_then_hours_then_daily() -> None:
    hours = [delay(attempts, 0.0) * 2 / 3600 for attempts in range(TRIES, TRIES + 7)]
    assert hours == [0.25, 1, 6, 12, 24, 24, 24]


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_a_delay_is_bounded_and_never_shrinks(attempts: int, jitter: float) -> None:
    assert 0.5 <= delay(attempts, jitter) < 86_401
    assert delay(attempts + 1, jitter) >= delay(attempts, jitter)
