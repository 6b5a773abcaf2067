"""The one settings file: twelve-factor, offline by default, validated while it is read.

Every environment variable is listed, with its meaning, in .env.example (tested against this file).
"""

from datetime import timedelta
from pathlib import Path

from corsheaders.defaults import default_headers
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django_guid.integrations import CeleryIntegration

from config import env, logging, schedule

BASE_DIR = Path(__file__).resolve().parent.parent
env.load_dotenv(BASE_DIR / ".env")

# -- who may ask ------------------------------------------------------------------------------
DEBUG = env.flag("DEBUG", default=False)
INSECURE_KEY = "insecure-development-key-never-use-it-where-anybody-else-can-reach-it"
LEAST_KEY = 50
PLACEHOLDERS = (INSECURE_KEY, "insecure", "django-insecure-", "changeme", "change-me", "your-")
# Never `none`, nor one whose secret would be shared with whoever issues the tokens.
PUBLIC_KEY_ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
)  # fmt: skip
SECRET_KEY = env.text("SECRET_KEY", INSECURE_KEY)
SECRET_KEY_FALLBACKS = list(env.words("SECRET_KEY_FALLBACKS"))
ALLOWED_HOSTS = list(env.words("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]"))
PUBLIC = any(
    host not in {"127.0.0.1", "localhost", "[::1]", "testserver"} for host in ALLOWED_HOSTS
)
if PUBLIC and (SECRET_KEY.startswith(PLACEHOLDERS) or len(SECRET_KEY) < LEAST_KEY):
    raise ImproperlyConfigured(
        "SECRET_KEY must be set (50 characters or more, no placeholder) to serve ALLOWED_HOSTS."
    )
if PUBLIC and (DEBUG or "*" in ALLOWED_HOSTS):
    raise ImproperlyConfigured("DEBUG and ALLOWED_HOSTS=* are for loopback only.")
WEBHOOK_LOOPBACK = env.flag("WEBHOOK_LOOPBACK", default=False)
if PUBLIC and WEBHOOK_LOOPBACK:
    raise ImproperlyConfigured("WEBHOOK_LOOPBACK is for a league on loopback only.")
HTTPS = env.flag("HTTPS", default=PUBLIC)
CORS_ALLOWED_ORIGINS = list(env.origins("ALLOWED_ORIGINS"))
CSRF_TRUSTED_ORIGINS = list(env.origins("CSRF_TRUSTED_ORIGINS"))
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_HEADERS = [
    *default_headers,
    "idempotency-key",
    "if-match",
    "if-none-match",
    "x-request-id",
]
CORS_EXPOSE_HEADERS = [
    "ETag", "Link", "Retry-After", "RateLimit", "RateLimit-Policy", "X-Request-ID",
    "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Idempotency-Replayed",
]  # fmt: skip
TRUSTED_PROXY_COUNT = env.integer("TRUSTED_PROXY_COUNT", 0, low=0, high=10)
RATE_LIMIT_RPM = env.integer("RATE_LIMIT_RPM", 240, low=1, high=1_000_000)
ENABLE_USER_REGISTRATION = env.flag("ENABLE_USER_REGISTRATION", default=False)
LEAGUES_PER_ACCOUNT = env.integer("LEAGUES_PER_ACCOUNT", 3, low=0, high=1_000)
LEAGUE_ROUNDS_PER_DAY = env.integer("LEAGUE_ROUNDS_PER_DAY", 600, low=1, high=100_000)

# -- whose tokens count: none, unless an OpenID Connect issuer is named -------------------------
OIDC_ISSUER = env.guarded_url("OIDC_ISSUER")
OIDC_AUDIENCE = env.text("OIDC_AUDIENCE")
OIDC_JWKS_URL = env.guarded_url("OIDC_JWKS_URL")
OIDC_ALGORITHMS = env.choices("OIDC_ALGORITHMS", "RS256,ES256", among=PUBLIC_KEY_ALGORITHMS)
OIDC_LEEWAY_S = env.integer("OIDC_LEEWAY_S", 30, low=0, high=300)
OIDC_REQUIRE_NBF = env.flag("OIDC_REQUIRE_NBF", default=True)
if OIDC_ISSUER and not OIDC_AUDIENCE:
    raise ImproperlyConfigured("OIDC_ISSUER needs OIDC_AUDIENCE: whom its tokens must be for.")
if (OIDC_AUDIENCE or OIDC_JWKS_URL) and not OIDC_ISSUER:
    raise ImproperlyConfigured("OIDC_AUDIENCE and OIDC_JWKS_URL need OIDC_ISSUER.")

# -- where state lives ------------------------------------------------------------------------
# A league on a chain of this machine's own (`make run CHAIN=anvil`) is a league of its own.
CHAIN = env.choice("CHAIN", "local", among=("local", "anvil"))
VAR_DIR = Path(
    env.text("VAR_DIR", str(BASE_DIR / "var" / "anvil" if CHAIN == "anvil" else BASE_DIR / "var"))
)
DATABASES = {
    "default": env.database("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'league.sqlite3'}")
}
IS_SQLITE = DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"
if IS_SQLITE:
    VAR_DIR.mkdir(parents=True, exist_ok=True)
    # IMMEDIATE makes every transaction take the write lock first: the lock boundary on SQLite.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    DATABASES["default"] |= {
        "ENGINE": "config.postgresql",  # Django's own, with a limit to every wait
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": 3,
            # A peer that has vanished: unacknowledged bytes fail after 5 s, silence after 11 s.
            "tcp_user_timeout": 5000,
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "options": "-c statement_timeout=10000 -c lock_timeout=3000"
            " -c idle_in_transaction_session_timeout=10000 -c timezone=UTC"
            # The same from the server's side: who vanished keeps no locks.
            " -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"
            " -c tcp_user_timeout=15000",
        },
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.url("REDIS_URL", "", schemes=("redis", "rediss"))
CACHE_REDIS_URL = env.beside(REDIS_URL)  # the cache and the limiter: never among the queues
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": CACHE_REDIS_URL,
        "OPTIONS": {"pool_class": "config.reachability.Pool", "reach_url": CACHE_REDIS_URL},
    }
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

# -- prices, forecasters, chain: absent secrets mean the documented offline twin ---------------
PRICE_MODE = env.choice("PRICE_MODE", "simulated", among=("simulated", "live"))
PRICE_SOURCES = env.words("PRICE_SOURCES", "binance,coinbase,kraken,coingecko")
SIMULATION_SEED = env.integer("SIMULATION_SEED", 20_260_101, low=0, high=2**31)
SANDBOX = env.flag("SANDBOX", default=True)
# Runs a player may have at a time (0: none), rounds of a run, days an unused one is kept.
TIME_MACHINE_RUNS = env.integer("TIME_MACHINE_RUNS", 5, low=0, high=1000)
TIME_MACHINE_ROUNDS = env.integer("TIME_MACHINE_ROUNDS", 1000, low=1, high=10_000)
TIME_MACHINE_DAYS = env.integer("TIME_MACHINE_DAYS", 7, low=1, high=3650)
HTTP_SCHEMES = ("https", "http")
COINGECKO_API_URL = env.url(
    "COINGECKO_API_URL", "https://api.coingecko.com/api/v3", schemes=HTTP_SCHEMES
)
COINGECKO_API_KEY = env.text("COINGECKO_API_KEY")
COINGECKO_KEY_KIND = env.choice("COINGECKO_KEY_KIND", "demo", among=("demo", "pro"))
BINANCE_API_URL = env.url(
    "BINANCE_API_URL", "https://data-api.binance.vision", schemes=HTTP_SCHEMES
)
COINBASE_API_URL = env.url(
    "COINBASE_API_URL", "https://api.exchange.coinbase.com", schemes=HTTP_SCHEMES
)
KRAKEN_API_URL = env.url("KRAKEN_API_URL", "https://api.kraken.com", schemes=HTTP_SCHEMES)
GEMINI_API_KEY = env.text("GEMINI_API_KEY")
GEMINI_MODEL = env.text("GEMINI_MODEL", "gemini-2.5-flash")
GEMINI_API_ENDPOINT = env.url("GEMINI_API_ENDPOINT", "", schemes=HTTP_SCHEMES)
GEMINI_TIMEOUT_S = env.integer("GEMINI_TIMEOUT_S", 8, low=1, high=60)
GEMINI_DAILY_CALLS = env.integer("GEMINI_DAILY_CALLS", 500, low=0, high=1_000_000)
GEMINI_DAILY_TOKENS = env.integer("GEMINI_DAILY_TOKENS", 1_000_000, low=0, high=10**12)
GEMINI_DAILY_MICROUSD = env.integer("GEMINI_DAILY_MICROUSD", 1_000_000, low=0, high=10**12)
GEMINI_MICROUSD_PER_MTOK_IN = env.integer(
    "GEMINI_MICROUSD_PER_MTOK_IN", 300_000, low=0, high=10**10
)
GEMINI_MICROUSD_PER_MTOK_OUT = env.integer(
    "GEMINI_MICROUSD_PER_MTOK_OUT", 2_500_000, low=0, high=10**10
)
CHAIN_RPC_URLS = env.words("CHAIN_RPC_URLS")
CHAIN_ID = env.integer("CHAIN_ID", 0, low=0, high=10**17)
CHAIN_CONTRACT = env.text("CHAIN_CONTRACT")
CHAIN_CONFIRMATIONS = env.integer("CHAIN_CONFIRMATIONS", 12, low=1, high=10_000)
CHAIN_MAX_FEE_GWEI = env.integer("CHAIN_MAX_FEE_GWEI", 300, low=1, high=1_000_000)
CHAIN_DAILY_GAS = env.integer("CHAIN_DAILY_GAS", 200_000_000, low=0, high=10**12)
CHAIN_LEAST_BALANCE_GWEI = env.integer("CHAIN_LEAST_BALANCE_GWEI", 2_000_000, low=0, high=10**12)
# Who signs: at most one of these, and only where the `chain` queue is served.
CHAIN_PRIVATE_KEY = env.text("PRIVATE_KEY")
CHAIN_KEYSTORE = env.text("CHAIN_KEYSTORE")
CHAIN_KEYSTORE_PASSWORD = env.text("CHAIN_KEYSTORE_PASSWORD")
CHAIN_SIGNER_URL = env.url("CHAIN_SIGNER_URL", "", schemes=HTTP_SCHEMES)
CHAIN_SIGNER_ADDRESS = env.text("CHAIN_SIGNER_ADDRESS")
CHAIN_DIGEST_SIGNER = env.text("CHAIN_DIGEST_SIGNER")
ACKNOWLEDGEMENT_KEY = env.text("ACKNOWLEDGEMENT_KEY")

# -- the application --------------------------------------------------------------------------
INSTALLED_APPS = [
    "config.apps.ConfigConfig",
    "leaderboard.apps.LeaderboardConfig",
    "predictions.apps.PredictionsConfig",
    "league.apps.LeagueConfig",
    "markets.apps.MarketsConfig",
    "chain.apps.ChainConfig",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "axes",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "corsheaders",
    "csp",
    "django_celery_beat",
    "django_guid",
    "django_prometheus",
]
MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "config.request_id.RequestIdMiddleware",
    # What every answer carries comes first, so that refusals carry it, too.
    "django.middleware.security.SecurityMiddleware",
    "config.content_policy.ContentPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "config.strict_input.StrictInputMiddleware",
    "config.refusals.RefusalsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.rate_limit.RateLimitMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.staff_sessions.StaffSessionMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "config.known_queries.KnownQueryMiddleware",
    "config.request_metrics.RequestMetricsMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "config" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False
ATOMIC_REQUESTS = False
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "config" / "static"]
WHITENOISE_USE_FINDERS = True

# -- security ---------------------------------------------------------------------------------
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
ACCOUNTS_BACKEND = "django.contrib.auth.backends.ModelBackend"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", ACCOUNTS_BACKEND]
AXES_HANDLER = "config.lockout.Handler"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"], "ip_address"]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(hours=24)  # failures are forgotten after it; config.lockout waits
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "config.lockout.address"
AXES_LOCKOUT_CALLABLE = "config.lockout.refusal"
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "csrfmiddlewaretoken"]
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False  # config.admin has its desk
AXES_VERBOSE = False
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
]
LOGIN_URL = "rest_framework:login"
LOGIN_REDIRECT_URL = "/api/v1/"
LOGOUT_REDIRECT_URL = "/"
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True  # pages carry the token themselves
SECURE_SSL_REDIRECT = False  # the proxy in front redirects; health checks speak plain HTTP
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS and TRUSTED_PROXY_COUNT else None
)
SILENCED_SYSTEM_CHECKS = ["security.W008"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# -- the API ----------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "league.authentication.ApiKeyAuthentication",
        "league.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["league.permissions.ScopedOrReadOnly"],
    "DEFAULT_RENDERER_CLASSES": [
        "rest_framework.renderers.JSONRenderer",
        "rest_framework.renderers.BrowsableAPIRenderer",
    ],
    "DEFAULT_PARSER_CLASSES": ["config.strict_input.StrictJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "config.pagination.CursorPage",
    "DEFAULT_THROTTLE_CLASSES": ["config.rate_limit.AccountThrottle"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "config.operations.Operation",
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "config.negotiation.Negotiation",
    "EXCEPTION_HANDLER": "config.api_errors.handle",
    "ALLOWED_VERSIONS": ["1"],
    "COERCE_DECIMAL_TO_STRING": True,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "AI-vs-Human Prediction League",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "PlayerKindEnum": "league.models.player.Kind",
        "RoundStatusEnum": "league.models.round.Status",
        "AnchorKindEnum": "chain.models.Kind",
        "AnchorStatusEnum": "chain.models.Status",
        "RoleEnum": "league.models.membership.Role",
        "GivenRoleEnum": "league.models.invite.GIVEN_CHOICES",
        "DeliveryStatusEnum": "league.models.delivery.DeliveryStatus",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.openapi.add_promises",
    ],
}

# -- Celery: decides when to look, never what is true ------------------------------------------
CELERY_BROKER_URL = REDIS_URL or "memory://"
CELERY_TIMEZONE = "UTC"
CELERY_ENABLE_UTC = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_IGNORE_RESULT = True
CELERY_RESULT_EXPIRES = None  # there are none: beat needs no entry that cleans them up
CELERY_TASK_ROUTES = schedule.ROUTES
CELERY_TASK_QUEUES = schedule.QUEUES
CELERY_TASK_DEFAULT_QUEUE = "work"
CELERY_TASK_SOFT_TIME_LIMIT = 60
CELERY_TASK_TIME_LIMIT = 90
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 0}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_DISABLE_PREFETCH = True
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 20
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a hundred would end every worker within the hour
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    "socket_timeout": 10,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
    "health_check_interval": 10,
    "retry_on_timeout": True,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
}
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SCHEDULE = schedule.ENTRIES
CELERY_BEAT_MAX_LOOP_INTERVAL = 5
DJANGO_CELERY_BEAT_TZ_AWARE = True

# -- logs -------------------------------------------------------------------------------------
DJANGO_GUID = {
    "GUID_HEADER_NAME": "X-Request-ID",
    "VALIDATE_GUID": False,  # config.request_id bounds length and characters before it gets here
    "RETURN_HEADER": True,
    "EXPOSE_HEADER": False,
    "INTEGRATIONS": [CeleryIntegration(log_parent=False)],
}
LOG_LEVEL = env.choice("LOG_LEVEL", "INFO", among=("DEBUG", "INFO", "WARNING", "ERROR"))
LOGGING_CONFIG = None
logging.configure(
    level=LOG_LEVEL,
    secrets=[
        SECRET_KEY, *SECRET_KEY_FALLBACKS, GEMINI_API_KEY, COINGECKO_API_KEY, CHAIN_PRIVATE_KEY,
        CHAIN_KEYSTORE_PASSWORD, CHAIN_SIGNER_URL, *CHAIN_RPC_URLS, ACKNOWLEDGEMENT_KEY, REDIS_URL,
        str(DATABASES["default"].get("PASSWORD") or ""),
    ],
)  # fmt: skip
