"""fake-sp: a strict service provider that keeps everything in memory, to rehearse with before the real one."""

from __future__ import annotations

import dataclasses
import secrets
from typing import Annotated, Any

import typer

from provisor.cli.failures import Failure


def register(app: typer.Typer) -> None:
    app.command("fake-sp")(fake_sp)


def fake_sp(
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes any free one.")] = 8990,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    token: Annotated[str | None, typer.Option(help="The token to accept. Default: a new one, printed.")] = None,
    connector: Annotated[
        str | None,
        typer.Option(
            metavar="SLUG|FILE", help="Play what a connector says of its product: one of the catalogue, or a file."
        ),
    ] = None,
    profile: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME|NAME=VALUE",
            help="A known provider (e.g. aws, slack, put-only), or a deviation from the RFCs: patch=false, max_page=20.",
        ),
    ] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND[,NAME=VALUE...]",
            help="What goes wrong: status, lost_answer, reset, cut_json, latency, html or hang; "
            "e.g. status,status=503,probability=0.2 or lost_answer,method=POST,times=3.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Makes the faults' chances repeatable.")] = 0,
    lenient: Annotated[bool, typer.Option("--lenient", help="Report broken rules, but don't refuse for them.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Don't print the requests.")] = False,
) -> None:
    """Run a strict, recording SCIM service provider on this machine, to rehearse with."""
    from provisor.testing import rehearsal
    from provisor.testing.faults import Fault

    plain = token or secrets.token_urlsafe(24)
    faults = [_value_of(Fault, f"kind={text}", "--fault") for text in fault or []]
    played, user = _played(connector)
    deviations = _profile(profile or [], played)
    accepted, shown = _sign_in(deviations, plain, user, given=token is not None)
    try:
        rehearsal.run(
            port,
            token=accepted,
            host=host,
            profile=deviations,
            faults=faults,
            seed=seed,
            strict=not lenient,
            on_start=lambda provider: typer.echo(f"Base URL: {provider.base_url}\n{shown}"),
            on_request=None if quiet else lambda request: typer.echo(rehearsal.describe(request)),
        )
    except OSError as error:
        raise Failure(f"{host}:{port} can't be listened on: {error.strerror}. Choose another with --port.") from error


def _sign_in(profile: Any, token: str, user: str, *, given: bool) -> tuple[str, str]:
    """What the request's header has to hold after the prefix, and what to tell about it."""
    shown, headers = "as given" if given else token, [f"Header {pair}" for pair in profile.require_headers]
    if profile.auth_prefix == "Basic ":
        from base64 import b64encode

        told = [f"User name: {user}", f"Password: {shown}", *headers]
        return b64encode(f"{user}:{token}".encode()).decode(), "\n".join(told)
    said = "Bearer token" if profile.auth_prefix == "Bearer " else "Token"
    where = "" if profile.auth_header == "Authorization" else f" (in the header {profile.auth_header})"
    return token, "\n".join([f"{said}{where}: {shown}", *headers])


def _played(connector: str | None) -> tuple[Any, str]:
    """The profile that a connector's file describes, and the user name of basic sign-in there."""
    from provisor.catalogue import base_urls
    from provisor.core import form
    from provisor.testing.profile import Profile
    from provisor.testing.wearing import worn

    if connector is None:
        return Profile(), ""
    one = _connector(connector)
    examples = {parameter.name: parameter.example for parameter in one.parameters}
    headers = {**one.form.get("headers", {}), **base_urls.headers(one, examples)}
    auth = ("Authorization", "Basic ") if one.auth.type == "basic" else (one.auth.header, one.auth.prefix)
    try:
        made = worn(form.make({**one.form, "headers": headers}, {}, {}), one.rehearsal, header=auth[0], prefix=auth[1])
    except ValueError as error:
        raise typer.BadParameter(f"rehearsal: {error}", param_hint="--connector") from error
    return made, one.auth.username or "provisor"


def _connector(named: str) -> Any:
    from pathlib import Path

    from provisor.catalogue import entries, files
    from provisor.catalogue.checks import meant

    if named in entries.ENTRIES:
        return entries.ENTRIES[named]
    if not named.endswith(".yaml"):
        hint = meant(named, entries.ENTRIES)
        said = f"The catalogue has no “{named}”, and it is no .yaml file.{hint}"
        raise typer.BadParameter(said, param_hint="--connector")
    try:
        return files.read(Path(named))
    except files.InvalidConnector as error:
        raise typer.BadParameter("; ".join(error.lines), param_hint="--connector") from error


def _profile(words: list[str], made: Any) -> Any:
    """`made` with the names of presets and "name=value,name=value" over it; later ones win."""
    from provisor.testing.presets import PRESETS
    from provisor.testing.profile import Profile

    option = "--profile"
    for word in words:
        if "=" in word:
            try:
                made = dataclasses.replace(made, **_given(Profile, word, option))
            except ValueError as error:
                raise typer.BadParameter(str(error), param_hint=option) from error
        elif word in PRESETS:
            made = dataclasses.replace(made, **_deviations(PRESETS[word]))
        else:
            raise typer.BadParameter(f"“{word}” is none of: {', '.join(PRESETS)}.", param_hint=option)
    return made


def _deviations(profile: Any) -> dict[str, Any]:
    values = {field.name: getattr(profile, field.name) for field in dataclasses.fields(profile)}
    return {
        field.name: values[field.name] for field in dataclasses.fields(profile) if values[field.name] != field.default
    }


def _value_of(kind: type[Any], text: str, option: str) -> Any:
    """A dataclass from "name=value,name=value"; each value is read as the field's default is."""
    return kind(**_given(kind, text, option))


def _given(kind: type[Any], text: str, option: str) -> dict[str, Any]:
    fields = {field.name: field for field in dataclasses.fields(kind)}
    given: dict[str, Any] = {}
    for part in filter(None, text.split(",")):
        name, _, value = part.partition("=")
        if name not in fields:
            raise typer.BadParameter(f"“{name}” is none of: {', '.join(fields)}.", param_hint=option)
        given[name] = _read(fields[name], value, option)
    return given


def _read(field: dataclasses.Field[Any], value: str, option: str) -> Any:
    kind = str(field.type)
    if kind == "bool":
        if value not in ("true", "false"):
            raise typer.BadParameter(f"{field.name} is true or false.", param_hint=option)
        return value == "true"
    if kind == "Names":
        return tuple(value.split("+"))
    if kind.startswith("Literal") or field.name == "kind":
        return _choice(field, value, option)
    for number in (int, float):
        if number.__name__ in kind:
            try:
                return number(value)
            except ValueError:
                continue
    if "str" not in kind:
        raise typer.BadParameter(f"{field.name} is a number.", param_hint=option)
    return value


def _choice(field: dataclasses.Field[Any], value: str, option: str) -> str:
    from typing import get_args, get_type_hints

    from provisor.testing import faults, profile

    known = get_args(faults.Kind if field.name == "kind" else get_type_hints(profile.Profile)[field.name])
    if value not in known:
        raise typer.BadParameter(f"{field.name} is one of: {', '.join(known)}.", param_hint=option)
    return value
