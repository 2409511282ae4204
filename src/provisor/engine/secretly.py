"""Requests that carry a password: none of what they bring back, or break with, tells it to anybody else.

The exchange asks here for every write: an SP that repeats a password in its words or in its resource gets it nowhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from provisor.core import passwords
from provisor.engine.told import Told


class NotSaid(Exception):
    """Something broke while a password was sent; its own message may tell the password, so only its name is kept."""


def password_of(body: Mapping[str, Any]) -> str | None:
    """The password that a resource carries, if it does."""
    value = body.get("password")
    return value if isinstance(value, str) else None


def password_in(operations: Sequence[Mapping[str, Any]]) -> str | None:
    """The password that a PATCH carries, by its path or without one."""
    for operation in operations:
        value = operation.get("value")
        if str(operation.get("path") or "").lower() == "password" and isinstance(value, str):
            return value
        if isinstance(value, Mapping) and (found := password_of(value)):
            return found
    return None


async def secretly(password: str | None, asking: Awaitable[Told]) -> Told:
    """What `asking` tells, with nothing of the password in it."""
    if password is None:
        return await asking
    try:
        told = await asking
    except asyncio.CancelledError:
        raise
    except Exception as error:
        raise NotSaid(type(error).__name__) from None
    return _hidden(told, password)


def _hidden(told: Told, password: str) -> Told:
    judged = replace(told.verdict, message=_hidden_words(told.verdict.message, password))
    account = told.account and replace(told.account, raw=passwords.scrubbed(told.account.raw))
    return replace(told, verdict=judged, account=account, body=None if told.body in (None, "") else {})


def _hidden_words(message: str, password: str) -> str:
    """The verdict's words without the SP's, where those tell something: the status before the colon is ours."""
    if not passwords.tells(password, message):
        return message
    head = message.partition(":")[0]
    return passwords.LEFT_OUT if passwords.tells(password, head) else f"{head} {passwords.LEFT_OUT}"
