"""Background work: mail, imports, sweeps. Whatever shall happen soon, but not while somebody waits for an answer.

    # directory/jobs.py: the module `jobs` of every app is imported at the start
    @jobs.job("welcome")
    def welcome(user: str) -> None: ...

    jobs.later("welcome", user=user.id)     # in a command: deferred in its transaction, and lost with it

    @jobs.every("*/5 * * * *", "start_dates")
    def start_dates() -> None: ...

A job is a plain function that runs in a thread of a worker process, with the ORM. **It may run twice**: a worker that is
lost has its jobs done again by another one. So what is done stands in rows, and a job looks there first. A periodic one that
was missed while no worker ran is done once when one runs: it does everything that is due by now, not what is due today.

An exception lets it be tried again, later each time; `retries` says how often. Arguments are JSON and are no secrets.
The queue is procrastinate's (docs/decisions/0012-background-jobs.md); `jobs/working.py` carries it out.
"""

from __future__ import annotations

from provisor.jobs.deferring import at, later, run_all
from provisor.jobs.registry import Stopped, checkpoint, every, job

__all__ = ["Stopped", "at", "checkpoint", "every", "job", "later", "run_all"]
