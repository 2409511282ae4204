"""From an application that somebody connected by hand to the draft of a connector's file. What belongs to that one customer
(names, hosts, ids) stays at home: it becomes a parameter, or is left for a person to fill in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import yaml

from provisor.catalogue.hiding import Hidden, hide
from provisor.core import form
from provisor.core.mapping import DEFAULT_ROWS, REQUIRED, Row

FILL_IN = "FILL IN"
EXAMPLE = "https://docs.example.com/FILL-IN"


@dataclass(frozen=True)
class Seen:
    """What is known of a connected product. `form`: what was learned or set; `evidence`: why, word by word. `settings`:
    those that differ from Provisor's."""

    base_url: str
    auth_type: str
    auth: Mapping[str, Any] = field(default_factory=dict)
    form: Mapping[str, Any] = field(default_factory=dict)
    evidence: Mapping[str, str] = field(default_factory=dict)
    rows: Sequence[Row] = DEFAULT_ROWS
    settings: Mapping[str, Any] = field(default_factory=dict)


def draft(seen: Seen, slug: str, today: date) -> str:
    """The file's text. It is right (lint takes it); what a person has to fill in says so."""
    hidden = hide(seen.base_url, (seen.auth.get("token_url"), seen.auth.get("authorize_url")))
    words = _words(seen.form)
    headers = {name: f"{{{_parameter(name)}}}" for name in words.pop("headers", {})}
    fields: dict[str, Any] = {
        "slug": slug,
        "name": f"{FILL_IN} the product's name ({slug})",
        "category": "fill-in",
        "description": f"{FILL_IN} what it is, in a sentence of your own.",
        "supports": ["provisioning", *(["groups"] if seen.settings.get("manage_groups") else [])],
        "beta": True,
        "base_url": hidden.base_url,
        "parameters": [*_parameters(hidden), *(_of_header(name) for name in headers)],
        "auth": _auth(seen, hidden),
        "headers": headers,
        "form": words,
        "mapping": dict(_mapping(seen.rows)),
        "settings": dict(seen.settings),
        "warnings": list(_warnings(words, seen.settings)),
        "unverified": ["All of this was found by probing one installation."],
        "sources": [EXAMPLE],
        "checked": today,
        "confidence": "low",
    }
    return "".join([*_head(), *(_written(name, value, seen, hidden) for name, value in fields.items() if value)])


def _head() -> Iterator[str]:
    yield f"# A draft. Fill in what says {FILL_IN} and take out what isn't sure. Nothing here may be only yours: look at\n"
    yield "# base_url and at the comments before form.\n"


def _words(known: Mapping[str, Any]) -> dict[str, Any]:
    """What differs from the default of the version that it speaks; the version itself is always such a word."""
    version = "1.1" if known.get("scim") == "1.1" else "2.0"
    usual = form.defaults(version) | {"scim": "2.0"}
    return {name: value for name, value in known.items() if name in usual and _plain(usual[name]) != value}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _parameters(hidden: Hidden) -> Iterator[dict[str, str]]:
    for name, example in hidden.parameters.items():
        label = name.replace("_", " ").capitalize()
        yield {"name": name, "label": label, "help": f"{FILL_IN} where to find it.", "example": example}


def _of_header(name: str) -> dict[str, str]:
    said = f"{FILL_IN} what the header {name} holds; where it is the same for everybody, write it into headers."
    return {"name": _parameter(name), "label": name, "help": said, "example": "sample"}


def _parameter(header: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", header.lower()).strip("_")[:32]


def _auth(seen: Seen, hidden: Hidden) -> dict[str, Any]:
    """How to sign in there. User names, clients and the like are one customer's own."""
    made: dict[str, Any] = {"type": seen.auth_type, "help": f"{FILL_IN} where an administrator gets it."}
    if seen.auth_type == "header":
        made |= {name: seen.auth[name] for name in ("header", "prefix") if name in seen.auth}
    if seen.auth_type.startswith("oauth2_"):
        urls = {name: hidden.urls.get(str(seen.auth.get(name))) for name in ("authorize_url", "token_url")}
        made |= {name: url for name, url in urls.items() if url}
        made |= {"scope": seen.auth["scope"]} if seen.auth.get("scope") else {}
    return made


def _mapping(rows: Sequence[Row]) -> Iterator[tuple[str, bool | str]]:
    """Where the application's rows differ from the default. A constant or an expression may hold what is only yours."""
    usual, there = {row.scim: row for row in DEFAULT_ROWS}, {row.scim: row for row in rows}
    for path in usual.keys() - there.keys() - REQUIRED:
        yield path, False
    for path, row in there.items():
        default = usual.get(path)
        if row.attribute and (default is None or row.attribute != default.attribute) and row.included:
            yield path, row.attribute
        elif row.attribute and default and row.included != default.included and path not in REQUIRED:
            yield path, row.included


def _warnings(words: Mapping[str, Any], settings: Mapping[str, Any]) -> Iterator[str]:
    ends, policy = words.get("deactivation", "deactivates"), settings.get("deprovision")
    if ends != "deactivates":
        yield f"{FILL_IN} who is deactivated there {ends}: what an administrator has to know of that."
    if policy in ("delete", "nothing"):
        yield f"{FILL_IN} why an account whose access ends is {'deleted' if policy == 'delete' else 'left as it is'}."


def _written(name: str, value: Any, seen: Seen, hidden: Hidden) -> str:
    """One field as YAML, and before the form why each word stands there."""
    comments = [f"# {word}: {hidden.without(why)}" for word, why in seen.evidence.items()] if name == "form" else []
    if name == "mapping":
        comments = [f"# {row.scim} is a constant or an expression there: a file can't say that." for row in seen.rows
                    if row.included and not row.attribute]  # fmt: skip
    text = yaml.safe_dump({name: value}, sort_keys=False, allow_unicode=True, width=110)
    return "".join(f"{line}\n" for line in comments) + text


def unfilled(text: str) -> list[int]:
    """The lines that a person still has to fill in."""
    marks = (FILL_IN, "FILL-IN", "fill-in")
    lines = ((number, line.lstrip()) for number, line in enumerate(text.splitlines(), start=1))
    return [number for number, line in lines if not line.startswith("#") and any(mark in line for mark in marks)]


def slug_of(name: str) -> str:
    """A slug of a file's name; `my-product` where that has no letters."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:64].strip("-") or "my-product"
