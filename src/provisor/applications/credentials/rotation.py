"""Nobody is woken at night: where the current credential is refused or has ended, and the next one is there, it is tested
and switched to by itself."""

from __future__ import annotations

import uuid
from typing import Final

import structlog

from provisor import jobs
from provisor.administrators.actor import system
from provisor.applications.commands import credentials
from provisor.errors import Problem
from provisor.selection import rows_of

ACTOR: Final = "Provisor"
PIECE: Final = 20
# One that failed its test is tested again after a quarter of an hour: it may have been made, but not be valid yet.
_WANTED: Final = """
    SELECT a.id FROM applications_application a JOIN applications_nextcredential n ON n.application_id = a.id
    WHERE ((a.provisioning = 'failing' AND a.stopped ->> 'code' = ANY(%(refused)s))
           OR (a.provisioning IN ('active', 'failing') AND a.secret_expires <= now()
               AND a.secret_expires_from IN ('given', 'token')))
      AND (n.expires IS NULL OR n.expires > now())
      AND (n.tested IS NULL OR (n.tested ->> 'ok')::boolean
           OR (n.tested ->> 'at')::timestamptz <= now() - interval '15 minutes')
      AND a.id > %(after)s
    ORDER BY a.id LIMIT %(most)s
"""
REFUSED: Final = ("credentials_invalid", "secret")  # "secret": it doesn't open with this master key

log = structlog.get_logger()


def switch_where_needed(*, most: int = PIECE) -> int:
    """Switches one application after the other, each once, `most` of them read at a time; how many were looked at."""
    looked, after = 0, uuid.UUID(int=0)
    while found := rows_of(_WANTED, {"refused": list(REFUSED), "after": after, "most": most}):
        for row in found:
            jobs.checkpoint()
            _switch(row["id"])
        looked, after = looked + len(found), found[-1]["id"]
    return looked


def _switch(id: uuid.UUID) -> None:
    """What goes wrong with one stops no other."""
    try:
        credentials.switch(system(ACTOR), id)
    except Problem as problem:  # what the test said stands beside the credential
        log.info("The next credential doesn't work either", application=str(id), code=problem.code)
    except Exception:
        log.exception("The next credential could not be switched to", application=str(id))
