"""Django's settings, all of them derived from the environment (provisor.config)."""

from __future__ import annotations

from urllib.parse import urlsplit

from provisor import config, vault
from provisor.runtime import database

_environment = config.read()
_https = (_environment.public_url or "").startswith("https:")

SECRET_KEY = vault.derive("sessions").hex()
DEBUG = False
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = True

ALLOWED_HOSTS = [urlsplit(_environment.public_url).hostname or "*"] if _environment.public_url else ["*"]
if _environment.public_url:
    ALLOWED_HOSTS += ["127.0.0.1", "localhost"]
CSRF_TRUSTED_ORIGINS = [_environment.public_url.rstrip("/")] if _environment.public_url else []

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "django_htmx",
    "procrastinate.contrib.django",
    "provisor.administrators",
    "provisor.audit",
    "provisor.mail",
    "provisor.directory",
    "provisor.applications",
    "provisor.portal",
]
MIDDLEWARE = [
    "provisor.portal.headers.SecurityHeaders",
    "django.middleware.security.SecurityMiddleware",
    "provisor.portal.statics.Statics",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "provisor.portal.sessions.SessionRules",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "provisor.portal.frame.frame",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "provisor.portal.templatetags.pieces",
                "provisor.portal.templatetags.blocks",
                "provisor.portal.templatetags.texts",
            ],
        },
    },
]
ROOT_URLCONF = "provisor.urls"
ASGI_APPLICATION = "provisor.asgi.application"
APPEND_SLASH = False

DATABASES = {"default": database.django_settings(_environment)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {  # what limits the tries at a password has to hold for every web process together
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "portal_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"  # of every app: see provisor.jobs

AUTH_USER_MODEL = "administrators.Administrator"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

AUTHENTICATION_BACKENDS = ["provisor.portal.signing_in.ByEmail"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "provisor.portal.signing_in.Adapter"
ACCOUNT_FORMS = {"login": "provisor.portal.forms.sign_in.SignInForm"}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_PREVENT_ENUMERATION = True

SESSION_COOKIE_AGE = 24 * 3600  # longer than portal.sessions allows, so that it can still say who was signed in
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
CSRF_FAILURE_VIEW = "provisor.portal.views.errors.csrf_failed"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_NAME = "__Host-provisor" if _https else "provisor"
CSRF_COOKIE_NAME = "__Host-provisor-csrf" if _https else "provisor-csrf"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31536000 if _https else 0

STATIC_URL = "/static/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "provisor.portal.statics.VersionedStatics"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 31536000  # an address carries the version of what is behind it
WHITENOISE_ALLOW_ALL_ORIGINS = False
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024
LOGGING_CONFIG = None
