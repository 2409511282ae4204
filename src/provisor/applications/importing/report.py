"""What an import came to, by mail to the administrator who asked for it."""

from __future__ import annotations

from typing import Any

from provisor import mail
from provisor.administrators.actor import system
from provisor.administrators.models import Administrator
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
    return {
        "application": of.application.name,
        "kind": of.kind,
        "status": of.status,
        "finished": of.status == ImportStatus.DONE,
        "failed": of.status == ImportStatus.FAILED,
        "read": of.read,
        "counts": of.counts,
        "results": of.results,
        "problem": (of.problem or of.error or {}).get("message", ""),
        "path": f"/applications/{of.application_id}/imports/{of.id}",
    }
