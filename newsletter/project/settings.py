"""Django's settings, derived from the environment. Nothing else reads it, and no room imports this."""

import os
import sys
from pathlib import Path
from typing import Any

from newsletter.project import databases, environment

_data = environment.data_dir(os.environ)
_keys = environment.read_keys(_data / "keys", os.environ)
# Before `newsletter init` there are no keys: commands that only set up, or only read code, still start.
INITIALISED = _keys is not None
KEYS = _keys or environment.NO_KEYS

NEWSLETTER = environment.read(os.environ, message_key=KEYS.messages)
SUBSCRIBERS = {
    "TOKEN_KEYS": KEYS.tokens,
    "ADDRESS_KEY": KEYS.addresses,
    "BASE_URL": NEWSLETTER.base_url,
    "STAGING_DIR": _data / "imports",
    "LETTERHEADS": "newsletter.web.letterheads.by_list",
    "ALSO_FORGETS": "newsletter.delivery.erasure.forget",
    "ALSO_FORGETS_FILES": "newsletter.delivery.erasure.forget_files",
}

SECRET_KEY = KEYS.secret
DEBUG = False
_secure = NEWSLETTER.base_url.startswith("https://")
ALLOWED_HOSTS = [NEWSLETTER.host, *(["localhost", "127.0.0.1", "[::1]"] if NEWSLETTER.is_loopback else [])]
CSRF_FAILURE_VIEW = "newsletter.staff.views.form_expired"
CSRF_TRUSTED_ORIGINS = [NEWSLETTER.base_url]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _secure
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
# Whoever was here once by https is not led to http for a year. Subdomains are not ours to decide about.
SECURE_HSTS_SECONDS = 31_536_000 if _secure else 0
SECURE_REFERRER_POLICY = "same-origin"
# No SECURE_PROXY_SSL_HEADER: the web server counts the trusted proxies and sets the scheme itself.
X_FRAME_OPTIONS = "SAMEORIGIN"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "allauth",
    "allauth.account",
    "subscribers",
    "newsletter",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "newsletter.staff.devices.Remembered",
    "newsletter.web.middleware.ContentSecurityPolicy",
    "newsletter.web.middleware.NothingKept",
    "newsletter.web.middleware.PageZone",
    "newsletter.web.middleware.WayOn",
]
ROOT_URLCONF = "newsletter.project.urls"
WSGI_APPLICATION = "newsletter.project.wsgi.application"
APPEND_SLASH = True

_templates = NEWSLETTER.templates_dir
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [_templates / "web", _templates],
        "APP_DIRS": False,
        "OPTIONS": {
            "environment": "newsletter.project.jinja.environment",
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "newsletter.web.context.shell",
            ],
        },
    },
    {
        # For library pages and mails that we do not override.
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    },
]


DATABASES = {"default": databases.read(os.environ, _data)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# One cache for all processes: limits counted in a process's own memory are no limits.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "newsletter_cache"}}

AUTH_USER_MODEL = "newsletter.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "newsletter.staff.passwords.LongEnough", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "newsroom"
ACCOUNT_ADAPTER = "newsletter.staff.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_PREVENT_ENUMERATION = True
# Nobody may make us write to a stranger.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 900
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
# Whoever has the mailed link chooses a new password and is in: limits that a stranger has used up keep nobody out.
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_FORMS = {
    "request_login_code": "newsletter.staff.forms.CodeForm",
    "reset_password": "newsletter.staff.forms.ResetForm",
}
ACCOUNT_RATE_LIMITS = {
    # Counted by `newsletter.staff.attempt_limits`, where failing on purpose locks out nobody else.
    "login": None,
    "login_failed": None,
    "request_login_code": None,
    "reset_password": None,
    "reset_password_from_key": None,  # its secret cannot be guessed
    "change_password": "5/m/user",
    "reauthenticate": "10/m/user",
}
ALLAUTH_TRUSTED_PROXY_COUNT = NEWSLETTER.trusted_proxies
PASSWORD_RESET_TIMEOUT = 3600

FORM_RENDERER = "newsletter.project.form_renderer.FormRenderer"

EMAIL_BACKEND = "newsletter.delivery.outbox.django_backend.EmailBackend"
DEFAULT_FROM_EMAIL = NEWSLETTER.mail_from
SERVER_EMAIL = NEWSLETTER.mail_from
EMAIL_SUBJECT_PREFIX = ""

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("fa", "فارسی")]
LOCALE_PATHS = [Path(__file__).resolve().parent.parent / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = NEWSLETTER.time_zone

STATIC_URL = "/static/"
# WhiteNoise serves what the finders find; nothing is collected.
STATIC_ROOT = None
STATICFILES_DIRS = [Path(__file__).resolve().parent.parent / "web" / "static"]
WHITENOISE_USE_FINDERS = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
MEDIA_ROOT = NEWSLETTER.media_dir
MEDIA_URL = "/media/"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
TEST_RUNNER = "django.test.runner.DiscoverRunner"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"()": "newsletter.project.logs.Text"},
        "json": {"()": "newsletter.project.logs.JsonLines"},
    },
    "filters": {
        "secrets": {"()": "newsletter.project.logs.HideSecrets"},
        "strangers": {"()": "newsletter.project.logs.StrangersInOneLine"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "stream": sys.stderr,
            "formatter": NEWSLETTER.log_format,
            "filters": ["secrets", "strangers"],
        }
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "newsletter": {"level": "INFO"},
        "subscribers": {"level": "INFO"},
        # A missing picture or a scanner's path is not our news; the path could hold a token.
        "django.request": {"level": "ERROR"},
        # Scanners ask for other hosts: they are refused, and nothing is wrong here.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        # One line for each request that waits is what a flood would like to write.
        "waitress.queue": {"level": "ERROR"},
    },
}
