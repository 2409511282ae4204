"""What the offboarding report is made of: begun by the command that suspends or deletes, kept by the worker
(applications/leaving/rows.py), closed when the person comes back. Set-based: suspending a thousand is two statements.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection

_CLOSE = """
    UPDATE applications_offboarding SET closed = now() WHERE user_id = ANY(%(users)s) AND closed IS NULL
"""
_BEGIN = """
    INSERT INTO applications_offboarding (id, user_id, username, name, call, actor, correlation, at)
    SELECT gen_random_uuid(), u.id, u.username,
           coalesce(nullif(u.displayname, ''), nullif(concat_ws(' ', u.firstname, u.lastname), ''), u.username),
           %(call)s, %(actor)s::jsonb, %(correlation)s, now()
    FROM directory_user u WHERE u.id = ANY(%(users)s)
"""
# Every account that is there or may be, and every application to which there is access without one. What is off already
# was confirmed when an earlier leaving says so.
_ACCOUNTS = """
    INSERT INTO applications_offboardingaccount
        (offboarding_id, application_id, application_name, link_id, remote_id, outcome, confirmed, deleted, held, tries)
    SELECT o.id, a.id, a.name, was.link_id, l.remote_id, was.outcome,
           CASE WHEN was.outcome = 'already' THEN coalesce(earlier.confirmed, l.inactive_since, l.last_synced) END,
           false, false, 0
    FROM applications_offboarding o
    JOIN (
        SELECT application_id, user_id FROM applications_access WHERE user_id = ANY(%(users)s)
        UNION
        SELECT application_id, user_id FROM applications_link WHERE user_id = ANY(%(users)s)
    ) pair ON pair.user_id = o.user_id
    JOIN applications_application a ON a.id = pair.application_id
    LEFT JOIN applications_link l ON l.application_id = pair.application_id AND l.user_id = pair.user_id
    CROSS JOIN LATERAL (
        SELECT coalesce(l.id, md5(pair.application_id::text || pair.user_id::text)::uuid) AS link_id,
               CASE WHEN l.id IS NULL OR (l.remote_id IS NULL AND l.intent IS NULL) THEN 'none'
                    WHEN l.active IS FALSE AND l.intent IS NULL THEN 'already' ELSE 'open' END AS outcome
    ) was
    LEFT JOIN LATERAL (
        SELECT max(b.confirmed) AS confirmed FROM applications_offboardingaccount b
        JOIN applications_offboarding p ON p.id = b.offboarding_id AND p.user_id = o.user_id AND p.id <> o.id
        WHERE b.link_id = was.link_id AND was.outcome = 'already'
    ) earlier ON true
    WHERE o.user_id = ANY(%(users)s) AND o.closed IS NULL
"""


def begin(users: Iterable[uuid.UUID], call: str, *, by: Mapping[str, Any], correlation: uuid.UUID | None) -> None:
    """These users leave: what is asked of which application, by whom. An earlier leaving of theirs is closed. In the
    caller's transaction, before a deletion takes their access away. `call`: suspend, planned or delete."""
    what = {"users": list(users), "call": call, "actor": json.dumps(dict(by)), "correlation": correlation}
    with connection.cursor() as cursor:
        for statement in (_CLOSE, _BEGIN, _ACCOUNTS):
            cursor.execute(statement, what)


def close(users: Iterable[uuid.UUID]) -> None:
    """These users are back: nothing more is to be confirmed."""
    with connection.cursor() as cursor:
        cursor.execute(_CLOSE, {"users": list(users)})
