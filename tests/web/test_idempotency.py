"""Idempotency-Key: a repeated POST is carried out once."""

from __future__ import annotations

import hashlib
import json
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from provisor.administrators.models import IdempotencyKey
from provisor.api import idempotency, users
from provisor.directory import commands
from provisor.directory.models import User
from provisor.errors import Busy

ADA = {"username": "ada", "email": "ada@example.com"}


def test_the_same_call_again_gets_the_same_answer(api: Any, happened: Any) -> None:
    answers = [api.post("/users", ADA, Idempotency_Key="k1") for _again in range(3)]
    assert [answer.status_code for answer in answers] == [201] * 3
    assert len({answer.content for answer in answers}) == 1
    assert (User.objects.count(), len(happened("user_create"))) == (1, 1)


@pytest.mark.parametrize(("path", "body"), [("/users", {**ADA, "username": "b"}), ("/groups", ADA)])
def test_the_same_key_for_another_call_is_refused(api: Any, path: str, body: Any) -> None:
    api.post("/users", ADA, Idempotency_Key="k1")
    answer = api.post(path, body, Idempotency_Key="k1")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "idempotency_mismatch")


def test_a_refusal_is_kept_as_well_and_wrote_nothing(api: Any) -> None:
    bad = [api.post("/users", {"username": "ada"}, Idempotency_Key="k1") for _again in range(2)]
    assert [answer.status_code for answer in bad] == [422, 422]
    assert User.objects.count() == 0


def test_a_mistake_of_ours_is_not_kept(api: Any, monkeypatch: Any) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(users, "shape_of_user", lambda _user: 1 / 0)
        assert api.post("/users", ADA, Idempotency_Key="k1").status_code == 500
    assert User.objects.count() == 0
    assert api.post("/users", ADA, Idempotency_Key="k1").status_code == 201


def test_what_asks_to_be_repeated_is_not_kept(api: Any, monkeypatch: Any) -> None:
    def busy(*_arguments: Any, **_named: Any) -> None:
        raise Busy("Others are in the way.")

    with monkeypatch.context() as crowded:
        crowded.setattr(commands, "create_user", busy)
        assert api.post("/users", ADA, Idempotency_Key="k1").status_code == 409
    assert api.post("/users", ADA, Idempotency_Key="k1").status_code == 201


def test_keys_belong_to_a_caller_and_live_for_24_hours(api: Any, as_role: Any) -> None:
    assert api.post("/users", ADA, Idempotency_Key="k1").status_code == 201
    assert as_role("admin").post("/users", ADA, Idempotency_Key="k1").status_code == 409
    IdempotencyKey.objects.update(created=timezone.now() - timedelta(hours=24, seconds=1))
    assert api.post("/users", ADA, Idempotency_Key="k1").json()["error"]["code"] == "conflict"
    IdempotencyKey.objects.update(created=timezone.now() - timedelta(hours=25))
    idempotency.forget_old()
    assert IdempotencyKey.objects.count() == 0


@pytest.mark.parametrize("key", ["", "x" * 256, "naïve"])
def test_odd_keys_are_named(api: Any, key: str) -> None:
    answer = api.post("/users", ADA, Idempotency_Key=key)
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (422, ["Idempotency-Key"])


def test_other_methods_take_no_notice(api: Any, make_user: Any) -> None:
    path = f"/users/{make_user('ada').id}"
    names = [api.patch(path, {"firstname": name}, Idempotency_Key="k1").json()["firstname"] for name in "ab"]
    assert names == ["a", "b"]


@pytest.mark.django_db(transaction=True)
def test_a_twin_at_the_same_time_is_told_to_wait(api: Any, monkeypatch: Any) -> None:
    inside, go_on, answers = threading.Event(), threading.Event(), []
    create = commands.create_user

    def slow(*arguments: Any, **named: Any) -> Any:
        inside.set()
        assert go_on.wait(10)
        return create(*arguments, **named)

    def first() -> None:
        answers.append(api.post("/users", ADA, Idempotency_Key="k1"))
        connection.close()

    monkeypatch.setattr(commands, "create_user", slow)
    thread = threading.Thread(target=first)
    thread.start()
    assert inside.wait(10)
    twin = api.post("/users", ADA, Idempotency_Key="k1")
    go_on.set()
    thread.join(10)
    assert (twin.status_code, twin.json()["error"]["code"]) == (409, "in_progress")
    assert [answer.status_code for answer in answers] == [201]
    assert api.post("/users", ADA, Idempotency_Key="k1").content == answers[0].content


def test_a_stored_key_helps_nobody_to_guess_what_was_sent(api: Any) -> None:
    """A body may hold a secret, such as an application's password: guesses at a plain hash are quickly made."""
    api.post("/users", ADA, Idempotency_Key="k1")
    guess = hashlib.sha256(b"POST /api/v1/users\n" + json.dumps(ADA).encode()).digest()
    assert bytes(IdempotencyKey.objects.get().request_digest) != guess
