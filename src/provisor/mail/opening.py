"""The way for mails that PROVISOR_EMAIL_URL names."""

from __future__ import annotations

from provisor.mail.folder import FolderTransport
from provisor.mail.smtp import SmtpTransport
from provisor.mail.transport import Folder, Server, Transport


def opened(where: Server | Folder, *, greeting: str) -> Transport:
    """The way there; nothing is connected before the first mail. `greeting`: the name with which a server is greeted."""
    return FolderTransport(where) if isinstance(where, Folder) else SmtpTransport(where, greeting)
