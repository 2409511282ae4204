"""Doubles to rehearse and to test with: a strict, recording SCIM service provider that can go wrong on demand."""

from provisor.testing.errors import ScimError
from provisor.testing.faults import Fault
from provisor.testing.profile import Profile
from provisor.testing.records import Finding, Recorded
from provisor.testing.rehearsal import describe, run
from provisor.testing.service_provider import FakeServiceProvider

__all__ = [
    "FakeServiceProvider",
    "Fault",
    "Finding",
    "Profile",
    "Recorded",
    "ScimError",
    "describe",
    "run",
]
