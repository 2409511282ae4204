"""users: the directory's people, at the command line."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from provisor.cli import finding, leaving
from provisor.cli.output import Json, print_fields, print_json, print_table
from provisor.cli.session import opened

if TYPE_CHECKING:
    from provisor.directory.models import User

users = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
Named = Annotated[str, typer.Argument(metavar="USER", help="Username, e-mail or id.")]
Mail = Annotated[
    bool | None,
    typer.Option(
        "--activation-mail/--no-activation-mail",
        help="Whether an active user is mailed a link for setting a password. By default the organisation's settings say.",
    ),
]
Fields = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="FIELD=VALUE", help="A field of the API, e.g. --set department=Sales. JSON is read as such."
    ),
]


def register(app: typer.Typer) -> None:
    app.add_typer(users, name="users", help="The directory's users.")


@users.command("list")
def list_users(
    search: Annotated[str | None, typer.Option(help="Part of the username, e-mail or name.")] = None,
    state: Annotated[str | None, typer.Option(help="staged, active, suspended or deleting.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    as_json: Json = False,
) -> None:
    """List users, by username."""
    with opened():
        from provisor.directory import queries, shapes

        found = queries.users(queries.UserFilter(search=search, state=state))
        total = found.count()
        shown = [shapes.shape_of_user(user) for user in found.order_by("username_key")[:limit]]
    if as_json:
        print_json({"items": shown, "total": total})
        return
    print_table(("Username", "E-mail", "Name", "State", "Password"), [_row(one) for one in shown])
    typer.echo(f"{len(shown)} of {total} users.")


def _row(one: dict[str, Any]) -> list[object]:
    name = one["displayname"] or " ".join(part for part in (one["firstname"], one["lastname"]) if part)
    return [one["username"], one["email"], name, one["state"], one["password_status"]]


@users.command()
def show(named: Named, as_json: Json = False) -> None:
    """Show a user, the groups, and the accounts in every application."""
    with opened():
        from provisor.applications import queries as applications
        from provisor.directory import queries, shapes

        user = finding.user(named)
        shape = shapes.shape_of_user(user)
        groups = [group.name for group in queries.groups_of_user(user.id).order_by("name_key")]
        accounts = applications.accounts_of_user(user.id)
    if as_json:
        print_json(shape | {"groups": groups, "accounts": accounts})
        return
    print_fields(shape | {"groups": ", ".join(groups)})
    rows = [
        [one["application"]["name"], one["status"], one["active"], one["remote_id"], _trouble(one)] for one in accounts
    ]
    if rows:
        print_table(("Application", "Status", "Active", "Remote id", "Error"), rows)


@users.command()
def create(
    username: str,
    email: str,
    fields: Fields = None,
    staged: Annotated[bool, typer.Option("--staged", help="Not active yet.")] = False,
    start_date: Annotated[
        str | None, typer.Option(metavar="DAY", help="Staged until this day, such as 2026-12-01.")
    ] = None,
    activation_mail: Mail = None,
    as_json: Json = False,
) -> None:
    """Make a user."""
    staged = staged or start_date is not None
    given = _given(fields) | {"username": username, "email": email} | ({"state": "staged"} if staged else {})
    given |= {"start_date": start_date} if start_date else {}
    with opened():
        from provisor.administrators.actor import shell
        from provisor.bodies import parse
        from provisor.directory import commands
        from provisor.directory.validation import NewUser

        draft = parse(NewUser, given)
        _report(commands.create_user(shell(), draft, mail=_mail(activation_mail)), as_json)


@users.command()
def update(named: Named, fields: Fields = None, as_json: Json = False) -> None:
    """Change fields of a user."""
    with opened():
        from provisor.administrators.actor import shell
        from provisor.bodies import parse
        from provisor.directory import commands
        from provisor.directory.validation import UserChanges

        changes = parse(UserChanges, _given(fields))
        _report(commands.update_user(shell(), finding.user(named).id, changes), as_json)


@users.command()
def suspend(
    named: Named,
    at: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Not now but then, such as 2026-12-01T18:00:00Z; “never” takes a plan back."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Suspend an active user, now or at a time: the accounts are deactivated."""
    if at is None:
        _move(named, "suspend_user", as_json)
    else:
        leaving.plan(named, at, _report, as_json)


@users.command()
def offboarding(named: leaving.Leaver, as_json: Json = False) -> None:
    """Show the report of who was suspended or deleted: each application, when it was asked and when it confirmed."""
    leaving.show_report(named, as_json)


@users.command()
def unsuspend(named: Named, as_json: Json = False) -> None:
    """Make a suspended user active again."""
    _move(named, "unsuspend_user", as_json)


@users.command()
def activate(named: Named, activation_mail: Mail = None, as_json: Json = False) -> None:
    """Make a staged user active."""
    with opened():
        from provisor.administrators.actor import shell
        from provisor.directory import commands

        user = commands.activate_user(shell(), finding.user(named).id, mail=_mail(activation_mail))
        _report(user, as_json)


@users.command("send-activation")
def send_activation(named: Named, as_json: Json = False) -> None:
    """Mail an active user without a password a link for setting one."""
    _move(named, "send_activation", as_json)


@users.command("send-reset")
def send_reset(named: Named, as_json: Json = False) -> None:
    """Mail an active user a link for setting a new password."""
    _move(named, "send_reset", as_json)


@users.command()
def unlock(named: Named, as_json: Json = False) -> None:
    """End the lock after too many wrong tries at the password."""
    _move(named, "unlock_user", as_json)


@users.command("expire-password")
def expire_password(named: Named, as_json: Json = False) -> None:
    """Expire a user's password: the accounts are inactive until a new one is set."""
    _move(named, "expire_password", as_json)


@users.command("set-password")
def set_password(
    named: Named,
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read it from standard input.")] = False,
) -> None:
    """Set a user's password. It is asked for."""
    password = (
        sys.stdin.readline().rstrip("\r\n")
        if password_stdin
        else typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    )
    with opened():
        from provisor.administrators.actor import shell
        from provisor.directory import commands

        user = commands.set_password(shell(), finding.user(named).id, password)
        typer.echo(f"{user.username} has a new password.")


@users.command()
def delete(
    named: Named, yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False, as_json: Json = False
) -> None:
    """Delete a user. The accounts are deactivated first."""
    with opened():
        from provisor.administrators.actor import shell
        from provisor.directory import commands

        user = finding.user(named)
        if not yes:
            typer.confirm(f"Delete {user.username} ({user.email})?", abort=True, err=True)
        left = commands.delete_user(shell(), user.id)
        if left is not None:
            _report(left, as_json)
        elif as_json:
            print_json({"id": user.id, "state": "deleted"})
        else:
            typer.echo(f"{user.username} is deleted.")


def _move(named: str, command: str, as_json: bool) -> None:
    with opened():
        from provisor.administrators.actor import shell
        from provisor.directory import commands

        move: Callable[..., User] = getattr(commands, command)
        _report(move(shell(), finding.user(named).id), as_json)


def _mail(asked: bool | None) -> bool:
    from provisor.directory.commands import activation

    return activation.by_default() if asked is None else asked


def _report(user: User, as_json: bool) -> None:
    from provisor.directory.shapes import shape_of_user

    if as_json:
        print_json(shape_of_user(user))
    else:
        typer.echo(f"{user.username} ({user.email}) is {user.state}, password {user.password_status}.")


def _given(fields: list[str] | None) -> dict[str, Any]:
    """`--set` options as a body: what reads as JSON is JSON (lists, null), all else is text."""
    given = {}
    for field in fields or []:
        name, equals, value = field.partition("=")
        if not equals or not name:
            raise typer.BadParameter(f"“{field}” is not FIELD=VALUE.", param_hint="--set")
        given[name] = _value(value)
    return given


def _value(text: str) -> Any:
    if text[:1] in ("[", "{", '"') or text in ("null", "true", "false"):
        try:
            return json.loads(text)
        except ValueError:
            raise typer.BadParameter(f"{text} is not valid JSON.", param_hint="--set") from None
    return text


def _trouble(account: dict[str, Any]) -> str | None:
    return str(account["error"]["message"]) if account["error"] else None
