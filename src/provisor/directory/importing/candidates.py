"""One candidate, whole: what the account says, and the directory's user beside it."""

from __future__ import annotations

import uuid
from typing import Any

from provisor.applications.importing import queries
from provisor.applications.importing.models import Candidate
from provisor.directory.importing.differences import differences
from provisor.directory.models import User


def detail(import_id: uuid.UUID, candidate_id: uuid.UUID) -> dict[str, Any]:
    """As the API shows it. `differences`: what an update of its user would change. Raises NotFound."""
    shown = queries.as_candidate(queries.get_candidate(import_id, candidate_id))
    row = Candidate.objects.get(id=candidate_id)
    known = row.made or row.hit
    user = None if known is None else User.objects.filter(pk=known).first()
    found = [] if user is None else differences(user, row.values)
    return {**shown, "values": row.values, "raw": row.raw, "differences": found}
