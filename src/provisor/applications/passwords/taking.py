"""Whether an application takes passwords: as its SP form says, at creating an account or at changing one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisor.applications.models import Application
from provisor.catalogue import entries
from provisor.core import form, passwords


def takes_passwords(application: Application, settings: Mapping[str, Any] | None = None) -> bool:
    """`settings`: those that it is about to have, where they aren't its own yet."""
    overrides = (application.settings if settings is None else settings).get("form") or {}
    said = form.make(entries.form_of(application.connector, application.parameters), application.learned, overrides)
    return passwords.taken(said, at="change") or passwords.taken(said, at="create")
