"""What an import came to, by mail to the administrator who asked for it."""

from __future__ import annotations

from typing import Any

from provisor import config, mail
from provisor.administrators.actor import system
from provisor.administrators.models import Administrator
from provisor.applications.importing import words
from provisor.applications.importing.models import Import, ImportStatus


def send(of: Import, actor: dict[str, Any] | None = None) -> None:
    """One mail, in the caller's transaction; none where a token or the command line asked."""
    asked = actor or of.actor
    if asked["kind"] != "administrator":
        return
    address = Administrator.objects.filter(pk=asked["id"], is_active=True).values_list("email", flat=True).first()
    if address:
        mail.write(system(), "import_report", to=address, facts=_facts(of))


def _facts(of: Import) -> dict[str, Any]:
    portal, finished = config.read().public_url, of.status == ImportStatus.DONE
    numbers, names = (of.results, words.OUTCOMES) if finished else (of.counts, words.MATCHES)
    return {
        "application": of.application.name,
        "finished": finished,
        "failed": of.status == ImportStatus.FAILED,
        "read": of.read,
        "lines": [{"name": str(name), "count": numbers[code]} for code, name in names.items() if numbers.get(code)],
        "problem": (of.error or of.problem or {}).get("message", ""),
        "link": f"{portal.rstrip('/')}/applications/{of.application_id}/imports/{of.id}" if portal else "",
    }
