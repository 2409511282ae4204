"""What is done with mail in the background."""

from __future__ import annotations

from provisor import jobs
from provisor.mail import pruning, sending


@jobs.job("send_mails", retries=0)
def send_mails() -> None:
    """Sends what is due. Deferred with each mail that is written."""
    if sending.send_due():
        jobs.later("send_mails")


@jobs.every("* * * * *", "send_mails_again")
def send_mails_again() -> None:
    """What is to be tried again, and what a lost worker left."""
    send_mails()


@jobs.every("41 * * * *", "prune_mails")
def prune_mails() -> None:
    pruning.prune()
