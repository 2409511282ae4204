"""A token goes in and never comes out: not in answers, events, logs or the database."""

from __future__ import annotations

import json
import logging

import pytest
from django.db import connection

from provisor import vault
from provisor.applications.models import Application

CANARY = "canary-7Qx9-token-of-an-application"


def everything_stored():
    """All rows of all tables, as text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        rows = []
        for table in tables:
            cursor.execute(f'SELECT row_to_json(t)::text FROM "{table}" t')
            rows += [row for (row,) in cursor.fetchall()]
    return "\n".join(rows)


@pytest.fixture
def canary(new_application, sp):
    """An application with the canary as its token, on a provider that refuses it."""
    return new_application(sp.base_url, auth={"token": CANARY})


def test_no_answer_event_log_or_row_holds_the_token(api, canary, caplog):
    caplog.set_level(logging.DEBUG)
    path = f"/applications/{canary['id']}"
    said = [
        canary,
        api.patch(path, {"auth": {"token": CANARY}, "label": "a"}),
        api.post(f"{path}/test"),
        api.post(f"{path}/activate", expect=409),
        api.post(f"{path}/activate", {"force": True}),
        api.post("/applications", {"name": "b", "base_url": "x", "auth": {"token": f"{CANARY} x"}}, expect=422),
        api.post("/applications", {"name": "b", "base_url": "x", "auth": {"token": CANARY, "a": 1}}, expect=422),
        api.get("/applications"),
        api.events(),
    ]
    assert CANARY not in json.dumps(said)
    assert CANARY not in caplog.text
    stored = everything_stored()
    assert CANARY not in stored
    assert CANARY.encode().hex() not in stored


def test_the_sealed_token_opens_only_in_its_own_row(canary):
    row = Application.objects.get(id=canary["id"])
    sealed = bytes(row.secret)
    assert vault.unseal(sealed, table="applications_application", row=row.id, field="secret") == CANARY
    with pytest.raises(vault.CannotOpen):
        vault.unseal(sealed, table="applications_application", row="another", field="secret")


def test_answers_say_only_that_there_is_one(api, canary):
    auth = api.get(f"/applications/{canary['id']}")["auth"]
    assert {name for name, value in auth.items() if value not in (None, [])} == {"type", "token_set", "set_at"}
