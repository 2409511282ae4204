"""A file is looked at and imported while the page shows how far it is: in a thread of the web process, whose one
transaction ends with what the page will say. A process that dies leaves nothing half done, and the page says so.
"""

from __future__ import annotations

import io
import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import close_old_connections, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from provisor.administrators.actor import Actor
from provisor.directory.commands import csv_import
from provisor.directory.csv import reading
from provisor.directory.csv.review import Review, Watch
from provisor.errors import Busy, NotFound, Problem, WrongState
from provisor.portal.models import CsvUpload, UploadStatus

log = logging.getLogger(__name__)
KEPT = timedelta(days=1)
SILENT = timedelta(minutes=2)  # without a beat for so long, nobody works on it any more
EVERY = 0.4  # seconds between two beats
WORKING = (UploadStatus.LOOKING, UploadStatus.APPLYING)


def keep(administrator_id: uuid.UUID, file: UploadedFile[Any]) -> CsvUpload:
    """Stores a file whose form is right. Raises Invalid naming `file`."""
    table = reading.read(file)  # type: ignore[arg-type]
    CsvUpload.objects.filter(created__lt=timezone.now() - KEPT).delete()
    name = "".join(letter for letter in file.name or "" if letter.isprintable())[:256]
    return CsvUpload.objects.create(
        administrator_id=administrator_id, filename=name, content=table.content, total=table.total
    )


def get(administrator_id: uuid.UUID, upload_id: uuid.UUID) -> CsvUpload:
    """The upload, if it is this administrator's. One that nobody works on any more is failed. Raises NotFound."""
    found = CsvUpload.objects.filter(pk=upload_id, administrator_id=administrator_id).first()
    if found is None:
        raise NotFound(_("This file isn't here any more: files are kept for a day. Choose it again."))
    if found.status in WORKING and timezone.now() - found.beat > SILENT:
        stopped = CsvUpload.objects.filter(pk=found.pk, status=found.status, beat=found.beat)
        stopped.update(status=UploadStatus.FAILED, error=_("It was interrupted. Nothing was imported."))
        found.refresh_from_db()
    return found


def table_of(upload: CsvUpload) -> reading.Table:
    """The file as a table."""
    return reading.read(io.BytesIO(bytes(upload.content)))


def look(actor: Actor, upload: CsvUpload, columns: dict[str, str]) -> None:
    """Begins to look at the rows with these columns. Raises Invalid naming `columns.HEADER`, WrongState."""
    actor.require("users.write")
    meant = reading.mapped(table_of(upload), columns)
    chosen = {header: str(one) for header, one in meant.items()}
    chosen |= {header: reading.LEFT_OUT for header in columns if header not in meant}
    _begin(upload, UploadStatus.LOOKING, columns=chosen)

    def work(table: reading.Table, watch: Watch) -> Review:
        return csv_import.review_users_file(actor, table, meant, watch=watch)

    _start(upload, UploadStatus.LOOKED, work)


def apply(actor: Actor, upload: CsvUpload, bad: csv_import.BadRows, *, mail: bool = False) -> None:
    """Begins to import what was looked at; with `mail`, new active users get a link for setting a password. Raises
    WrongState where it wasn't looked at, or is being imported already."""
    actor.require("users.write")
    if upload.status != UploadStatus.LOOKED or upload.review is None:
        raise WrongState(_("This file isn't ready to be imported. Look at it again."))
    meant, seen = reading.mapped(table_of(upload), upload.columns), upload.review["digest"]
    _begin(upload, UploadStatus.APPLYING)

    def work(table: reading.Table, watch: Watch) -> Review:
        return csv_import.import_users_file(actor, table, meant, bad=bad, seen=seen, mail=mail, watch=watch)

    _start(upload, UploadStatus.DONE, work)


def _begin(upload: CsvUpload, status: UploadStatus, **fields: Any) -> None:
    """Of two who begin at the same time one is refused."""
    mine = CsvUpload.objects.filter(pk=upload.pk, status=upload.status).exclude(
        status__in=(*WORKING, UploadStatus.DONE)
    )
    if not mine.update(status=status, done=0, error="", beat=timezone.now(), **fields):
        raise WrongState(_("This file is being worked on already."))
    upload.status = status


def _start(upload: CsvUpload, end: UploadStatus, work: Callable[[reading.Table, Watch], Review]) -> None:
    table = table_of(upload)
    threading.Thread(target=_carry_out, args=(upload.pk, upload.status, end, table, work), daemon=True).start()


def _carry_out(
    id: uuid.UUID, began: str, end: UploadStatus, table: reading.Table, work: Callable[[reading.Table, Watch], Review]
) -> None:
    mine = CsvUpload.objects.filter(pk=id, status=began)
    try:
        with transaction.atomic():
            with _beating(id) as watch:
                found = work(table, watch)
            if not mine.update(status=end, review=found.as_json(), done=table.total):
                raise Busy(_("It took too long and was given up. Nothing was imported."))
    except Problem as problem:
        mine.update(status=UploadStatus.FAILED, error=problem.message)
    except Exception:
        log.exception("the import %s failed", id)
        mine.update(
            status=UploadStatus.FAILED, error=_("It is our mistake, not yours; the log has it. Nothing was imported.")
        )
    finally:
        connection.close()


@contextmanager
def _beating(id: uuid.UUID) -> Iterator[Watch]:
    """A watch that writes how far it is, on a connection of its own: the import's transaction shows nothing yet."""
    last = 0.0
    with ThreadPoolExecutor(1) as writer:

        def watch(done: int, _total: int) -> None:
            nonlocal last
            if time.monotonic() - last > EVERY:
                last = time.monotonic()
                writer.submit(_beat, id, done)

        try:
            yield watch
        finally:
            writer.submit(_end_beating)


def _beat(id: uuid.UUID, done: int) -> None:
    close_old_connections()
    CsvUpload.objects.filter(pk=id).update(done=done, beat=timezone.now())


def _end_beating() -> None:
    """In the writer's thread: the connection is that thread's own."""
    connection.close()
