"""A real authorisation server on loopback, in a process of its own: django-oauth-toolkit.

    python -m tests.oauth.authorisation_server FOLDER [--life SECONDS] [--port N]

Its first line on stdout is JSON with its addresses. Clients: `provisor` (client credentials), `provisor-web`
(authorization code, PKCE wanted, refresh tokens that rotate and are revoked with their whole family when one is used
twice), and `sp`, which may look tokens up. Whoever comes to /o/authorize/ is signed in as the only user there is. `/stats`
counts what was asked. Nobody uses this to guard anything: secrets are fixed, and all lies in one SQLite file below FOLDER.
"""

from __future__ import annotations

import argparse
import json
import os
import socketserver
import sys
from collections import Counter
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

SECRET = "s3cret/of the+client=%&é"  # what form-encoding would change
CLIENTS = {"provisor": "client-credentials", "provisor-web": "authorization-code", "sp": "client-credentials"}
ASKED: Counter[str] = Counter()

urlpatterns: list[Any] = []  # filled by `main`


class Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 256


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.0"

    def log_message(self, format: str, *args: Any) -> None:
        return


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--life", type=int, default=3600)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--redirect", default="http://127.0.0.1:8080/applications/authorised")
    asked = parser.parse_args()
    os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"  # loopback only
    _configure(asked.folder, asked.life)
    _fill(asked.redirect)
    with make_server("127.0.0.1", asked.port, _application(), server_class=Server, handler_class=Quiet) as server:
        base = f"http://127.0.0.1:{server.server_port}"
        shown = {"base": base, "token_url": f"{base}/o/token/", "authorize_url": f"{base}/o/authorize/"}
        print(json.dumps(shown), flush=True)  # noqa: T201
        server.serve_forever()


def _configure(folder: str, life: int) -> None:
    import django
    from django.conf import settings

    settings.configure(
        SECRET_KEY="loopback",
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF=__name__,
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "oauth2_provider",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        AUTHENTICATION_BACKENDS=["django.contrib.auth.backends.ModelBackend"],
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": f"{folder}/authorisation.sqlite3",
                "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode=WAL;"},
            }
        },
        USE_TZ=True,
        OAUTH2_PROVIDER={
            "ACCESS_TOKEN_EXPIRE_SECONDS": life,
            "ROTATE_REFRESH_TOKEN": True,
            "REFRESH_TOKEN_GRACE_PERIOD_SECONDS": 0,
            "REFRESH_TOKEN_REUSE_PROTECTION": True,
            "PKCE_REQUIRED": True,
            "SCOPES": {"scim": "Accounts", "introspection": "Look tokens up"},
            "DEFAULT_SCOPES": ["scim"],
            "REQUEST_APPROVAL_PROMPT": "auto",
            "ALLOWED_REDIRECT_URI_SCHEMES": ["http", "https"],
        },
    )
    django.setup()


def _fill(redirect: str) -> None:
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from oauth2_provider.models import Application

    call_command("migrate", verbosity=0)
    User.objects.get_or_create(username="administrator")
    for name, grant in CLIENTS.items():
        Application.objects.update_or_create(
            client_id=name,
            defaults={
                "name": name,
                "client_secret": SECRET,
                "hash_client_secret": False,
                "client_type": "confidential",
                "authorization_grant_type": grant,
                "redirect_uris": redirect if grant == "authorization-code" else "",
                "skip_authorization": True,
            },
        )


def _application() -> Any:
    from django.contrib.auth import login
    from django.contrib.auth.models import User
    from django.core.wsgi import get_wsgi_application
    from django.http import HttpRequest, HttpResponse, JsonResponse
    from django.urls import path
    from django.views.decorators.csrf import csrf_exempt
    from oauth2_provider.models import AccessToken, RefreshToken
    from oauth2_provider.views import AuthorizationView, IntrospectTokenView, TokenView

    def authorise(request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            login(request, User.objects.get(), backend="django.contrib.auth.backends.ModelBackend")
        return AuthorizationView.as_view()(request)

    @csrf_exempt
    def token(request: HttpRequest) -> HttpResponse:
        answer = TokenView.as_view()(request)
        ASKED[f"{request.POST.get('grant_type')} {answer.status_code}"] += 1
        return answer

    def stats(request: HttpRequest) -> HttpResponse:
        live = RefreshToken.objects.filter(revoked__isnull=True).count()
        return JsonResponse({"asked": dict(ASKED), "tokens": AccessToken.objects.count(), "live_refresh": live})

    def revoke(request: HttpRequest) -> HttpResponse:
        """Everything that was given out ends now."""
        AccessToken.objects.all().delete()
        RefreshToken.objects.all().delete()
        return HttpResponse(status=204)

    urlpatterns[:] = [
        path("o/authorize/", authorise),
        path("o/token/", token),
        path("o/introspect/", csrf_exempt(IntrospectTokenView.as_view())),
        path("stats", stats),
        path("revoke", revoke),
    ]
    return get_wsgi_application()


if __name__ == "__main__":
    sys.modules["tests.oauth.authorisation_server"] = sys.modules[__name__]
    main()
