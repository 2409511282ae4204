"""The background work that applications bring along (provisor.jobs)."""

from __future__ import annotations

from provisor import jobs
from provisor.applications.commands import offboarding_reports
from provisor.applications.importing import reading as reading
from provisor.applications.scopes import scoping as scoping


@jobs.every("* * * * *", "offboarding_reports")
def tell_offboardings() -> None:
    """Administrators are told what became of the leavings that they began."""
    while offboarding_reports.tell() >= offboarding_reports.PIECE:
        jobs.checkpoint()
