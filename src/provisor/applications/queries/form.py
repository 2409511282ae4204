"""The SP form of one application, word by word: the value in force, where it comes from, and what showed it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from provisor.applications.models import Application
from provisor.catalogue import entries
from provisor.core import form, vocabulary
from provisor.core.form import Form
from provisor.core.vocabulary import Word

OVERRIDE, LEARNED, CONNECTOR, DEFAULT = "override", "learned", "connector", "default"


def form_of(application: Application) -> Form:
    """The form in force."""
    learned, overrides = application.learned, application.settings.get("form") or {}
    return form.make(entries.form_of(application.connector, application.parameters), learned, overrides)


def words(application: Application) -> list[dict[str, Any]]:
    """Every word of the form, in the vocabulary's order: `word`, `value` (in force), `source` (default, connector,
    learned or override), `says` (what it means), `kind` (boolean, integer, text, list or map), `choices` of a text,
    `default` (of the version of SCIM that is in force), `learned` (what its behaviour showed, in force or not, else null)
    and `evidence` of that (`{evidence, at, by}`, where `by` is use or probe, else null)."""
    layers = {
        OVERRIDE: application.settings.get("form") or {},
        LEARNED: application.learned,
        CONNECTOR: entries.form_of(application.connector, application.parameters),
    }
    in_force = form_of(application)
    defaults = form.defaults(in_force.scim)
    return [_word(vocabulary.word(each), in_force, layers, application, defaults[each.name]) for each in fields(Form)]


def _word(
    word: Word, in_force: Form, layers: Mapping[str, Mapping[str, Any]], application: Application, default: Any
) -> dict[str, Any]:
    return {
        "word": word.name,
        "value": plain(getattr(in_force, word.name)),
        "source": next((name for name, layer in layers.items() if _usable(word.name, layer)), DEFAULT),
        "says": word.says,
        "kind": word.kind,
        "choices": list(word.choices),
        "default": plain(default),
        "learned": application.learned.get(word.name),
        "evidence": application.evidence.get(word.name),
    }


def _usable(name: str, layer: Mapping[str, Any]) -> bool:
    """Whether this layer says something of the word that `form.make` can use."""
    if name not in layer:
        return False
    try:
        form.check({name: layer[name]})
    except form.InvalidForm:
        return False
    return True


def plain(value: Any) -> Any:
    """A value of the form as JSON has it."""
    return list(value) if isinstance(value, tuple) else dict(value) if isinstance(value, Mapping) else value
