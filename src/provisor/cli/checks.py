"""doctor: what is wrong with this installation, or with one application's service provider, and what to do."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import Annotated, Any
from uuid import UUID

import typer

from provisor import config
from provisor.cli import finding
from provisor.cli.failures import line_for
from provisor.cli.output import Json, print_json, print_table
from provisor.cli.session import opened

OLDEST = 15  # PostgreSQL


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `message` says what was found and, if it isn't well, what to do."""

    name: str
    ok: bool
    message: str


def register(app: typer.Typer) -> None:
    app.command()(doctor)


def doctor(
    app: Annotated[str | None, typer.Argument(metavar="[APP]", help="Name or id of an application.")] = None,
    as_json: Json = False,
) -> None:
    """Check the installation, or one application's service provider, and say what to do."""
    findings = _application(app) if app else _installation()
    if as_json:
        print_json({"ok": all(one.ok for one in findings), "steps": [asdict(one) for one in findings]})
    else:
        print_table(
            ("", "Looked at", "Found"), [["ok" if one.ok else "NOT OK", one.name, one.message] for one in findings]
        )
    if not all(one.ok for one in findings):
        raise typer.Exit(1)


def _application(named: str) -> list[Finding]:
    with opened():
        from provisor.administrators.actor import shell
        from provisor.applications import commands, queries
        from provisor.scim.check import passes

        found = finding.application(named)
        steps = commands.check_application(shell(), found.id)
        probed = _probed(found.id) if passes(steps) else []
        words, paces = queries.words(finding.application(str(found.id))), _pace(found)
        ends = _ends(finding.application(str(found.id)))
    checked = [Finding(step.name, step.ok, f"{step.message} {step.detail or ''}".strip()) for step in steps]
    return checked + ends + paces + probed + [_word(word) for word in words if word["source"] != "default"]


def _ends(application: Any) -> list[Finding]:
    """When what it signs in with ends, where that is known."""
    from provisor.applications.queries.credentials import ends

    return [
        Finding(f"ends: {end.what}", end.days_left >= 0, f"{end.at:%Y-%m-%d %H:%M} UTC, days left: {end.days_left}.")
        for end in ends(application)
    ]


def _pace(application: Any) -> list[Finding]:
    """How fast it is asked, where a worker has driven it."""
    from provisor.applications.queries.pace import pace_of

    pace = pace_of(application)
    if pace is None:
        return []
    at_once = f"{pace.now} of at most {pace.most} requests at once"
    lately = f"{pace.requests} in the last minute, {pace.throttled} of them too fast; {pace.waiting} to go."
    told = f"{pace.state.capitalize()}. {pace.reason}".strip()
    return [Finding("pace", pace.state in ("running", "paused"), f"{told} {at_once}, {lately}")]


def _probed(application: UUID) -> list[Finding]:
    """Learns what the service provider does; `words` tell of it. What it announces and nothing has shown is a finding."""
    from provisor.administrators.actor import shell
    from provisor.applications import commands
    from provisor.errors import Conflict

    try:
        hints = commands.probe_application(shell(), application).hints
    except Conflict as problem:
        return [Finding("probe", False, str(problem))]
    return [Finding("probe", True, hint) for hint in hints]


def _word(word: dict[str, Any]) -> Finding:
    """One word of the SP form that is known of this application: its value, where it comes from, and what showed it."""
    shown = word["evidence"]["evidence"] if word["source"] == "learned" and word["evidence"] else ""
    return Finding(f"form: {word['word']}", True, f"{word['value']} ({word['source']}). {shown}".strip())


def _installation() -> list[Finding]:
    environment = config.read()
    where = "embedded, in the data folder" if environment.database_url is None else "PROVISOR_DATABASE_URL"
    findings = [Finding("data folder", True, str(environment.data_dir)), _key(environment), _connectors()]
    with ExitStack() as stack:
        try:
            stack.enter_context(opened())
        except Exception as error:
            if (line := line_for(error)) is None:
                raise
            return [*findings, Finding("database", False, line)]
        return [*findings, _version(where), _migrations(), _login(), _worker(), _jobs(), _mail(), _secrets(), _ending()]


def _key(environment: config.Environment) -> Finding:
    try:
        config.master_key(environment)
    except (config.ConfigurationError, OSError) as error:
        return Finding("master key", False, str(error))
    return Finding("master key", True, "There, and long enough. Keep a copy apart from the database's backups.")


def _connectors() -> Finding:
    from provisor.catalogue import entries

    broken, own = entries.broken(), entries.own()
    if broken:
        return Finding(
            "connectors", False, f"Left out: {' '.join(broken)} “provisor catalogue lint FILE” checks a file."
        )
    return Finding("connectors", True, f"{len(entries.ENTRIES)} in the catalogue, {len(own)} of them your own.")


def _version(where: str) -> Finding:
    from django.db import connection

    major = connection.pg_version // 10000  # type: ignore[attr-defined]
    if major < OLDEST:
        return Finding("database", False, f"PostgreSQL {major} ({where}) is too old: {OLDEST} or newer is needed.")
    return Finding("database", True, f"PostgreSQL {major} ({where}) answers.")


def _migrations() -> Finding:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        return Finding("migrations", False, f"{len(missing)} are missing. Run “provisor migrate”.")
    return Finding("migrations", True, "All of this version are applied.")


def _login() -> Finding:
    """Whether the login of web and worker could change the history. A trigger refuses it, but its owner may drop that."""
    from provisor.selection import rows_of

    asked = (
        "SELECT pg_has_role(current_user, relowner, 'USAGE') AS owns FROM pg_class WHERE oid = 'audit_event'::regclass"
    )
    if rows_of(asked, {})[0]["owns"]:
        told = "Web and worker use the owner's login, which could change the history. See docs/guide/operate.md."
        return Finding("login", True, told)
    return Finding("login", True, "Web and worker use a login that can't change the history.")


def _worker() -> Finding:
    from provisor.runtime.status import worker_is_alive

    if worker_is_alive():
        return Finding("worker", True, "At least one is connected.")
    return Finding("worker", False, "None is running: nothing is sent. Start “provisor serve” or “provisor worker”.")


def _jobs() -> Finding:
    """Background jobs that have failed for good. Finished ones are told of for 30 days, so this goes by itself."""
    from provisor.jobs.counts import counts, failed

    if lost := failed():
        told = ", ".join(f"{name} ({count})" for name, count in lost.items())
        return Finding("jobs", False, f"Failed within the last 30 days: {told}. The worker's log says why.")
    return Finding("jobs", True, f"{counts()['waiting']} wait; none has failed.")


def _mail() -> Finding:
    from provisor.mail import queries, trying

    try:
        problem = trying.look()
    except config.ConfigurationError as error:
        return Finding("mail", False, str(error))
    way, failed = queries.way(), queries.counts()["failed"]
    if problem:
        return Finding("mail", False, problem)
    if way.kind == "none":
        return Finding("mail", True, "No server is set (PROVISOR_EMAIL_URL): mail is kept in the outbox.")
    more = f" {failed} mails have failed: “provisor mail list --status failed”." if failed else ""
    return Finding("mail", True, f"{way.where} takes mail.{more}")


def _secrets() -> Finding:
    from provisor.applications.credentials import sealing

    if damaged := sorted({name for name, _field in sealing.damaged()}):
        names = ", ".join(damaged)
        return Finding("secrets", False, f"The credentials of {names} don't open with this master key. Set them again.")
    return Finding("secrets", True, "Every application's credentials open with the master key.")


def _ending() -> Finding:
    """What has ended is wrong; what ends soon is only told."""
    from provisor.applications import queries
    from provisor.applications.queries.credentials import ending_of

    near = [(one.name, ending_of(one)) for one in queries.applications(expiring=30).order_by("name_key")]
    ended = [name for name, end in near if end and end.days_left < 0]
    soon = [f"{name} ({end.at:%Y-%m-%d})" for name, end in near if end and end.days_left >= 0]
    if ended:
        return Finding("endings", False, f"What Provisor signs in with has ended: {', '.join(ended)}. Replace it.")
    if soon:
        return Finding("endings", True, f"End within 30 days: {', '.join(soon)}. Prepare the next ones.")
    return Finding("endings", True, "No token, password or certificate is known to end within 30 days.")
