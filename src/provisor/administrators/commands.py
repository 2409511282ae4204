"""Administrators and API tokens: who may make them, and that nobody can hand out more than they have.

A token's plain text is answered once and kept nowhere; passwords are kept as argon2 hashes. The events tell of
names, roles and prefixes only.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from provisor.administrators.actor import Actor
from provisor.administrators.models import Administrator, ApiToken, Role
from provisor.administrators.roles import PERMISSIONS, may
from provisor.audit import events
from provisor.errors import Conflict, Invalid, NotAllowed, NotFound
from provisor.text import unique_key

PERMISSION = "administrators.write"
LONGEST_KEY = 512
LONGEST_LIFE = 3650  # days


def create_administrator(actor: Actor, *, email: str, role: str, password: str) -> Administrator:
    """Makes an administrator. Raises Conflict naming email, Invalid naming email, role or password."""
    actor.require(PERMISSION)
    _check_role(actor, role)
    _check_email(email)
    _check_password(password)
    administrator = Administrator(email=email, email_key=unique_key(email), role=role)
    administrator.set_password(password)
    try:
        with transaction.atomic():
            administrator.save(force_insert=True)
            _record(actor, "admin_create", email, role)
    except IntegrityError:
        raise Conflict(_("email: an administrator has this address."), fields={"email": _("Taken.")}) from None
    return administrator


def reset_password(actor: Actor, *, email: str, password: str) -> Administrator:
    """Sets an administrator's password. Raises NotFound, Invalid naming password."""
    actor.require(PERMISSION)
    _check_password(password)
    with transaction.atomic():
        administrator = Administrator.objects.select_for_update().filter(email_key=unique_key(email)).first()
        if administrator is None:
            raise NotFound(_("There is no administrator with this e-mail address."))
        administrator.set_password(password)
        administrator.save(update_fields=["password"])
        _record(actor, "admin_password_reset", administrator.email, administrator.role)
    return administrator


def create_token(actor: Actor, *, name: str, role: str, expires_days: int | None = None) -> tuple[ApiToken, str]:
    """Makes an API token: (what is kept of it, its plain text, which is shown this once)."""
    actor.require(PERMISSION)
    _check_role(actor, role)
    _check_name(name)
    plain = f"prv_{secrets.token_urlsafe(32)}"
    token = ApiToken(
        name=name,
        prefix=plain[:8],
        digest=hashlib.sha256(plain.encode()).digest(),
        role=role,
        expires=_expiry(expires_days),
    )
    with transaction.atomic():
        token.save(force_insert=True)
        _record(actor, "token_create", f"{name} ({token.prefix}…)", role)
    return token, plain


def revoke_token(actor: Actor, token_id: uuid.UUID) -> ApiToken:
    """Ends a token at once. A revoked one stays as it is. Raises NotFound."""
    actor.require(PERMISSION)
    with transaction.atomic():
        token = ApiToken.objects.select_for_update().filter(pk=token_id).first()
        if token is None:
            raise NotFound(_("There is no token with this id."))
        if token.revoked is None:
            token.revoked = timezone.now()
            token.save(update_fields=["revoked"])
            _record(actor, "token_revoke", f"{token.name} ({token.prefix}…)", token.role)
    return token


def list_tokens(actor: Actor) -> Sequence[ApiToken]:
    """Every token, newest first."""
    actor.require(PERMISSION)
    return list(ApiToken.objects.order_by("-created", "-id"))


def _check_role(actor: Actor, role: str) -> None:
    """Raises Invalid for no role, NotAllowed for one that may do something that the actor may not."""
    if role not in Role.values:
        roles = ", ".join(Role.values)
        raise Invalid({"role": _("This must be one of: %(roles)s.") % {"roles": roles}})
    beyond = [permission for permission in PERMISSIONS if may(role, permission) and not may(actor.role, permission)]
    if beyond:
        raise NotAllowed(_("A role can't be given by someone who has less than it."))


def _check_email(email: str) -> None:
    local, _at_sign, domain = email.partition("@")
    wrong = not local or not domain or "@" in domain or len(email) > 256 or not email.isprintable() or " " in email
    if wrong or len(unique_key(email)) > LONGEST_KEY:
        raise Invalid({"email": _("This is no e-mail address: it has one @ and a domain, such as ada@example.com.")})


def _check_name(name: str) -> None:
    if not name.strip() or len(name) > 256 or not name.isprintable():
        raise Invalid({"name": _("A name has 1 to 256 printable characters.")})


def _check_password(password: str) -> None:
    try:
        validate_password(password)
    except ValidationError as error:
        raise Invalid({"password": " ".join(error.messages)}) from None


def _expiry(days: int | None) -> datetime | None:
    if days is None:
        return None
    if not 0 < days <= LONGEST_LIFE:
        raise Invalid({"expires": _("A token lives for 1 to %(most)s days.") % {"most": LONGEST_LIFE}})
    return timezone.now() + timedelta(days=days)


def _record(actor: Actor, type: str, whom: str, role: str) -> None:
    changes = [{"name": "role", "from": None, "to": str(role)}]
    events.record(type, actor=actor.as_json(), correlation=actor.correlation, message=whom, changes=changes)
