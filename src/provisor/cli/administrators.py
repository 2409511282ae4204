"""admin and token: who may sign in to the portal, and what may call the API."""

from __future__ import annotations

import sys
import uuid
from typing import TYPE_CHECKING, Annotated, Any

import typer

from provisor.cli.output import Json, print_json, print_table
from provisor.cli.session import opened

if TYPE_CHECKING:
    from provisor.administrators.models import ApiToken

admin = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
token = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

RoleOption = Annotated[str, typer.Option(help="owner, admin, operator or auditor.")]
PasswordStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]


def register(app: typer.Typer) -> None:
    app.add_typer(admin, name="admin", help="Administrators: who may sign in to the portal.")
    app.add_typer(token, name="token", help="API tokens.")


@admin.command("create")
def create_admin(
    email: str, role: RoleOption = "admin", password_stdin: PasswordStdin = False, as_json: Json = False
) -> None:
    """Make an administrator. The password is asked for."""
    password = _password(password_stdin)
    with opened():
        from provisor.administrators import commands
        from provisor.administrators.actor import shell

        made = commands.create_administrator(shell(), email=email, role=role, password=password)
        shape = {"id": made.id, "email": made.email, "role": str(made.role), "created": made.created}
    if as_json:
        print_json(shape)
    else:
        typer.echo(f"{made.email} may sign in as {made.role}.")


@admin.command("reset")
def reset_admin(email: str, password_stdin: PasswordStdin = False) -> None:
    """Give an administrator a new password."""
    password = _password(password_stdin)
    with opened():
        from provisor.administrators import commands
        from provisor.administrators.actor import shell

        made = commands.reset_password(shell(), email=email, password=password)
    typer.echo(f"{made.email} has a new password.")


@token.command("create")
def create_token(
    name: str,
    role: RoleOption = "admin",
    expires: Annotated[int | None, typer.Option(metavar="DAYS", help="Days until it ends. Default: never.")] = None,
    as_json: Json = False,
) -> None:
    """Make an API token and print it, alone. It is shown this once."""
    with opened():
        from provisor.administrators import commands
        from provisor.administrators.actor import shell

        made, plain = commands.create_token(shell(), name=name, role=role, expires_days=expires)
    if as_json:
        shape = {"id": made.id, "name": made.name, "role": str(made.role), "expires": made.expires, "token": plain}
        print_json(shape)
    else:
        typer.echo(plain)


@token.command("list")
def list_tokens(as_json: Json = False) -> None:
    """List the API tokens, without the tokens themselves."""
    with opened():
        from provisor.administrators import commands
        from provisor.administrators.actor import shell

        rows = [_shape(one) for one in commands.list_tokens(shell())]
    if as_json:
        print_json({"items": rows})
        return
    print_table(
        ("Name", "Begins with", "Role", "Expires", "Last used", "Revoked", "Id"), [list(row.values()) for row in rows]
    )


@token.command("revoke")
def revoke_token(
    id: Annotated[uuid.UUID, typer.Argument(metavar="ID", help="The token's id, see “token list”.")],
) -> None:
    """Revoke an API token: it ends at once."""
    with opened():
        from provisor.administrators import commands
        from provisor.administrators.actor import shell

        commands.revoke_token(shell(), id)
    typer.echo("Revoked.")


def _shape(one: ApiToken) -> dict[str, Any]:
    return {
        "name": one.name,
        "prefix": one.prefix,
        "role": str(one.role),
        "expires": one.expires,
        "last_used": one.last_used,
        "revoked": one.revoked,
        "id": one.id,
    }


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
