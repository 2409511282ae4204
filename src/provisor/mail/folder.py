"""Mails as files, for who sends them in another way, and for trying things out."""

from __future__ import annotations

import os
from email.message import EmailMessage

from provisor.mail.transport import Away, Folder


class FolderTransport:
    """One file for each mail, readable by its owner alone. It is there as a whole or not at all, and once."""

    def __init__(self, where: Folder) -> None:
        self._path = where.path

    def check(self) -> None:
        try:
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise Away(f"The folder {self._path} can't be made: {error.strerror}.") from error
        if not os.access(self._path, os.W_OK | os.X_OK):
            raise Away(f"The folder {self._path} can't be written to.")

    def send(self, message: EmailMessage, *, id: str) -> None:
        self.check()
        fresh = self._path / f".{id}.{os.getpid()}"
        try:
            handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(message.as_bytes())
                file.flush()
                os.fsync(file.fileno())
            fresh.rename(self._path / f"{id}.eml")
        except OSError as error:
            fresh.unlink(missing_ok=True)
            raise Away(f"The folder {self._path} can't be written to: {error.strerror}.") from error

    def close(self) -> None:
        """Nothing is open."""
