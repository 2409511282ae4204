"""plan and sync for one person: every step from access to the request that would be sent, and what came of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import typer

from provisor.cli import finding, watching
from provisor.cli.failures import Failure
from provisor.cli.output import print_json, print_table

if TYPE_CHECKING:
    import uuid

    from provisor.administrators.actor import Actor

LONGEST = 120.0  # seconds for one person's account


def plan_one(application: str, user: str, *, as_json: bool) -> None:
    """Shows each step; looks at the service provider, and writes nothing."""
    from provisor.applications import queries

    told = queries.why(finding.user(user).id, finding.application(application).id, look=True)
    print_json(told) if as_json else _show(told)
    if told["looked"] and not told["looked"]["ok"]:
        raise Failure("The service provider could not be asked. “provisor doctor” says why.")


def sync_one(application: str, user: str, *, as_json: bool) -> None:
    """Carries out what is due for this person now, and shows the answer."""
    from provisor.administrators.actor import shell
    from provisor.applications import commands, queries

    actor, found, person = shell(), finding.application(application), finding.user(user)
    commands.sync_account(actor, found.id, person.id)
    _wait(found.id, person.id)
    told = queries.why(person.id, found.id)
    answers = _answers(actor)
    print_json({"answers": answers, **told}) if as_json else _show_answers(told, answers)
    if told["account"]["status"] in ("held", "retrying"):
        raise Failure(f"The account of {person.username} is {told['account']['status']}.")


def _wait(application: uuid.UUID, user: uuid.UUID) -> None:
    """Until the worker is done with this account for now. Raises Failure where no worker is there."""
    from django.utils import timezone

    from provisor.applications.models import Due
    from provisor.runtime.status import worker_is_alive

    begun = time.monotonic()
    while Due.objects.filter(application_id=application, user_id=user, not_before__lte=timezone.now()).exists():
        waited = time.monotonic() - begun
        if waited > watching.PATIENCE and not worker_is_alive():
            raise Failure(
                "No worker is running, so nobody carries this out; it stays due. "
                "Start “provisor serve” or “provisor worker”."
            )
        if waited > LONGEST:
            raise Failure("The worker is not done yet; it goes on by itself. Run the command with plan to see how far.")
        time.sleep(0.1)


def _answers(actor: Actor) -> list[dict[str, Any]]:
    """What was sent for this call, the oldest first."""
    from provisor.audit.queries import as_event, events_selection

    rows = events_selection(correlation=actor.correlation).page(limit=50) if actor.correlation else []
    return [as_event(row) for row in reversed(rows)]


def _show(told: dict[str, Any]) -> None:
    steps = ("access", "account", "matched", "looked", "decision", "last", "guard")
    rows = [[name, told[name]["text"]] for name in steps if told[name]]
    rows += [["waits", f"{wait['text']} {wait['hint']}".strip()] for wait in told["waits"]]
    typer.echo(f"{told['user']['name']} in {told['application']['name']}")
    print_table(("Step", "What"), rows)
    for request in told["decision"]["requests"]:
        typer.echo(f"{request['method']} {request['path']}" + (f"  ({request['note']})" if request["note"] else ""))
        if request["body"] is not None:
            print_json(request["body"])
    typer.echo("Nothing was written.")


def _show_answers(told: dict[str, Any], answers: list[dict[str, Any]]) -> None:
    if answers:
        rows = [[one["type"], one["outcome"], one["status"], one["message"]] for one in answers]
        print_table(("What", "Outcome", "Status", "Answer"), rows)
    else:
        typer.echo("Nothing had to be sent.")
    typer.echo(told["account"]["text"])
    for wait in told["waits"]:
        typer.echo(f"{wait['text']} {wait['hint']}".strip())
