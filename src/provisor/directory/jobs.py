"""The directory's background work: what comes about because time passes. Each job does all that is due by now, in pieces of
a transaction each, so that a run that was missed or broken off is made up for by the next one.
"""

from __future__ import annotations

from collections.abc import Callable

from provisor import jobs
from provisor.directory.commands import expiring, joiners, leaving, one_time, rules, sign_in, trash
from provisor.directory.importing import carrying as carrying
from provisor.directory.passwords import limits


@jobs.every("*/5 * * * *", "start_dates")
def start_dates() -> None:
    """Staged users whose day has come become active: at midnight in every time zone, since those differ by quarters."""
    _all(joiners.start_those_due, joiners.PIECE)


@jobs.every("*/5 * * * *", "passwords")
def passwords() -> None:
    """Passwords end, those near their end are told of, and locks open."""
    _all(sign_in.unlock_where_time_is_up, sign_in.PIECE)
    expiring.begin_counting()
    _all(expiring.expire_those_due, expiring.PIECE)
    _all(expiring.warn_those_near, expiring.PIECE)


@jobs.every("* * * * *", "planned_suspensions")
def planned_suspensions() -> None:
    """Active users whose planned time has come are suspended."""
    _all(leaving.suspend_those_due, leaving.PIECE)


@jobs.every("23 * * * *", "trash")
def trash_too_old() -> None:
    """Deleted users and groups that can't be restored any more are erased."""
    _all(trash.erase_old, trash.PIECE)


@jobs.every("17 3 * * *", "password_remains")
def password_remains() -> None:
    """Links and counts that nobody asks for any more."""
    one_time.forget_old()
    limits.forget_old()


@jobs.every("23 2 * * *", "computed_members", long=True)
def computed_members() -> None:
    """Rules and filters are judged anew for everybody, so that what no edit told of (a manager who is gone, another type of
    an attribute) is found within a day."""
    after = None
    while after := rules.judge_again(after):
        jobs.checkpoint()


def _all(work: Callable[[], int], piece: int) -> None:
    while work() >= piece:
        jobs.checkpoint()
