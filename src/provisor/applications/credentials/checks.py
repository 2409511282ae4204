"""The fields of an `auth` document one by one: what is wrong with each, in words. No answer ever repeats a secret."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Final

from django.utils.translation import gettext as _

from provisor import config
from provisor.applications import texts
from provisor.applications.credentials.values import LONGEST_SECRET
from provisor.scim.sign_in import METHODS
from provisor.scim.targets import ForbiddenTarget, InvalidBaseUrl, Targets

LONGEST_URL: Final = 2048
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}", re.ASCII)
_PREFIX = re.compile(r"[!-~][ -~]{0,31}", re.ASCII)
_SCOPE = re.compile(r"[!#-\[\]-~]+( [!#-\[\]-~]+)*", re.ASCII)  # RFC 6749, 3.3
# Headers that are Provisor's to write, belong to the connection, or mean something to what stands in between.
OURS: Final = frozenset(
    {
        "accept", "accept-charset", "accept-encoding", "connection", "content-encoding", "content-length", "content-type",
        "cookie", "date", "expect", "forwarded", "from", "host", "http2-settings", "if-match", "if-none-match",
        "keep-alive", "location", "max-forwards", "origin", "prefer", "range", "referer", "set-cookie", "te", "trailer",
        "transfer-encoding", "upgrade", "user-agent", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto",
    }
)  # fmt: skip

Check = Callable[[object], str | None]


def header(given: object) -> str | None:
    if not isinstance(given, str) or not _HEADER.fullmatch(given):
        return _("The name of a header, such as X-Api-Key: letters, digits and hyphens.")
    if given.lower() in OURS or given.lower().startswith(("proxy-", "sec-")):
        return _("This header is written by Provisor itself, or belongs to the connection: no secret can stand in it.")
    return None


def prefix(given: object) -> str | None:
    if given == "" or (isinstance(given, str) and _PREFIX.fullmatch(given)):
        return None
    return _("What stands before the token, such as “Bearer ” with its space: at most 32 printable ASCII characters.")


def username(given: object) -> str | None:
    if wrong := texts.wrong_with(given):
        return wrong
    return _("A user name for basic authentication holds no colon.") if ":" in str(given) else None


def line(given: object) -> str | None:
    """A client's id, an audience or a key's id."""
    return texts.wrong_with(given, longest=1024)


def scope(given: object) -> str | None:
    if isinstance(given, str) and len(given) <= 2048 and _SCOPE.fullmatch(given):
        return None
    return _("Words with one space between them, without quotes, as the authorisation server's documentation has them.")


def method(given: object) -> str | None:
    return None if given in METHODS else _("One of %s.") % ", ".join(METHODS)


def secret(given: object) -> str | None:
    """A password or a client's secret."""
    if not isinstance(given, str) or not given:
        return _("Missing.")
    if len(given) > LONGEST_SECRET:
        return _("At most %d characters.") % LONGEST_SECRET
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in given):
        return _("Holds a control character or a line break. Paste it again.")
    return None


def token_url(given: object) -> str | None:
    """An address that secrets are sent to: as careful as with a base URL."""
    return _url(given, asked=True)


def authorize_url(given: object) -> str | None:
    """An address that a person's browser is led to; nobody here asks it."""
    return _url(given, asked=False)


def _url(given: object, *, asked: bool) -> str | None:
    if wrong := texts.wrong_with(given, longest=LONGEST_URL):
        return wrong
    what = "token URL" if asked else "authorize URL"
    try:
        _targets().check_link(str(given), what)
    except InvalidBaseUrl as error:
        return str(error)
    except ForbiddenTarget as error:
        secure = str(given).lower().startswith("https://")
        return None if secure and not asked else str(error)
    return None


def proxy_url(given: object) -> str | None:
    """http(s)://host:port, and nothing else."""
    if wrong := texts.wrong_with(given, longest=LONGEST_URL):
        return wrong
    try:
        _targets().check_proxy(str(given))
    except (InvalidBaseUrl, ForbiddenTarget) as error:
        return str(error)
    return None


def _targets() -> Targets:
    return Targets.parse(config.read().allow_targets)
