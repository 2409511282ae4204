"""Accounts as the contract shows a link. The view `applications_account` reads due marks and links together."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from provisor.applications.leaving import grace
from provisor.errors import NotFound
from provisor.selection import Row, Selection, contains, rows_of
from provisor.text import unique_key

Account = dict[str, Any]

# What a user has of an account that isn't there is still shown: a deleted person's link has no row in the directory.
_ACCOUNTS = f"""
    SELECT account.id, account.application_id, application.name AS application_name, account.user_id,
           coalesce(person.username, kept.name) AS user_name, kept.delete_at, person.email AS user_email, account.status,
           account.remote_id, account.active, account.error, account.candidates, account.attempts, account.next_try,
           account.last_synced, given.status AS password, given.at AS password_at, given.error AS password_error,
           coalesce(person.username_key, '') AS username_key, application.name_key AS application_key
    FROM applications_account account
    JOIN applications_application application ON application.id = account.application_id
    LEFT JOIN directory_user person ON person.id = account.user_id
    LEFT JOIN applications_accountpassword given
        ON given.application_id = account.application_id AND given.user_id = account.user_id
    LEFT JOIN LATERAL (
        SELECT {grace.ENDS} AS delete_at, l.known -> 'userName' ->> 'sent' AS name
        FROM applications_link l JOIN applications_application a ON a.id = l.application_id
        WHERE l.id = account.id AND l.inactive_since IS NOT NULL
    ) kept ON true
    WHERE
"""  # noqa: S608 - constants
_SEARCHED = "(person.username_key LIKE %(search)s OR person.email_key LIKE %(search)s OR account.remote_id = %(exact)s)"


def accounts_selection(
    application_id: uuid.UUID,
    *,
    status: str | Sequence[str] | None = None,
    search: str | None = None,
    code: str | None = None,
) -> Selection:
    """The accounts in one application by user name. `search`: part of user name or e-mail (folded), or a remote id.
    `status`: one, or any of several; `code`: of the error that an account waits for."""
    conditions = ["account.application_id = %(application)s"]
    parameters: dict[str, Any] = {"application": application_id}
    if status is not None:
        conditions.append("account.status = ANY(%(statuses)s)")
        parameters["statuses"] = [status] if isinstance(status, str) else list(status)
    if code:
        conditions.append("account.error ->> 'code' = %(code)s")
        parameters["code"] = code
    if search:
        conditions.append(_SEARCHED)
        parameters |= {"search": contains(unique_key(search)), "exact": search}
    return Selection((_ACCOUNTS + " AND ".join(conditions),), ("username_key", "id"), parameters)


def get_account(account_id: uuid.UUID) -> Account:
    """One account by its id. Raises NotFound."""
    rows = rows_of(f"{_ACCOUNTS} account.id = %(id)s", {"id": account_id})
    if not rows:
        raise NotFound(_("There is no account with this id."))
    return as_account(rows[0])


def accounts_of_user_selection(user_id: uuid.UUID) -> Selection:
    """The accounts of a user, by application."""
    return Selection((f"{_ACCOUNTS} account.user_id = %(user)s",), ("application_key", "id"), {"user": user_id})


def accounts_of_user(user_id: uuid.UUID) -> list[Account]:
    """Every account of a user, by application."""
    rows = rows_of(f"{_ACCOUNTS} account.user_id = %(user)s ORDER BY application.name_key", {"user": user_id})
    return [as_account(row) for row in rows]


def as_account(row: Row) -> Account:
    """A row as the contract's link."""
    return {
        "id": row["id"],
        "application": {"id": row["application_id"], "name": row["application_name"]},
        "user": {"id": row["user_id"], "name": row["user_name"]},
        "status": row["status"],
        "remote_id": row["remote_id"],
        "active": row["active"],
        "error": error_of(parsed(row["error"])),
        "candidates": parsed(row["candidates"]) or [],
        "attempts": row["attempts"],
        "next_try": row["next_try"],
        "last_synced": row["last_synced"],
        "delete_at": row["delete_at"],
        "password": password_of(row["password"], row["password_at"], parsed(row["password_error"])),
    }


def password_of(status: str | None, at: Any, error: Any) -> dict[str, Any] | None:
    """What became of the password of an account, never the password; None where none was sent or is to be."""
    return {"status": status, "at": at, "error": error_of(error)} if status else None


def parsed(value: Any) -> Any:
    """Django's cursors hand JSON over as text."""
    return json.loads(value) if isinstance(value, str) else value


def error_of(error: Any) -> dict[str, str] | None:
    return error and {name: str(error.get(name) or "") for name in ("code", "message", "hint")}
