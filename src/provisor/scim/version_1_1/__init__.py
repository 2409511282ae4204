"""SCIM 1.1, for service providers that never moved on. Everything else in Provisor speaks 2.0: here, at the one door, a
request becomes what 1.1 has for it, and an answer becomes what 2.0 would have said.

`outward` and `patching` make requests, `inward` reads answers, `client` sends them. All but the client are pure.
Sources: draft-scim-core-schema-01 and draft-scim-api-01 (SCIM 1.1, July 2012).
"""

from provisor.scim.version_1_1.client import Client

__all__ = ["Client"]
