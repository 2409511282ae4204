"""Schema and message URNs must be written exactly (A14): they live here, once.

Sources: RFC 7643 sections 4.1 to 4.3, RFC 7644 sections 3.1, 3.4.2, 3.5.2 and 3.12.
"""

from __future__ import annotations

from typing import Final

USER: Final = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP: Final = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE_USER: Final = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
LIST_RESPONSE: Final = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
PATCH_OP: Final = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ERROR: Final = "urn:ietf:params:scim:api:messages:2.0:Error"

# SCIM 1.1 has one for users, groups and messages, and one for the extension (draft-scim-core-schema-01).
CORE_1_1: Final = "urn:scim:schemas:core:1.0"
ENTERPRISE_1_1: Final = "urn:scim:schemas:extension:enterprise:1.0"

KNOWN: Final = (USER, GROUP, ENTERPRISE_USER, LIST_RESPONSE, PATCH_OP, ERROR)
