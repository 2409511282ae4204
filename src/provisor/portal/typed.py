"""A session that ended while somebody filled in a form must not cost them what they typed.

The gate keeps the form (never a password, token or secret) in the session; after signing in, the page that shows the
form takes it back once. A view writes `form = SomeForm(typed.given(request))` and gets what was just sent, what was
kept for this address, or None.
"""

from __future__ import annotations

from django.http import HttpRequest, QueryDict

KEY = "typed"
MOST = 64 * 1024  # characters
NEVER_KEPT = ("password", "again", "token", "secret", "csrf", "private", "tls_key")
NO_SECRETS = ("token_url", "tls_certificate")


def keep(request: HttpRequest, *, path: str, whose: str) -> None:
    """Keeps the form of this POST for `path`; only the administrator with the id `whose` gets it back."""
    data = request.POST.copy()
    for name in list(data):
        if name not in NO_SECRETS and any(word in name.lower() for word in NEVER_KEPT):
            del data[name]
    encoded = data.urlencode()
    if encoded and len(encoded) <= MOST:
        request.session[KEY] = {"path": path, "whose": whose, "data": encoded}


def given(request: HttpRequest) -> QueryDict | None:
    """What this request sent, or what was kept for this address (once; `request.typed_again` tells that), or None."""
    if request.method == "POST":
        return request.POST
    kept = request.session.get(KEY)
    if not kept or kept["path"] != request.path or kept["whose"] != str(request.user.pk):
        return None
    del request.session[KEY]
    request.typed_again = True  # type: ignore[attr-defined]
    return QueryDict(kept["data"])
