"""Reading an application's accounts (or groups) into candidates, in a job of the worker.

One page at a time: asked for, kept in one transaction, forgotten; so memory doesn't grow with the SP, and a cancelled import
ends within a page. Who is killed begins anew, and whoever was there before keeps nothing more (`attempt`). From a read
that isn't provably complete (scim.paging) nothing is concluded, but what it showed may be confirmed.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing, closing
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection, transaction

from provisor import jobs
from provisor.applications.importing import ending
from provisor.applications.importing import statements as sql
from provisor.applications.importing.asking import CannotAsk, client_for
from provisor.applications.importing.models import Import
from provisor.applications.importing.rows import Reading, rows_of
from provisor.applications.queries.form import form_of
from provisor.core.form import Form
from provisor.core.mapping import parse_rows
from provisor.core.protected import as_listed
from provisor.scim import me, paging
from provisor.scim.answers import TransportError
from provisor.scim.http import HttpClient
from provisor.scim.reader import Page

GROUPS_AT_ONCE = 20  # a group comes with its members
MOMENT = 1.0  # seconds between two looks whether the import is still wanted
_PATHS = {"users": "/Users", "groups": "/Groups"}


class NoLongerWanted(Exception):
    """The import was cancelled or deleted, or another reader took over: nothing more is kept."""


@dataclass
class _Reader:
    """One reader at work. `unreadable`: how many entries could not be read so far."""

    running: Import
    attempt: uuid.UUID
    form: Form
    reading: Reading
    unreadable: int = 0


@jobs.job("import_read", long=True)
def read_import(import_id: str) -> None:
    """Reads the import from its beginning to its end, unless it has ended."""
    running = Import.objects.select_related("application").filter(id=import_id).first()
    if running is None or (attempt := _begin(running)) is None:
        return
    try:
        _read(running, attempt)
    except NoLongerWanted:
        return


def _begin(running: Import) -> uuid.UUID | None:
    attempt = uuid.uuid4()
    with transaction.atomic():
        if not _rows(sql.BEGIN, {"import": running.id, "attempt": attempt}):
            return None
        _execute(sql.FORGET, {"import": running.id})
    return attempt


def _read(running: Import, attempt: uuid.UUID) -> None:
    try:
        client = client_for(running.application)
    except CannotAsk as error:
        ending.fail(running, attempt, "no_answer", str(error))
        return
    application = running.application
    reader = _Reader(running, attempt, form_of(application), _reading(running))
    problem: Exception | None = None
    try:
        with closing(_pages(client, reader)) as pages:
            for page in pages:
                jobs.checkpoint()
                _keep(reader, page)
    except (paging.Incomplete, TransportError) as error:
        problem = error
    ending.end(running, attempt, problem)


def _reading(running: Import) -> Reading:
    application = running.application
    protected = as_listed(application.protected, application.own_account)
    return Reading(running.id, running.kind, parse_rows(application.mapping), protected)


def _pages(client: HttpClient, reader: _Reader) -> Generator[Page, None, None]:
    """The pages, each asked for when it is wanted: the loop stands still while a page is kept."""
    with asyncio.Runner() as runner:
        walk = _walk(client, reader)
        try:
            while (page := runner.run(_next(walk))) is not None:
                yield page
        finally:
            runner.run(walk.aclose())


async def _next(walk: AsyncGenerator[Page, None]) -> Page | None:
    return await anext(walk, None)


async def _walk(closed: HttpClient, reader: _Reader) -> AsyncGenerator[Page, None]:
    kind, form = reader.running.kind, reader.form
    count = form.page if kind == "users" else min(form.page, GROUPS_AT_ONCE)

    async def sleep(seconds: float) -> None:
        await _wait(reader, seconds)

    async with closed as client:
        if kind == "users" and reader.running.application.own_account is None:
            await _ask_whose_token(client, reader)
        pages = paging.pages(client, count=count, paging=form.paging, path=_PATHS[kind], sleep=sleep)
        async with aclosing(pages) as walk:  # type: ignore[type-var]
            async for page in walk:
                yield page


async def _ask_whose_token(client: HttpClient, reader: _Reader) -> None:
    """So that the account of our own token is marked, also where the application was never activated."""
    own = await me.own_account(client)
    if own is not None and own.remote_id:
        protected = as_listed(reader.running.application.protected, own.as_json())
        reader.reading = replace(reader.reading, protected=protected)


async def _wait(reader: _Reader, seconds: float) -> None:
    """A pause that the SP asked for; it ends at once when the import is cancelled or the worker stops."""
    while seconds > 0:
        await asyncio.to_thread(_still_wanted, reader)
        await asyncio.sleep(min(seconds, MOMENT))
        seconds -= MOMENT


def _still_wanted(reader: _Reader) -> None:
    jobs.checkpoint()
    try:
        wanted = _rows(sql.STILL_WANTED, {"import": reader.running.id, "attempt": reader.attempt})
    finally:
        connection.close()  # this thread's
    if not wanted:
        raise NoLongerWanted


def _keep(reader: _Reader, page: Page) -> None:
    """One page, in one transaction with the progress; nothing of it where this reader isn't wanted any more."""
    rows = rows_of(page, reader.reading, reader.unreadable)
    what: dict[str, Any] = {"import": reader.running.id, "attempt": reader.attempt}
    with transaction.atomic():
        if not _rows(sql.PROGRESS, {**what, "count": len(rows), "total": _fits(page.total)}):
            raise NoLongerWanted
        _execute(sql.KEEP, {**what, "rows": json.dumps(rows)})
    reader.unreadable += len(page.unreadable)


def _fits(total: int | None) -> int | None:
    return None if total is None else min(total, 2**31 - 1)


def _rows(statement: str, what: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, what)
        return list(cursor.fetchall())


def _execute(statement: str, what: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, what)
