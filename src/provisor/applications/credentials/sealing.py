"""The sealed columns of an application, its next credential and its OAuth tokens: sealed for their row and field alone."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import Any, Final

from provisor import vault

APPLICATION: Final = "applications_application"
NEXT: Final = "applications_nextcredential"
TOKEN: Final = "applications_oauthtoken"  # noqa: S105 - a table
OF_APPLICATION: Final = ("secret", "tls_key", "proxy_secret")


def sealed(application: uuid.UUID, field: str, plain: str, *, table: str = APPLICATION) -> bytes:
    """`plain` as the row of this application keeps it."""
    return vault.seal(plain, table=table, row=application, field=field)


def opened(row: Mapping[str, Any], field: str) -> str:
    """A sealed column of an application's row. Raises vault.CannotOpen, whose message names the field alone."""
    return unsealed(row["id"], field, row[field])


def unsealed(application: uuid.UUID, field: str, value: bytes | memoryview, *, table: str = APPLICATION) -> str:
    """Raises vault.CannotOpen."""
    return vault.unseal(bytes(value), table=table, row=application, field=field)


def damaged() -> Iterator[tuple[str, str]]:
    """What doesn't open with this master key: the application's name and what of it."""
    from provisor.applications.models import Application, NextCredential, OAuthToken

    for one in Application.objects.order_by("name_key").iterator():
        yield from ((one.name, field) for field in OF_APPLICATION if not _opens(one.id, field, getattr(one, field)))
    for next in NextCredential.objects.select_related("application").iterator():
        if not _opens(next.application_id, "secret", next.secret, NEXT):
            yield next.application.name, "next"
    for token in OAuthToken.objects.select_related("application").iterator():
        for field in ("access", "refresh"):
            if not _opens(token.application_id, field, getattr(token, field), TOKEN):
                yield token.application.name, field


def _opens(application: uuid.UUID, field: str, value: bytes | memoryview | None, table: str = APPLICATION) -> bool:
    try:
        return value is None or unsealed(application, field, value, table=table) is not None
    except vault.CannotOpen:
        return False
