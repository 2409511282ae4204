"""The reference pages must say what the code says: this writes their generated parts, each between two markers.

    .venv/bin/python docs/generate.py            # writes what is old
    .venv/bin/python docs/generate.py --check    # writes nothing, names what is old, and ends with 1

A part begins with `<!-- generated: NAME -->` and ends with `<!-- end -->`; PARTS has the names. tests/docs compares
them in every test run.
"""

from __future__ import annotations

import ast
import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
SOURCE = FOLDER.parent / "src" / "provisor"
MARKED = re.compile(r"(<!-- generated: (?P<name>[\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
ROLES = ("owner", "admin", "operator", "auditor")

# Permissions that are asked for elsewhere than at the door of a route.
ASKED_ELSEWHERE = {
    "metrics.read": ["`GET /metrics` (outside the prefix)"],
    "applications.secret": [
        "`PATCH /applications/{application_id}` with `base_url`, `parameters`, `auth`, `tls` or `proxy`"
    ],
    "administrators.write": ["the command line only, in this version"],
    "applications.passwords": ["`POST` and `PATCH` of applications with `settings.push_passwords`: true"],
}


def fresh(page: str) -> str:
    """The text of a page with its generated parts as the code has them now. KeyError for an unknown part."""
    return MARKED.sub(lambda found: f"{found[1]}\n{PARTS[found['name']]().strip()}\n\n{found[3]}", page)


def pages() -> Iterator[Path]:
    """Every page of the docs that has a generated part."""
    return (path for path in sorted(FOLDER.rglob("*.md")) if MARKED.search(path.read_text()))


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table. A bar in a cell would end it."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


# Routes and roles


@cache
def permissions() -> dict[str, str]:
    """The name of a route's view, which is its operationId, and the permission that the route asks for."""
    found: dict[str, str] = {}
    for path in sorted((SOURCE / "api").glob("*.py")):
        for view in ast.walk(ast.parse(path.read_text())):
            for call in getattr(view, "decorator_list", []):
                if isinstance(view, ast.FunctionDef) and isinstance(call, ast.Call) and _is_route(call):
                    found[view.name] = next(word.value.value for word in call.keywords if word.arg == "permission")  # type: ignore[attr-defined]
    return found


def _is_route(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and getattr(call.func.value, "id", None) == "routes"


def calls() -> list[dict[str, Any]]:
    """Every route of the OpenAPI document: tag, method, path, text, filters, good statuses, permission."""
    from provisor.api import v1

    return [
        {
            "tag": operation["tags"][0],
            "method": method.upper(),
            "path": path.removeprefix(v1.PREFIX),
            "text": " ".join(operation.get("description", operation["summary"]).split()),
            "filters": [one["name"] for one in operation.get("parameters", []) if one["in"] == "query"],
            "good": [status for status in map(str, operation["responses"]) if status < "300"],
            "permission": permissions()[operation["operationId"]],
        }
        for path, methods in v1.openapi()["paths"].items()
        for method, operation in methods.items()
    ]


def routes() -> str:
    """A table of routes for each part of the API."""
    by_tag: dict[str, list[list[str]]] = {}
    for call in calls():
        filters = [f"`{name}`" for name in call["filters"] if name not in ("limit", "cursor")]
        text = call["text"] + (f" Parameters: {', '.join(filters)}." if filters else "")
        row = [f"`{call['method']} {call['path']}`", text, f"`{call['permission']}`", ", ".join(call["good"])]
        by_tag.setdefault(call["tag"], []).append(row)
    head = ("Call", "Does", "Permission", "Answers")
    return "\n\n".join(f"### {tag.capitalize()}\n\n{table(head, rows)}" for tag, rows in by_tag.items())


def roles() -> str:
    """The table of roles, with the routes that ask for each permission."""
    from provisor.administrators.roles import PERMISSIONS

    asked: dict[str, list[str]] = {name: list(ASKED_ELSEWHERE.get(name, [])) for name in PERMISSIONS}
    for call in calls():
        asked[call["permission"]].append(f"`{call['method']} {call['path']}`")
    rows = [
        [f"`{name}`", *["yes" if role in holders else "" for role in ROLES], ", ".join(asked[name])]
        for name, holders in PERMISSIONS.items()
    ]
    return table(("Permission", *ROLES, "Asked for by"), rows)


# The command line


def commands() -> Iterator[tuple[str, Any]]:
    """Every command that --help shows, by its words: ("users create", command)."""
    import typer.main

    from provisor.cli.main import app

    for name, command in typer.main.get_group(app).commands.items():
        below = getattr(command, "commands", None)
        for word, inner in below.items() if below else [("", command)]:
            if not (command.hidden or inner.hidden):
                yield f"{name} {word}".strip(), inner


def command_line() -> str:
    """A section for each command, with its arguments and options."""
    return "\n\n".join(_section(words, command) for words, command in commands())


def _section(words: str, command: Any) -> str:
    arguments = [one for one in command.params if not one.opts[0].startswith("-")]
    options = [one for one in command.params if one.opts[0].startswith("-")]
    usage = " ".join(["provisor", words, *map(_argument, arguments), *(["[OPTIONS]"] if options else [])])
    rows = [[f"`{_argument(one)}`", one.help] for one in arguments if one.help]
    rows += [[f"`{_option(one)}`", _help(one)] for one in options]
    parts = [f"### {words}", " ".join(command.help.split()), f"```text\n{usage}\n```"]
    return "\n\n".join([*parts, table(("", ""), rows)] if rows else parts)


def _argument(argument: Any) -> str:
    name = str(argument.metavar or argument.name.upper())
    return name if argument.required or name.startswith("[") else f"[{name}]"


def _option(option: Any) -> str:
    if option.is_flag:
        return str(option.opts[0])
    kind = {int: "NUMBER", str: "TEXT"}.get(option.type_descriptor.annotation, "TEXT")
    return f"{option.opts[0]} {option.metavar or kind}"


def _help(option: Any) -> str:
    again = " May be given several times." if option.multiple else ""
    default = "" if option.is_flag or option.default is None else f" Default: `{option.default}`."
    return option.help + again + default


# Settings and mapping


def settings() -> str:
    """Every setting with its default."""
    from provisor.applications import settings

    rows = [[f"[`{name}`](#{name})", f"`{json.dumps(value)}`"] for name, value in settings.as_json({}).items()]
    return table(("Setting", "Default"), rows)


def form() -> str:
    """The words of the SP form with their defaults, what they may be, and what they mean."""
    from provisor.core.form import json_schema

    rows = [
        [f"`{name}`", f"`{json.dumps(word['default'])}`", _allowed(word), word["description"]]
        for name, word in json_schema()["properties"].items()
    ]
    return table(("Part", "Default", "May be", "Meaning"), rows)


def _allowed(word: dict[str, Any]) -> str:
    """What a word of the form may be, in a few words."""
    if word.get("enum"):
        return ", ".join(word["enum"])
    if word.get("type") == "integer":
        return f"{word['minimum']} to {word['maximum']}"
    return {"boolean": "true, false", "array": "a list", "object": "names and values"}.get(word["type"], "text")


def mapping() -> str:
    """The default attribute table."""
    from provisor.core.mapping import DEFAULT_ROWS

    rows = [
        [f"`{row.scim}`", f"`{row.attribute}`", "yes" if row.required else "", "yes" if row.included else "no"]
        for row in DEFAULT_ROWS
    ]
    return table(("SCIM attribute", "Attribute of the user", "Locked", "Included"), rows)


def sources() -> str:
    """What a row may read and write."""
    from provisor.core.mapping import ENTERPRISE_TARGETS, SOURCES, TARGETS

    named = [
        ("Attributes of a user", SOURCES),
        ("SCIM attributes", TARGETS),
        ("Enterprise extension", ENTERPRISE_TARGETS),
    ]
    return "\n\n".join(f"**{title}:** {', '.join(f'`{one}`' for one in sorted(names))}." for title, names in named)


def functions() -> str:
    """The functions of expressions, each with its example."""
    from provisor.core.expression_functions import FUNCTIONS

    rows = [
        [f"`{one.written}`", one.meaning, f"`{one.example}`", f"`{json.dumps(one.gives, ensure_ascii=False)}`"]
        for one in FUNCTIONS.values()
    ]
    return table(["Function", "Gives", "Example", "Result"], rows)


# The catalogue


def connectors() -> str:
    """What ships in the catalogue: a table, and a short section for each connector."""
    from provisor.catalogue import entries, files

    known = sorted((files.read(path) for path in entries.FOLDER.glob("*.yaml")), key=lambda one: one.name.casefold())
    rows = [
        [
            *(f"[{one.name}](#{one.slug})", one.category, ", ".join(one.supports), ", ".join(_ways(one))),
            *("beta" if one.beta else "", one.confidence),
        ]
        for one in known
    ]
    head = ("Connector", "Category", "Supports", "Sign-in", "", "Confidence")
    return "\n\n".join([f"{len(known)} connectors.", table(head, rows), *map(_connector, known)])


def _ways(one: Any) -> list[str]:
    return [way.replace("_", " ") for way in (one.auth.type, *one.auth.also)]


def _connector(one: Any) -> str:
    """One connector, a line for each thing that there is to know of it."""
    lines = {
        "Base URL": one.base_url_help if one.base_url is None else f"`{one.base_url}`",
        **{f"Base URL, variant `{each.name}`": _variant(each) for each in one.variants},
        **{f"`{each.name}`": f"{each.help} Such as `{each.example}`." for each in one.parameters},
        "Sign-in": f"{' or '.join(_ways(one))}. {one.auth.help}",
        "Token": _token(one.auth),
        "Headers": _data(one.headers),
        "First": " ".join(one.prerequisites),
        "Before activating": " ".join(one.warnings),
        "Not confirmed": " ".join(one.unverified),
        "SP form": _data(one.form),
        "Mapping": _data(one.mapping),
        "Settings": _data(one.settings.model_dump(exclude_none=True)),
        "Sources": f"{', '.join(f'<{link}>' for link in one.sources)} ({one.checked})",
    }
    title = f"### {one.slug}\n\n**{one.name}**{' (beta)' if one.beta else ''}: {one.description}\n"
    return "\n".join([title, *(f"* {name}: {text}" for name, text in lines.items() if text)])


def _variant(one: Any) -> str:
    form = f", with {_data(one.form)}" if one.form else ""
    return f"`{one.base_url}` ({one.label}){form}"


def _token(auth: Any) -> str:
    """What is special about its token, in words."""
    carried = auth.header != "Authorization" or auth.prefix != "Bearer "
    said = [
        f"lasts {auth.expires}" if auth.expires else "",
        "a new one ends the old one at once" if auth.one_at_a_time else "",
        f"goes as `{auth.header}: {auth.prefix}…`" if carried else "",
        f"comes from `{auth.token_url}`" if auth.token_url else "",
        f"scope `{auth.scope}`" if auth.scope else "",
    ]
    return "; ".join(filter(None, said))


def _data(values: Any) -> str:
    return ", ".join(f"`{name}`: `{json.dumps(value, ensure_ascii=False)}`" for name, value in values.items())


def connector_file() -> str:
    """The fields of a connector's file, of its parts as well."""
    from provisor.catalogue import connector

    kinds = (
        *(connector.Connector, connector.Parameter, connector.Variant),
        *(connector.Auth, connector.Icon, connector.Defaults),
    )
    rows = [
        [f"`{_IN_FILE[kind.__name__]}{name}`", "yes" if field.is_required() else "", field.description]
        for kind in kinds
        for name, field in kind.model_fields.items()
    ]
    return table(("Field", "Required", "Meaning"), rows)


_IN_FILE = {
    "Connector": "",
    "Parameter": "parameters[].",
    "Variant": "variants[].",
    "Auth": "auth.",
    "Icon": "icon.",
    "Defaults": "settings.",
}


def connector_schema() -> str:
    """The JSON schema of a connector's file, as editors read it."""
    from provisor.catalogue.connector import json_schema

    return json.dumps(json_schema(), indent=1) + "\n"


# Errors


def problems() -> str:
    """The errors of the API, one for each kind: status, code, and when."""
    from provisor.api.answers import Failure
    from provisor.errors import Problem

    kinds = [*_below(Problem)]
    rows = [[kind.status, f"`{kind.code}`", _meaning(kind)] for kind in kinds if kind is not Failure]
    rows.append([Failure.status, f"`{Failure.code}`", _meaning(Failure)])
    return table(("Status", "Code", "When"), rows)


def _below(kind: type[Any]) -> Iterator[type[Any]]:
    for below in kind.__subclasses__():
        yield below
        yield from _below(below)


def _meaning(kind: type[Any]) -> str:
    words = " ".join((kind.__doc__ or "").split()).partition(": ")[2].partition(". `Invalid(")[0].rstrip(".")
    return words[:1].upper() + words[1:] + "."


MEANINGS = {
    "DONE": "done",
    "RETRY": "tried again by itself",
    "HOLD": "held",
    "STOP": "the application is failing: nothing more is sent",
    "UNKNOWN": "looked up before anything is sent again",
}
# What an SP may answer: in words, and as the pure part of the code takes it.
ANSWERS: list[tuple[str, dict[str, Any]]] = [
    ("200, 201, 204", {"status": 200}),
    ("200 with a body that can't be read", {"status": 200, "problem": "cut"}),
    ("200 with a web page", {"status": 200, "problem": "html"}),
    ("202", {"status": 202}),
    ("301, 302, 303; 307 and 308 to another origin", {"status": 302}),
    ("400", {"status": 400}),
    ("400 with scimType `uniqueness`", {"status": 400, "scim_type": "uniqueness"}),
    ("401", {"status": 401}),
    ("403", {"status": 403}),
    ("404", {"status": 404}),
    ("404 with a web page", {"status": 404, "problem": "html"}),
    ("404 to a POST", {"status": 404, "method": "POST"}),
    ("405", {"status": 405}),
    ("408, 425, 429", {"status": 429}),
    ("409", {"status": 409}),
    ("412", {"status": 412}),
    ("413", {"status": 413}),
    ("another 4xx", {"status": 422}),
    ("500", {"status": 500}),
    ("501", {"status": 501}),
    ("503 with Retry-After", {"status": 503, "retry_after": 5.0}),
    ("502, 503, 504 to a write", {"status": 502}),
    ("502, 503, 504 to a GET", {"status": 502, "method": "GET"}),
]


def verdicts() -> str:
    """What an answer of an SP means."""
    from provisor.core.verdict import Reply, judge

    rows = []
    for words, reply in ANSWERS:
        told = judge(Reply(**{"method": "PATCH", **reply}))
        then = MEANINGS[told.meaning.name] + ("; the whole connection pauses" if told.whole else "")
        rows.append([words, "" if told.code == "ok" else f"`{told.code}`", then])
    return table(("The service provider answers", "Code", "Then"), rows)


PARTS: dict[str, Callable[[], str]] = {
    "routes": routes,
    "roles": roles,
    "commands": command_line,
    "settings": settings,
    "form": form,
    "mapping": mapping,
    "sources": sources,
    "functions": functions,
    "connectors": connectors,
    "connector_file": connector_file,
    "problems": problems,
    "verdicts": verdicts,
}
# Whole files that are made, beside the pages.
FILES: dict[Path, Callable[[], str]] = {SOURCE / "catalogue" / "connector.schema.json": connector_schema}


def _prepare() -> None:
    """The API can be described without a database and without a key of this machine."""
    os.environ["PROVISOR_SECRET_KEY"] = "no secret: it only lets the settings be read"  # noqa: S105
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "provisor.settings")
    import django

    django.setup()


def main() -> None:
    """Writes the pages that are old, or names them."""
    _prepare()
    made = {path: fresh(path.read_text()) for path in pages()} | {path: make() for path, make in FILES.items()}
    old = {path: text for path, text in made.items() if not path.exists() or path.read_text() != text}
    check = "--check" in sys.argv[1:]
    for path, text in old.items():
        if not check:
            path.write_text(text)
        sys.stdout.write(f"{'old' if check else 'written'}: {path.relative_to(FOLDER.parent)}\n")
    sys.exit(1 if check and old else 0)


if __name__ == "__main__":
    main()
