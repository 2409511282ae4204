"""Putting credentials, certificates and a proxy on an application's row, and what of it changed: named, never told.

All of it is about the row in memory; `forget` takes away the other rows that no longer count.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _

from provisor import vault
from provisor.applications.credentials import ways
from provisor.applications.credentials.sealing import sealed, unsealed
from provisor.applications.credentials.values import Certificates, Credential, Way, needs_certificate, secret_name
from provisor.applications.history import Changes, change
from provisor.applications.models import Application, NextCredential, OAuthToken, Provisioning
from provisor.errors import Invalid

_TOLD: Final = ("header", "prefix", "username", "token_url", "authorize_url", "client_id", "method", "scope", "audience",
                "key_id", "algorithm")  # fmt: skip


def about(application: Application | None, *, connector: str, parameters: Mapping[str, Any]) -> ways.About:
    """Whose `auth` document it is."""
    if application is None or application.secret is None:
        return ways.About(connector, parameters)
    ending = application.secret_expires, application.secret_expires_from
    return ways.About(connector, parameters, ways.Stored(application.auth_type, application.auth, *ending))


def stored(application: Application, field: str) -> str | None:
    """A secret of the row, or None where there is none or it doesn't open."""
    value = getattr(application, field)
    try:
        return None if value is None else unsealed(application.id, field, value)
    except vault.CannotOpen:
        return None


def leads_elsewhere(application: Application, values: Mapping[str, Any]) -> bool:
    """Whether these certificates or this proxy could hand the secret to somebody else: another authority that is trusted,
    or another proxy. Taking either away can't."""
    tls, proxy = values.get("tls"), values.get("proxy")
    authority = tls.public.get("ca") if tls else None
    url = proxy.public["url"] if proxy else None
    former = (application.tls or {}).get("ca"), (application.proxy or {}).get("url")
    return (authority is not None and authority != former[0]) or (url is not None and url != former[1])


def apply(application: Application, values: Mapping[str, Any], *, moved: bool) -> Changes:
    """Certificates, proxy and credential, as far as `values` has them. `moved`: its address is another one as well.

    Raises Invalid where a secret would have to be given again, and where a certificate is missing."""
    changes: Changes = []
    if moved or leads_elsewhere(application, values):
        changes += _elsewhere(application, values.get("auth"))
    if "tls" in values:
        changes += _proxy_password_stays(application, values)
        changes += _put_tls(application, values["tls"])
    if "proxy" in values:
        changes += _put_proxy(application, values["proxy"])
    if "auth" in values:
        changes += put(application, values["auth"])
    if lacks_certificate(application):
        raise Invalid({"tls.certificate": _("Missing: this way to sign in needs a client certificate and its key.")})
    return changes


def forget(application: Application, changes: Changes, *, elsewhere: bool) -> None:
    """After `apply`, in its transaction: what OAuth gave out for another credential, and, where what was meant for the
    former address would go elsewhere, the next credential too."""
    if elsewhere:
        NextCredential.objects.filter(application_id=application.id).delete()
    if elsewhere or tells_anew(changes):
        OAuthToken.objects.filter(application_id=application.id).delete()


def tells_anew(changes: Changes) -> bool:
    """Whether another credential is among the changes, not only another end."""
    names = {entry["name"] for entry in changes}
    return any(name == "auth" or (name.startswith("auth.") and name != "auth.expires") for name in names)


def _elsewhere(application: Application, credential: Credential | None) -> Changes:
    """Another way there: whoever answers must not be handed the token that was meant for the former one. Who gives it again
    knows it."""
    forget_told(application, "next")
    if credential is not None:
        if credential.secret is None:
            name = secret_name(credential.type, str(credential.public.get("method", "")))
            raise Invalid(
                {f"auth.{name}": _("Give it again: it would be sent to another place than the stored one was.")}
            )
        return []
    application.paused = None  # it doesn't go on by itself without a token
    changes = [change("auth", "set", None)] if application.secret is not None else []
    application.secret = application.secret_set_at = None
    application.secret_expires = application.secret_expires_from = None
    forget_told(application, "secret")
    if application.provisioning in (Provisioning.ACTIVE, Provisioning.FAILING):
        changes.append(change("provisioning", application.provisioning, Provisioning.PAUSED.value))
        application.provisioning = Provisioning.PAUSED
    return changes


def put(application: Application, credential: Credential) -> Changes:
    """Another way to sign in, or another secret."""
    before = (application.auth_type, dict(application.auth))
    fresh = credential.secret is not None
    changes = _changes(application, credential)
    anew = fresh or before != (credential.type, dict(credential.public))
    application.auth_type, application.auth = credential.type, dict(credential.public)
    application.secret_expires, application.secret_expires_from = credential.expires, credential.expires_from
    forget_told(application, "secret")
    if credential.secret is not None:
        application.secret = sealed(application.id, "secret", credential.secret)
    if anew:
        application.secret_set_at = timezone.now()
    if anew and credential.type != "oauth2_authorization_code":  # that one goes on once it is authorised
        changes += goes_on(application)
    return changes


def _changes(application: Application, credential: Credential) -> Changes:
    changes = []
    if credential.secret is not None:
        changes.append(change("auth", None if application.secret is None else "set", "set"))
    if application.auth_type != credential.type:
        changes.append(change("auth.type", application.auth_type, credential.type))
    before, after = application.auth, credential.public
    changes += [
        change(f"auth.{name}", before.get(name) or None, after.get(name) or None)
        for name in _TOLD
        if (before.get(name) or None) != (after.get(name) or None)
    ]
    ended, ends = application.secret_expires, credential.expires
    if ended != ends:
        changes.append(change("auth.expires", ended and ended.isoformat(), ends and ends.isoformat()))
    return changes


def _put_tls(application: Application, given: Certificates | None) -> Changes:
    """Other certificates, or none."""
    before, after = application.tls or {}, dict(given.public) if given else {}
    changes = [
        change(f"tls.{name}", before.get(told), after.get(told))
        for name, told in (("ca", "ca_names"), ("certificate", "certificate_subject"))
        if before.get(name) != after.get(name)
    ]
    if given is None or not after.get("certificate"):
        application.tls_key = None
    elif given.key is not None:
        changes.append(change("tls.key", "set" if application.tls_key else None, "set"))
        application.tls_key = sealed(application.id, "tls_key", given.key)
    application.tls = after or None
    if changes:
        forget_told(application, "certificate", "ca")
        _anew(application)
        changes += goes_on(application)
    return changes


def _proxy_password_stays(application: Application, values: Mapping[str, Any]) -> Changes:
    """Not with another authority that is trusted: it could vouch for somebody else at the https proxy's address."""
    given = values["tls"].public.get("ca") if values["tls"] else None
    same = given is None or given == (application.tls or {}).get("ca")
    secured = str((application.proxy or {}).get("url", "")).startswith("https:")
    if same or not secured or application.proxy_secret is None:
        return []
    application.proxy_secret = None
    return [change("proxy.password", "set", None)]


def _put_proxy(application: Application, given: Way | None) -> Changes:
    """Another proxy, or none. Its password stays only for the same address and user name."""
    before, after = application.proxy or {}, dict(given.public) if given else {}
    changes = [
        change(f"proxy.{name}", before.get(name) or None, after.get(name) or None)
        for name in ("url", "username")
        if (before.get(name) or None) != (after.get(name) or None)
    ]
    if given and given.password:
        changes.append(change("proxy.password", "set" if application.proxy_secret else None, "set"))
        application.proxy_secret = sealed(application.id, "proxy_secret", given.password)
    elif application.proxy_secret is not None and (changes or (given and given.password == "")):
        changes.append(change("proxy.password", "set", None))
        application.proxy_secret = None
    application.proxy = after or None
    if changes:
        _anew(application)
        changes += goes_on(application)
    return changes


def forget_told(application: Application, *what: str) -> None:
    """Warnings of an end begin anew."""
    application.expiry_told = {name: told for name, told in application.expiry_told.items() if name not in what}


def goes_on(application: Application) -> Changes:
    """A failing application tries again at once."""
    if application.provisioning != Provisioning.FAILING:
        return []
    application.provisioning, application.stopped, application.probe_at = Provisioning.ACTIVE, None, None
    return [change("provisioning", Provisioning.FAILING.value, Provisioning.ACTIVE.value)]


def lacks_certificate(application: Application) -> bool:
    """Whether it is to sign in with a certificate that isn't there."""
    needed = application.secret is not None and needs_certificate(application.auth_type, application.auth)
    return needed and not (application.tls or {}).get("certificate")


def _anew(application: Application) -> None:
    if application.secret is not None:
        application.secret_set_at = timezone.now()
