"""Leavers at the command line: a suspension that is planned, and the offboarding report."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Annotated, Any

import typer

from provisor.cli import finding
from provisor.cli.failures import Failure
from provisor.cli.output import print_json, print_table
from provisor.cli.session import opened

Leaver = Annotated[str, typer.Argument(metavar="USER", help="Username, e-mail or id; of who is gone, username or id.")]
NEVER = "never"


def plan(named: str, at: str, report: Callable[[Any, bool], None], as_json: bool) -> None:
    """Plans a suspension, or takes the plan back."""
    with opened():
        from provisor.administrators.actor import shell
        from provisor.bodies import Body, Time, parse
        from provisor.directory import commands

        class Planned(Body):
            suspend_at: Time

        wanted = None if at == NEVER else parse(Planned, {"suspend_at": at}).suspend_at
        user = commands.plan_suspension(shell(), finding.user(named).id, wanted)
        report(user, as_json)
        if not as_json and user.suspend_at:
            typer.echo(f"The suspension is planned: {user.suspend_at.isoformat()}.")


def show_report(named: str, as_json: bool) -> None:
    """The report, of somebody who is there or of who is gone."""
    with opened():
        from provisor.applications.queries.offboarding import offboarding_of

        report = offboarding_of(_leaver(named))
    if as_json:
        print_json(report.as_json())
        return
    by = (report.by or {}).get("name") or "?"
    typer.echo(f"{report.name} ({report.username}): {report.call} by {by}, {report.at.isoformat(timespec='seconds')}")
    typer.echo(f"{report.state}: {report.confirmed} confirmed, {report.open} open, {report.unconfirmed} not confirmed")
    rows = [
        [item.application, item.state, item.confirmed, item.tries, (item.error or {}).get("message") or item.text]
        for item in report.items
    ]
    if rows:
        print_table(("Application", "State", "Confirmed", "Tries", "Why"), rows)


def _leaver(named: str) -> uuid.UUID:
    from provisor.applications.models import Offboarding

    try:
        return uuid.UUID(str(finding.user(named).id))
    except Failure:
        gone = Offboarding.objects.filter(username__iexact=named).order_by("-at").first()
        if gone is not None:
            return gone.user_id
    try:
        return uuid.UUID(named)
    except ValueError:
        raise Failure(f"Nobody called “{named}” is here or has left.") from None
