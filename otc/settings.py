"""All settings, read from the environment: machines differ by a variable, not by a file.

The README lists every variable with its default and its unit. A name that starts with OTC_ and is not known here
stops the start, since a misspelt setting would otherwise silently keep its default.
"""

import os
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()

KNOWN = {
    "OTC_ALLOWED_HOSTS",
    "OTC_BODACC_URL",
    "OTC_CLAMD_URL",
    "OTC_COMMERCIAL_TOKEN",
    "OTC_COMMERCIAL_URL",
    "OTC_CONTEXT_KEY",
    "OTC_DATA_DIR",
    "OTC_DEBUG",
    "OTC_DEMO",
    "OTC_DNS_SERVER",
    "OTC_IMAP_URL",
    "OTC_INBOUND_AUTHSERV",
    "OTC_INBOUND_HOST",
    "OTC_INSURER_KEYS",
    "OTC_INSURER_URL",
    "OTC_LATE_PAYMENT_RATES",
    "OTC_LOG_LEVEL",
    "OTC_MAILEVA_PASSWORD",
    "OTC_MAILEVA_SENDER",
    "OTC_MAILEVA_TOKEN_URL",
    "OTC_MAILEVA_URL",
    "OTC_MAILEVA_USER",
    "OTC_MAILGUN_SIGNING_KEY",
    "OTC_MAILS_PER_HOUR",
    "OTC_MAIL_CA_FILE",
    "OTC_MAIL_EVIDENCE_DIR",
    "OTC_MAIL_FROM",
    "OTC_METRICS_TOKEN",
    "OTC_PORTAL_URL",
    "OTC_PUBLIC_URL",
    "OTC_REGISTER_TOKEN",
    "OTC_REGISTER_URL",
    "OTC_SEALING_KEY",
    "OTC_SECRET_KEY",
    "OTC_SENDING_DOMAIN_REQUIRED",
    "OTC_SENDING_EPOCH",
    "OTC_SINCH_FROM",
    "OTC_SINCH_HOOK_SECRET",
    "OTC_SINCH_PLAN",
    "OTC_SINCH_TOKEN",
    "OTC_SINCH_URL",
    "OTC_SPF_INCLUDE",
    "OTC_TRUSTED_PROXY",
}
_unknown = sorted(
    name
    for name in os.environ
    if name.startswith("OTC_") and name not in KNOWN and "_TEST_" not in name
)
if _unknown:
    message = f"Unknown settings {', '.join(_unknown)}. Known are: {', '.join(sorted(KNOWN))}."
    raise ImproperlyConfigured(message)

DEBUG = env.bool("OTC_DEBUG", default=False)
OTC_DEMO = env.bool("OTC_DEMO", default=False)
OTC_DATA_DIR = Path(env.str("OTC_DATA_DIR", default=str(BASE_DIR / "var")))

# Without a secret of its own the process can neither sign sessions nor tenant contexts: it says so and stops.
SECRET_KEY = env.str("OTC_SECRET_KEY")
OTC_CONTEXT_KEY = env.str("OTC_CONTEXT_KEY").encode()

OTC_PUBLIC_URL = env.str("OTC_PUBLIC_URL", default="http://127.0.0.1:8000").rstrip("/")
OTC_PORTAL_URL = env.str("OTC_PORTAL_URL", default=OTC_PUBLIC_URL).rstrip("/")
_is_https = OTC_PUBLIC_URL.startswith("https://")
ALLOWED_HOSTS = env.list("OTC_ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = [OTC_PUBLIC_URL, OTC_PORTAL_URL]
if env.bool("OTC_TRUSTED_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

ROOT_URLCONF = "otc.urls"
WSGI_APPLICATION = "otc.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"
SITE_ID = 1

INSTALLED_APPS = [
    "otc",
    "kernel",
    "accounts",
    "ledger",
    "credit",
    "disputes",
    "dunning",
    "kpis",
    "portal",
    "integrations",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "otc.apps.StaticFiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "rest_framework",
    "template_partials",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "accounts.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.SessionsSeenMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.ActorMiddleware",
    "otc.menu_counts.CountAnewMiddleware",
    "kernel.http.DeclaredPermissionMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csrf",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "otc.navigation.shell",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static"],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- data ---------------------------------------------------------------------------------------------------------

# The application's role owns nothing; `migrate` alone connects as a member of the owner (RELIABILITY D1).
DATABASES = {
    "default": env.db_url("DATABASE_URL", default="postgresql://otc_web@localhost/otc"),
    "migrate": env.db_url("DATABASE_MIGRATE_URL", default="postgresql://otc_migrate@localhost/otc"),
}
for _database in DATABASES.values():
    _database["ENGINE"] = "django.db.backends.postgresql"
    _database["HOST"] = unquote(_database["HOST"])  # a Unix socket's folder is written with %2F
    _database["CONN_MAX_AGE"] = 60
    _database["CONN_HEALTH_CHECKS"] = True
    _database["DISABLE_SERVER_SIDE_CURSORS"] = True  # they do not survive a transaction pooler
DATABASES["migrate"].setdefault("OPTIONS", {})["options"] = (
    "-c role=otc_owner -c app.maintenance=on"
)
DATABASES["migrate"]["CONN_MAX_AGE"] = 0
MIGRATION_LOCK_TIMEOUT = timedelta(seconds=5)

REDIS_URL = env.str("REDIS_URL", default="redis://localhost:6379/0")


def _cache_location(url: str) -> str:
    """Return the address of the database after the broker's; Celery names a Unix socket in a way of its own."""
    parts = urlsplit(url)
    if parts.scheme == "redis+socket":
        number = int(dict(parse_qsl(parts.query)).get("virtual_host", 0))
        return f"unix://{parts.path}?db={number + 1}"
    number = int(parts.path.strip("/") or 0)
    return urlunsplit(parts._replace(path=f"/{number + 1}"))


CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": _cache_location(REDIS_URL),
        "KEY_PREFIX": "otc",
    }
}

# --- who signs in -------------------------------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "/login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = (
    300  # seconds: step-up for rows 6-9, 25, 29-31 and 33 of the matrix
)
ACCOUNT_RATE_LIMITS = {"login": "20/15m/ip", "login_failed": "5/15m/key,20/15m/ip"}
MFA_ADAPTER = "accounts.adapter.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Échéo"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not _is_https
USERSESSIONS_TRACK_ACTIVITY = True

OTC_ROLES = "otc.roles"
OTC_ENTITY_OPENER = "ledger.services.open_entity"
OTC_PORTAL_LINKS = "portal.services.link_for_reminder"
OTC_SOLO_DOOR = (
    "accounts.solo.keep_for_representative"  # what keeps an act that needs another person (S14)
)
OTC_SAMPLE_DATA = "otc.demo.services.load_sample"
OTC_DISPUTE_REGISTER = "disputes.services.register_declared_dispute"
OTC_DISPUTE_WITHDRAWAL = "disputes.services.take_back_disputes"
OTC_LINE_STAGES = "dunning.queries.stages.line_stages"
OTC_CHASE_FACTS = "dunning.queries.chase_facts.ChaseFacts"
# The open API of the BODACC, `https://bodacc-datadila.opendatasoft.com`; empty: insolvencies are entered by people.
OTC_BODACC_URL = env.str("OTC_BODACC_URL", default="")
OTC_INSOLVENCY_WATCH = "integrations.bodacc.client.Bodacc"
OTC_EXPORT_TARGET = "integrations.accounting.client.AccountingCall"
# Information about companies and covers: each off while its address is empty. A key belongs to a tenant's policy.
OTC_INFORMATION = {
    "register": (
        env.str("OTC_REGISTER_URL", default=""),
        env.str("OTC_REGISTER_TOKEN", default=""),
    ),
    "commercial": (
        env.str("OTC_COMMERCIAL_URL", default=""),
        env.str("OTC_COMMERCIAL_TOKEN", default=""),
    ),
}
OTC_INFORMATION_CLIENTS = {
    "register": "integrations.api_entreprise.client.ApiEntreprise",
    "commercial": "integrations.pappers.client.Pappers",
}
OTC_INSURER_URL = env.str("OTC_INSURER_URL", default="")
OTC_INSURER_KEYS = env.dict("OTC_INSURER_KEYS", default={})
OTC_INSURER_COVERS = "integrations.insurer.client.InsurerCovers"
OTC_PDF_PRESS = "dunning.documents.rendering.render_pdf"
OTC_LATE_PAYMENT_RATES = env.str("OTC_LATE_PAYMENT_RATES", default="")
OTC_METRICS_TOKEN = env.str("OTC_METRICS_TOKEN", default="")

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = (
    12 * 3600
)  # seconds: the absolute limit; idle time is checked by ActorMiddleware
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _is_https
SESSION_COOKIE_NAME = "__Host-session" if _is_https else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if _is_https else "csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "otc.errors.csrf_failure"
SECURE_HSTS_SECONDS = 31_536_000 if _is_https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _is_https
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "manifest-src": ["'self'"],
    }
}
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024  # bytes of a form; files stream to disk
FILE_UPLOAD_TEMP_DIR = None

# --- words, dates, files ------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("fr", _("French")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
STATIC_ROOT = OTC_DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = OTC_DATA_DIR / "files"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "otc.static_bundle.BundledStaticFilesStorage"},
}

# --- e-mail -------------------------------------------------------------------------------------------------------

EMAIL_URL = env.str("EMAIL_URL", default="smtp+tls://localhost:1025")
_email = env.email_url_config(EMAIL_URL)
EMAIL_BACKEND = "kernel.mail.VerifiedEmailBackend"
EMAIL_HOST = _email.get("EMAIL_HOST") or "localhost"
EMAIL_PORT = int(_email.get("EMAIL_PORT") or 25)
EMAIL_HOST_USER = _email.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = _email.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = bool(_email.get("EMAIL_USE_TLS"))
EMAIL_USE_SSL = bool(_email.get("EMAIL_USE_SSL"))
EMAIL_TIMEOUT = 10  # seconds
OTC_MAIL_CA_FILE = env.str(
    "OTC_MAIL_CA_FILE", default=""
)  # a private authority of the relay; empty: the system's
OTC_MAIL_EVIDENCE_DIR = env.str("OTC_MAIL_EVIDENCE_DIR", default="")
OTC_MAIL_FROM = DEFAULT_FROM_EMAIL = env.str("OTC_MAIL_FROM", default="reminders@echeo.example")
OTC_SENDING_EPOCH = env.str("OTC_SENDING_EPOCH", default="1")

# What customers write back: where it arrives, who brings it, and whose word about its sender counts.
OTC_INBOUND_HOST = env.str("OTC_INBOUND_HOST", default="").lower()
OTC_INBOUND_AUTHSERV = env.str("OTC_INBOUND_AUTHSERV", default="")
OTC_MAILGUN_SIGNING_KEY = env.str("OTC_MAILGUN_SIGNING_KEY", default="")
OTC_IMAP_URL = env.str("OTC_IMAP_URL", default="")

# What strangers attach goes through ClamAV where its daemon is named: tcp://host:3310 or unix:///run/clamav/clamd.ctl.
OTC_CLAMD_URL = env.str("OTC_CLAMD_URL", default="")
OTC_VIRUS_SCANNER = "integrations.clamd.client.Clamd" if OTC_CLAMD_URL else ""

# Providers of text messages and registered e-letters; each is off until its access is given.
OTC_SINCH_URL = env.str("OTC_SINCH_URL", default="https://eu.sms.api.sinch.com").rstrip("/")
OTC_SINCH_PLAN = env.str("OTC_SINCH_PLAN", default="")
OTC_SINCH_TOKEN = env.str("OTC_SINCH_TOKEN", default="")
OTC_SINCH_FROM = env.str("OTC_SINCH_FROM", default="")
OTC_SINCH_HOOK_SECRET = env.str("OTC_SINCH_HOOK_SECRET", default="")
OTC_MAILEVA_URL = env.str("OTC_MAILEVA_URL", default="").rstrip("/")
OTC_MAILEVA_TOKEN_URL = env.str("OTC_MAILEVA_TOKEN_URL", default="")
OTC_MAILEVA_USER = env.str("OTC_MAILEVA_USER", default="")
OTC_MAILEVA_PASSWORD = env.str("OTC_MAILEVA_PASSWORD", default="")
OTC_MAILEVA_SENDER = env.str("OTC_MAILEVA_SENDER", default="")
OTC_CARRIERS = {}
if OTC_SINCH_PLAN and OTC_SINCH_TOKEN:
    OTC_CARRIERS["sms"] = "integrations.sinch.client.Sinch"
if OTC_MAILEVA_URL and OTC_MAILEVA_USER and OTC_MAILEVA_SENDER:
    OTC_CARRIERS["registered_eletter"] = "integrations.maileva.client.Maileva"

# The domain a tenant's messages leave from.
OTC_SENDING_DOMAIN_REQUIRED = env.bool("OTC_SENDING_DOMAIN_REQUIRED", default=False)
OTC_SPF_INCLUDE = env.str("OTC_SPF_INCLUDE", default="")
OTC_MAILS_PER_HOUR = env.int("OTC_MAILS_PER_HOUR", default=200)
OTC_SEALING_KEY = env.str("OTC_SEALING_KEY", default=SECRET_KEY)
OTC_DNS_SERVER = env.str("OTC_DNS_SERVER", default="")

# --- workers ------------------------------------------------------------------------------------------------------

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "otc"
CELERY_TASK_TIME_LIMIT = 900  # seconds
CELERY_TASK_SOFT_TIME_LIMIT = 840  # seconds
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    # A page tries once more at once, and waits no longer than this for a broker that does not answer.
    "socket_connect_timeout": 3,
    "max_retries": 1,
    "interval_start": 0,
}
CELERY_TIMEZONE = "UTC"

# --- API ----------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.api_authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.api_authentication.HoldsPermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "kernel.api.problem_details",
    "COERCE_DECIMAL_TO_STRING": True,
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Échéo API",
    "DESCRIPTION": "Order-to-cash and credit management: customers, documents, payments, indicators, reminders.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
}

# --- logs ---------------------------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "otc.logs.MaskingFormatter",
            "format": "{asctime} {levelname} {name} {message}",
            "style": "{",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("OTC_LOG_LEVEL", default="INFO")},
    "loggers": {
        "django.server": {"handlers": ["stderr"], "propagate": False},
        # Whoever turns the web server's access log on gets it through the same masking.
        "granian.access": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
    },
}
SILENCED_SYSTEM_CHECKS = [
    "security.W004",  # HSTS follows OTC_PUBLIC_URL
    "security.W008",  # the proxy redirects to https
]
