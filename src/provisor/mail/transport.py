"""The ways a mail can go: to an SMTP server, or into a folder. What PROVISOR_EMAIL_URL says, read here.

smtp://user:password@mail.example.com:587        STARTTLS where the server offers it; with a password, always
smtps://user:password@mail.example.com:465       TLS from the start
smtp://relay.internal:25?tls=off                 without TLS; ?tls=required refuses to go on without
...?verify=no                                    a certificate that nobody signed will do
file:///var/spool/provisor                       one file for each mail
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

from provisor.config import ConfigurationError

FORM = (
    "PROVISOR_EMAIL_URL can't be read: {}. It has the form smtp://USER:PASSWORD@HOST:PORT, smtps://… or file:///FOLDER"
    " (docs/guide/mail.md)."
)
_WORDS = {"tls": ("auto", "required", "off"), "verify": ("yes", "no")}


class Refused(Exception):
    """This mail is refused for good; the message has the server's words."""


class Postponed(Exception):
    """This mail didn't go out this time; others may."""


class Away(Exception):
    """Nothing goes out at the moment: the server, or the way to it, is at fault."""


class Transport(Protocol):
    def send(self, message: EmailMessage, *, id: str) -> None: ...

    def check(self) -> None:
        """Raises Away where nothing could be sent now."""

    def close(self) -> None: ...


@dataclass(frozen=True)
class Server:
    """An SMTP server as the address names it."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    implicit: bool = False
    tls: str = "auto"
    verify: bool = True

    @property
    def shown(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def needs_tls(self) -> bool:
        """A password never goes over a line that others can read, unless somebody said so."""
        return self.tls == "required" or (self.tls == "auto" and bool(self.user) and not _loopback(self.host))


@dataclass(frozen=True)
class Folder:
    """Where files go instead."""

    path: Path

    @property
    def shown(self) -> str:
        return str(self.path)


def read(url: str | None) -> Server | Folder | None:
    """What the address names; None without one. Raises ConfigurationError, which never repeats it."""
    if not url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ConfigurationError(FORM.format("the host or port is none")) from None
    if parts.scheme == "file":
        return _folder(parts.netloc, unquote(parts.path))
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ConfigurationError(FORM.format("it names no server"))
    if parts.path not in ("", "/") or parts.fragment:
        raise ConfigurationError(
            FORM.format("there is something behind the host; a password's special characters are %XX")
        )
    words = _words(parts.query)
    implicit = parts.scheme == "smtps"
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    port = port or (465 if implicit else 587 if user else 25)
    return Server(parts.hostname, port, user, password, implicit, words["tls"], words["verify"] == "yes")


def _folder(host: str, path: str) -> Folder:
    if host or not path.startswith("/") or path == "/":
        raise ConfigurationError(FORM.format("a folder has three slashes and its whole path"))
    return Folder(Path(path))


def _words(query: str) -> dict[str, str]:
    words = {name: values[0] for name, values in _WORDS.items()}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if value not in _WORDS.get(name, ()):
            known = ", ".join(f"{each}={'|'.join(values)}" for each, values in _WORDS.items())
            raise ConfigurationError(FORM.format(f"behind the ? there can be {known}"))
        words[name] = value
    return words


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
