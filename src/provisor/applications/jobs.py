"""The background work that applications bring along (provisor.jobs)."""

from __future__ import annotations

from provisor import jobs
from provisor.applications.commands import offboarding_reports
from provisor.applications.credentials import expiry, rotation
from provisor.applications.importing import reading as reading
from provisor.applications.scopes import scoping as scoping


@jobs.every("* * * * *", "offboarding_reports")
def tell_offboardings() -> None:
    """Administrators are told what became of the leavings that they began."""
    while offboarding_reports.tell() >= offboarding_reports.PIECE:
        jobs.checkpoint()


@jobs.every("7 * * * *", "credentials.watch")
def watch_credentials() -> None:
    """Owners and administrators are told of what ends: tokens, passwords and certificates."""
    expiry.tell()


@jobs.every("* * * * *", "credentials.switch", long=True)
def switch_credentials() -> None:
    """Where the current credential is refused or has ended, the next one takes its place."""
    rotation.switch_where_needed()
