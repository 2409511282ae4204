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
    token: Annotated[str | None, typer.Option(help="The bearer token to accept. Default: a new one, printed.")] = None,
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
    deviations = _profile(profile or [])
    shown = f"Bearer token: {plain}" if token is None else "Bearer token: as given"
    try:
        rehearsal.run(
            port,
            token=plain,
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


def _profile(words: list[str]) -> Any:
    """A profile from the names of presets and "name=value,name=value"; later ones win."""
    from provisor.testing.presets import PRESETS
    from provisor.testing.profile import Profile

    made, option = Profile(), "--profile"
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
