"""From what a connector's file says of a product to the strict service provider that plays it, read as strictly as it can
be meant: what the file leaves out of a list is refused, what it says isn't there isn't.

Every word of the SP form that an SP can show has its deviation here. What the form doesn't imply (`rehearsal` in the
file) is put on top.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from typing import Any, get_args, get_type_hints

from provisor.core.form import Form
from provisor.testing.profile import Profile

Worn = dict[str, Any]
WORDS = frozenset(each.name for each in fields(Profile))
_REFUSED = frozenset({"none"})
_CONFLICTS = {"conflict_as_400": "400", "conflict_as_500": "500"}


def worn(
    form: Form, rehearsal: Mapping[str, Any] | None = None, *, header: str = "Authorization", prefix: str = "Bearer "
) -> Profile:
    """The deviations of an SP that wants everything as `form` says it, and the token in `header` after `prefix`. Raises
    ValueError where `rehearsal` has a word that no profile has."""
    if wrong := dict(wrong_words(rehearsal or {})):
        raise ValueError("; ".join(f"{name}: {why}" for name, why in wrong.items()))
    said: Worn = {name: value for part in _PARTS for name, value in part(form).items()}
    said |= {"auth_header": header, "auth_prefix": prefix}
    said |= {name: _frozen(value) for name, value in (rehearsal or {}).items()}
    return Profile(**said)


def wrong_words(rehearsal: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What of `rehearsal` is no deviation, each by its name, and why."""
    for name, value in rehearsal.items():
        if name not in WORDS:
            yield name, "the strict service provider has no such deviation (docs/guide/rehearse.md lists them)."
        elif wrong := _wrong(name, value):
            yield name, wrong


def _wrong(name: str, value: Any) -> str | None:
    kind = get_type_hints(Profile)[name]
    choices = get_args(kind)
    if choices and choices[-1] is Ellipsis:
        right = isinstance(value, list | tuple) and all(isinstance(one, str) for one in value)
        return _unreadable(name, value) if right else "a list of texts expected."
    if choices:
        return None if value in choices else f"{' or '.join(choices)} expected."
    right = isinstance(value, kind) and isinstance(value, bool) == (kind is bool)
    return None if right else f"{_KINDS[kind]} expected."


_KINDS = {bool: "true or false", int: "a whole number", str: "text"}


def _unreadable(name: str, value: Any) -> str | None:
    try:
        made: Worn = {name: tuple(value)}
        Profile(**made)
    except ValueError as error:
        return str(error).partition(": ")[2]
    return None


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _changes(form: Form) -> Worn:
    """How a change of a user is said."""
    return {
        "user_patch": form.update == "patch",
        "user_put": form.update == "put",
        "patch_path": "required" if form.patch == "each_path" else "forbidden",
        "replace_unassigned": form.unassigned == "replace",
        "op_case": form.op_case,
        "booleans": "text" if form.boolean_text else "json",
        "value_path": "works" if form.value_path else "invalidPath",
        "create_only": form.create_only,
        "put_refuses": form.put_without,
    }


def _accounts(form: Form) -> Worn:
    """What an account may hold."""
    more = () if not form.attributes or form.password in _REFUSED else ("password",)
    return {
        "attributes": (*form.attributes, *more),
        "required": tuple(dict.fromkeys((*form.required, *form.fill))),
        "single_valued": form.single_valued,
        "refused_parts": form.never_sent,
        "formats": tuple(f"{path}:{name}" for path, name in form.formats.items()),
        "drop": form.ignored,
        "keep_external_id": form.external_id,
    }


def _looking_up(form: Form) -> Worn:
    conflicts = [_CONFLICTS[quirk] for quirk in form.quirks if quirk in _CONFLICTS]
    return {
        "filter_user_name": form.filter_user_name,
        "filter_emails": form.filter_email,
        "filter_external_id": form.filter_external_id,
        "filter_display_name": form.group_filter,
        **({"conflict": conflicts[0]} if conflicts else {}),
    }


def _ends(form: Form) -> Worn:
    return {"deactivation": form.deactivation, "delete": form.delete}


def _passwords(form: Form) -> Worn:
    low, high = form.password_length_min, form.password_length_max
    policy = [f"min:{low}"] if low else []
    policy += [f"max:{high}"] if high else []
    policy += [f"not:{symbol}" for symbol in form.password_forbidden]
    return {"passwords": form.password, "password_policy": tuple(policy)}


def _groups(form: Form) -> Worn:
    """Groups and their members. Where the list is always said whole, no request can be too long for its chunk."""
    by_one = form.group_update == "patch"
    known = ("displayName", "members", *(("externalId",) if form.group_external_id else ()))
    filled = form.members_on_create == "some"
    return {
        "groups": form.groups,
        "group_create": form.group_create,
        "group_rename": form.group_rename,
        "group_delete": form.group_delete,
        "group_patch": form.group_update != "put",
        "group_put": form.group_update == "put",
        "member_replace": not by_one,
        "group_attributes": known,
        "keep_group_external_id": form.group_external_id,
        "members_per_request": form.members_per_request if by_one else 0,
        "members_on_create": "kept" if filled else "ignored",
        "group_required": ("members",) if filled else (),
        "members_shown": "no" if form.members_shown == "no" else "yes",
        "member_remove": "list" if form.member_remove == "list" else "path_only",
        "member_ref": form.member_ref,
    }


def _reading(form: Form) -> Worn:
    return {
        "paging": form.paging,
        "max_page": form.page,
        "default_page": form.page,
        "discovery": form.discovery,
        "discovery_path": form.discovery_path,
    }


def _talking(form: Form) -> Worn:
    return {
        "content_type": form.content_type,
        "require_headers": tuple(f"{name}:{value}" for name, value in form.headers.items()),
        "payload_bytes": form.payload_bytes,
        "limits": tuple(f"{name}:{limit}" for name, limit in form.limits.items()),
        "bulk": form.bulk,
        "bulk_bytes": form.bulk_bytes,
        "scim": form.scim,
    }


_PARTS: tuple[Callable[[Form], Worn], ...] = (
    *(_changes, _accounts, _looking_up, _ends, _passwords),
    *(_groups, _reading, _talking),
)
