"""Why there is no answer, in words for people: what the HTTP library and TLS said becomes one of our exceptions.

No text of the library's own gets out: it may hold headers, and so the token.
"""

from __future__ import annotations

import re
import ssl

import aiohttp

from provisor.scim.answers import Limits, NotSent, SignInRefused, Unknown
from provisor.scim.targets import BaseUrl, ForbiddenTarget

# What a server says in the handshake of a client certificate. With TLS 1.3 it comes after our first bytes have left; a
# request whose handshake failed was read by nobody.
_ALERT = re.compile(
    r"alert[ _](certificate[ _]required|unknown[ _]ca|bad[ _]certificate|certificate[ _]expired|certificate[ _]revoked|"
    r"certificate[ _]unknown|unsupported[ _]certificate|access[ _]denied)",
    re.IGNORECASE,
)
# With TLS 1.2, a missing certificate is told in the same words as anything else that two sides can't agree on.
_HANDSHAKE = re.compile(r"alert[ _]handshake[ _]failure", re.IGNORECASE)
_OURS = "Look at the client certificate on the application's page."


def not_sent(error: Exception, base: BaseUrl, proxy: BaseUrl | None) -> NotSent:
    """No byte of the request left."""
    if isinstance(error, ForbiddenTarget):
        return NotSent(str(error), "forbidden")
    if proxy and (failed := _proxy_failed(error, proxy)):
        return failed
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return unknown_name(proxy or base)
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        found = getattr(error.certificate_error, "verify_message", "") or "it does not fit the name"
        return NotSent(f"The certificate of {base.target} is not trusted: {found}.{_of_own(found)}", "tls")
    if refused := certificate_refused(error, base):
        return refused
    if isinstance(error, aiohttp.ClientSSLError | ssl.SSLError):
        wants = " It may want a client certificate." if _HANDSHAKE.search(_words(error)) else ""
        return NotSent(f"No secure connection (TLS 1.2 or newer) to {base.target} could be made.{wants}", "tls")
    # One text for refused, filtered and slow (S-SSRF 4).
    return NotSent(f"No connection to {base.target} could be made.", "connect")


def unknown(error: Exception, limits: Limits) -> Unknown:
    """It left, and no answer came."""
    if isinstance(error, TimeoutError):
        return Unknown(f"There was no complete answer within {limits.total:g} seconds.", "timeout")
    if isinstance(error, aiohttp.ClientResponseError):
        return Unknown("The answer is not valid HTTP, or its headers are too large.", "malformed")
    return Unknown("The connection broke before the answer was there.", "broken")


def unknown_name(base: BaseUrl) -> NotSent:
    return NotSent(f"The name {base.host} can't be found: check its spelling and this server's DNS.", "dns")


def certificate_refused(error: Exception, base: BaseUrl) -> SignInRefused | None:
    """The server wants a client certificate, or another one than ours, if that is what happened."""
    alert = _ALERT.search(_words(error))
    if alert is None:
        return None
    said = alert[1].replace("_", " ").lower()
    if said == "certificate required":
        return SignInRefused(f"{base.target} wants a client certificate, and none was shown.", _OURS)
    return SignInRefused(f"{base.target} does not accept our client certificate: {said}.", _OURS)


def proxy_refused(proxy: BaseUrl) -> SignInRefused:
    return SignInRefused(
        f"The proxy {proxy.target} wants another user name and password (407).",
        "Check the proxy's user name and password on the application's page.",
    )


def _proxy_failed(error: Exception, proxy: BaseUrl) -> NotSent | None:
    if isinstance(error, aiohttp.ClientHttpProxyError):
        if error.status == 407:
            return proxy_refused(proxy)
        return NotSent(f"The proxy {proxy.target} lets nothing through: it answered {error.status}.", "proxy")
    if isinstance(error, aiohttp.ClientProxyConnectionError):
        return NotSent(f"No connection to the proxy {proxy.target} could be made.", "proxy")
    return None


def _of_own(found: str) -> str:
    if "self-signed" in found or "self signed" in found or "unable to get" in found:
        return (
            " If it comes from an authority of your own, enter that authority's certificate on the application's page."
        )
    return ""


def _words(error: BaseException | None) -> str:
    """Everything that an exception and those below it say: only searched, never shown."""
    words = []
    for _ in range(6):
        if error is None:
            break
        words.append(str(error))
        error = error.__cause__ or error.__context__
    return " ".join(words)
