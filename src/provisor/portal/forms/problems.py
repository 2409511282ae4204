"""What a command refused, beside the field that it is about."""

from __future__ import annotations

from collections.abc import Mapping

from django import forms

from provisor.errors import Problem


def show(form: forms.Form, problem: Problem, names: Mapping[str, str] | None = None) -> None:
    """Adds the problem's texts to the form. `names`: the form's name of a field that the command calls otherwise; what
    fits no field stands above the form."""
    texts = problem.fields or {"": problem.message}
    for path, text in texts.items():
        name = (names or {}).get(path, path)
        form.add_error(name if name in form.fields else None, text)
