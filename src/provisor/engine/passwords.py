"""Passwords on their way to an SP: one that nobody knows with a new account, the user's own as soon as it is set.

The user's own goes in a PATCH of its own, after the account's ordinary turn and whatever became of that: a refused password
stops no other change, and no other refused change stops a password. It is taken out of its box only here, to be sent.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import structlog

from provisor.core import passwords, patch, protection, undone, verdict
from provisor.core.changes import Change, Kind
from provisor.core.form import Form
from provisor.core.verdict import Meaning
from provisor.engine import outcomes, recover
from provisor.engine.doing import Doing
from provisor.engine.password_ports import Secret, Unopenable
from provisor.engine.ports import Attempt, Elsewhere, Gone, Outcome, PasswordOutcome, Untouchable, Work
from provisor.engine.session import Session
from provisor.engine.told import Told

PUSHED, REFUSED, DROPPED = "user_password_pushed", "user_password_refused", "user_password_dropped"
EVENT_TYPES = (PUSHED, REFUSED, DROPPED)
SET_AGAIN = "Set the password again, and it is sent again."
SET_ANOTHER = "Set another password that the application takes; everything else goes on."
# An account that is held for one of these is left alone as a whole.
LEFT_ALONE = frozenset({protection.CODE, undone.CODE, "ignored"})

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Given:
    """A password for a new account: the user's own, by its `id`, or one that nobody knows. Or none."""

    value: str | None = field(default=None, repr=False)
    id: UUID | None = None


# With a new account ----------------------------------------------------------------------------------------------------


async def create(doing: Doing, body: dict[str, Any]) -> Told:
    """POST of a new account, with a password where one is to be sent. Where that is refused, once more with the next best
    one: a password that the SP doesn't like keeps nobody from an account."""
    refused: list[tuple[Given, Told]] = []
    told: Told | None = None
    async for given in _best_first(doing):
        with_it = body if given.value is None else {**body, "password": given.value}
        told = await doing.note(await doing.session.exchange.create(with_it))
        if not _refused(told):
            break
        refused.append((given, told))
    assert told is not None
    if told.done:
        await _note_what_was_given(doing, given, told, refused)
    return told


async def _best_first(doing: Doing) -> AsyncIterator[Given]:
    form, work = doing.session.form, doing.work
    if not doing.session.connection.settings.get("push_passwords") or not passwords.taken(form, at="create"):
        yield Given()
        return
    own = await _take(work, doing.session) if work.password else None
    if own is not None and not passwords.too_short_or_long(own.value, form):
        yield Given(own.value, work.password)
    yield Given(passwords.temporary(form, secrets.choice))
    yield Given()


def _refused(told: Told) -> bool:
    """The SP looked at it and said no; it may have been the password."""
    return told.verdict.meaning is Meaning.HOLD and told.status in (400, 422) and told.verdict.code == "refused"


async def _note_what_was_given(doing: Doing, given: Given, told: Told, refused: list[tuple[Given, Told]]) -> None:
    for before, said in refused:
        if before.id is not None:
            doing.passwords.append(_refusal(doing.work, said, _attempt(said, REFUSED)))
    if given.id is not None:
        doing.passwords.append(PasswordOutcome(doing.work, "pushed", given.id, (_attempt(told, PUSHED),)))
    elif given.value is not None:
        if not doing.passwords:  # else it is told that their own was refused
            doing.passwords.append(PasswordOutcome(doing.work, "temporary"))
    elif refused:
        taken = "change" if passwords.taken(doing.session.form, at="change") else "none"
        await doing.session.learn("An account was refused with a password and accepted without one.", password=taken)


# Later -----------------------------------------------------------------------------------------------------------------


async def push(outcome: Outcome, session: Session) -> None:
    """Sends the password that waits for an account whose turn just ended with `outcome`, if it may be sent now."""
    work, link = outcome.work, outcome.link
    if any(each.id == work.password for each in outcome.passwords) or session.over:
        return
    pushing = bool(session.connection.settings.get("push_passwords"))
    if reason := _why_not_at_all(outcome, session.form, pushing=pushing):
        await _record(session, _dropped(work, *reason))
        return
    if link is None or link.remote_id is None or link.intent is not None or link.active is False:
        return  # there is no account yet, or it isn't known what became of it: it waits
    try:
        result = await _send(replace(work, case=replace(work.case, link=link)), session)
    except Untouchable as error:
        result = _dropped(work, protection.CODE, error.outcome.error["message"])
    except Elsewhere:
        return
    except Gone:
        raise
    except Exception as error:  # its message may tell what it must not: only its name is kept
        log.error("A password could not be sent", link=str(link.id), error=type(error).__name__)
        result = _later(work, outcomes.broken(work, error).error, 1)
    if result is not None:
        await _record(session, result)


def _why_not_at_all(outcome: Outcome, form: Form, *, pushing: bool) -> tuple[str, str] | None:
    """Code and words of why it is never sent."""
    case = outcome.work.case
    if not case.wanted or case.user is None or case.user.state not in ("staged", "active"):
        return "not_wanted", "The user is not active or has no access any more."
    if not pushing:
        return "switched_off", "Pushing passwords to the application is off."
    code = (outcome.error or {}).get("code")
    if code in LEFT_ALONE:
        return str(code), "The account is left alone."
    there = outcome.link is not None and outcome.link.remote_id is not None
    if not passwords.taken(form, at="change") and (there or not passwords.taken(form, at="create")):
        return "not_taken", "The application takes no password for an account that is there."
    return None


async def _take(work: Work, session: Session) -> Secret | None:
    try:
        return await session.store.password(session.connection, work)
    except Unopenable:
        message = "The sealed password doesn't open with this master key."
        await _record(session, _dropped(work, "cannot_open", message))
        return None


async def _send(work: Work, session: Session) -> PasswordOutcome | None:
    secret = await _take(work, session)
    if secret is None:
        return None
    if wrong := passwords.too_short_or_long(secret.value, session.form):
        return _not_taken(work, "refused", wrong, ())
    change = Change(Kind.UPDATE, work.link.id, "its password was set", work.link.remote_id)
    doing = Doing(work, change, session)
    await doing.intend(Kind.UPDATE)
    told = await _say(doing, secret.value)
    if told.verdict.code == "gone":
        await session.store.record(session.connection, session.run, await recover.gone(doing, told))
    return _judged(work, told, secret.attempts + 1)


async def _say(doing: Doing, value: str) -> Told:
    """One PATCH with nothing else in it; without a path, or by PUT, where the SP takes it only so."""
    remote_id, exchange, form = doing.change.remote_id, doing.session.exchange, doing.session.form
    assert remote_id is not None
    if form.update == "put":
        return await _put(doing, remote_id, value)
    told = await _heeded(doing, await exchange.patch(remote_id, _operations(value, form)))
    if told.scim_type in ("noTarget", "invalidPath") and form.patch == "each_path":
        without = replace(form, patch="no_path")
        told = await _heeded(doing, await exchange.patch(remote_id, _operations(value, without)))
    return await _put(doing, remote_id, value) if told.verdict.code == "unsupported" else told


def _operations(value: str, form: Form) -> list[patch.Operation]:
    said: patch.Operation = {"op": "replace", "path": "password", "value": value}
    if form.patch == "no_path":
        said = {"op": "replace", "value": {"password": value}}
    return [patch.worded(said, form)]


async def _put(doing: Doing, remote_id: str, value: str) -> Told:
    read = await _heeded(doing, await doing.session.exchange.read(remote_id))
    if read.account is None:
        return read if not read.done else replace(read, verdict=verdict.lost("the account can't be read"))
    form = doing.session.form
    body = patch.replacement(read.account.raw, (), read.account.active is not False, form.put_without)
    body = patch.spelt(body, form) | {"password": value}
    return await _heeded(doing, await doing.session.exchange.put(remote_id, body))


async def _heeded(doing: Doing, told: Told) -> Told:
    await doing.session.heed(told.verdict)
    return told


# What became of it -----------------------------------------------------------------------------------------------------


def _judged(work: Work, told: Told, tries: int) -> PasswordOutcome | None:
    if told.verdict.code == verdict.CLOSED:
        return _later(work, None, tries, again=0.0)  # nothing was sent, and nobody is to blame
    if told.done:
        return PasswordOutcome(work, "pushed", work.password, (_attempt(told, PUSHED),))
    if told.verdict.meaning is Meaning.HOLD and told.verdict.code != "gone":
        return _refusal(work, told, _attempt(told, REFUSED))
    return _later(work, told.verdict.error(), tries, again=told.verdict.after, attempts=(_attempt(told, PUSHED),))


def _attempt(told: Told, type: str) -> Attempt:
    return told.attempt(type)


def _refusal(work: Work, told: Told, attempt: Attempt) -> PasswordOutcome:
    return _not_taken(work, told.verdict.code, told.verdict.message, (attempt,))


def _not_taken(work: Work, code: str, message: str, attempts: tuple[Attempt, ...]) -> PasswordOutcome:
    error = {"code": code, "message": message, "hint": SET_ANOTHER}
    attempts = attempts or (Attempt(REFUSED, "failure", message=message),)
    return PasswordOutcome(work, "refused", work.password, attempts, error)


def _dropped(work: Work, code: str, message: str) -> PasswordOutcome:
    error = {"code": code, "message": f"{message} The password was dropped unsent.", "hint": SET_AGAIN}
    return PasswordOutcome(
        work, "dropped", work.password, (Attempt(DROPPED, "failure", message=error["message"]),), error
    )


def _later(
    work: Work, error: Any, tries: int, *, again: float | None = None, attempts: tuple[Attempt, ...] = ()
) -> PasswordOutcome:
    again = verdict.delay(tries, random.random()) if again is None else again  # noqa: S311 - a delay, no secret
    return PasswordOutcome(work, "waiting", work.password, attempts, error, again)


async def _record(session: Session, outcome: PasswordOutcome) -> None:
    await session.store.record_password(session.connection, session.run, outcome)
