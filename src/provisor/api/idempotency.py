"""`Idempotency-Key`: a POST that a caller repeats because the answer got lost is carried out once.

The answer is stored in the same transaction as what the call did, so there is no moment in which one exists without
the other; an advisory lock of that transaction tells a second call that the first is still running. Routes that
send requests to an SP can't run in a transaction: for them only the finished answer is stored.
An answer is kept for 24 hours; one of 500 or above, or one that says when to try again, is not kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from provisor.administrators.models import IdempotencyKey
from provisor.errors import Conflict, Invalid

KEPT = timedelta(hours=24)
LONGEST = 255
Call = Callable[[], HttpResponse]


def answer_once(request: HttpRequest, caller: str, call: Call) -> HttpResponse:
    """The answer of `call`, or the one stored for this key. Raises Conflict: `in_progress`, `idempotency_mismatch`."""
    key = _key(request)
    if key is None:
        return call()
    with transaction.atomic():
        if not _lock(caller, key):
            raise Conflict(_("The first call with this Idempotency-Key is still running."), code="in_progress")
        stored = _stored(request, caller, key)
        if stored is not None:
            return stored
        return _carry_out(request, caller, key, call)


def answer_stored_or(request: HttpRequest, caller: str, call: Call) -> HttpResponse:
    """As answer_once, for a call that must not run inside a transaction."""
    key = _key(request)
    stored = _stored(request, caller, key) if key is not None else None
    if stored is not None:
        return stored
    answer = call()
    if key is not None and _is_final(answer):
        _store(request, caller, key, answer)
    return answer


def forget_old() -> int:
    """Removes answers older than 24 hours; for routine housekeeping. How many."""
    removed, _by_model = IdempotencyKey.objects.filter(created__lt=timezone.now() - KEPT).delete()
    return removed


def _carry_out(request: HttpRequest, caller: str, key: str, call: Call) -> HttpResponse:
    before = transaction.savepoint()
    answer = call()
    if answer.status_code >= 400:
        transaction.savepoint_rollback(before)
    if _is_final(answer):
        _store(request, caller, key, answer)
    return answer


def _is_final(answer: HttpResponse) -> bool:
    """Whether the same call later would be answered the same: no mistake of ours, nothing that asks to be repeated."""
    return answer.status_code < 500 and "Retry-After" not in answer


def _key(request: HttpRequest) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not (0 < len(key) <= LONGEST and key.isascii() and key.isprintable()):
        raise Invalid({"Idempotency-Key": _("A key has 1 to 255 printable ASCII characters.")})
    return key


def _lock(caller: str, key: str) -> bool:
    name = int.from_bytes(hashlib.sha256(f"{caller}:{key}".encode()).digest()[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [name])
        return bool(cursor.fetchone()[0])


def _stored(request: HttpRequest, caller: str, key: str) -> HttpResponse | None:
    found = IdempotencyKey.objects.filter(actor=caller, key=key).first()
    if found is None:
        return None
    if found.created < timezone.now() - KEPT:
        found.delete()
        return None
    if bytes(found.request_digest) != _digest(request):
        message = _("This Idempotency-Key was used for another call. Take a new key for a new call.")
        raise Conflict(message, code="idempotency_mismatch")
    body = bytes(found.body or b"")
    return HttpResponse(body, status=found.status, content_type="application/json; charset=utf-8")


def _store(request: HttpRequest, caller: str, key: str, answer: HttpResponse) -> None:
    values = {"request_digest": _digest(request), "status": answer.status_code, "body": answer.content}
    IdempotencyKey.objects.get_or_create(actor=caller, key=key, defaults=values)


def _digest(request: HttpRequest) -> bytes:
    """Keyed: a body may hold a secret, such as an application's password, which a plain hash would help to guess."""
    said = f"{request.method} {request.get_full_path()}\n".encode() + request.body
    return salted_hmac("provisor.api.idempotency", said, algorithm="sha256").digest()
