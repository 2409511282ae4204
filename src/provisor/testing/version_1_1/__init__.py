"""The strict service provider as one of SCIM 1.1: it takes nothing of 2.0, and answers as draft-scim-api-01 says.

What comes in is judged and read (`reading`, `patching`), what it keeps is kept as ever, what goes out is shown in the old
way (`showing`). Written from the drafts, without a look at the client.
"""

from provisor.testing.version_1_1.patching import patched
from provisor.testing.version_1_1.reading import understood
from provisor.testing.version_1_1.rules import findings
from provisor.testing.version_1_1.showing import described, shown

__all__ = ["described", "findings", "patched", "shown", "understood"]
