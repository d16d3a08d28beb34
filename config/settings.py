"""All settings of Modelscout; the only module that reads the environment.

Every variable is listed with its default in `.env.example`; a test keeps the two equal.
"""

import logging
from pathlib import Path

import environ
from csp.constants import NONE, SELF

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
# Tests name an empty file here, so that a developer's own settings do not decide about them.
_env_file = Path(env.str("ENV_FILE", "") or BASE_DIR / ".env")
if _env_file.exists():
    env.read_env(_env_file)

# --- Where things lie ---------------------------------------------------------------------------

VAR_DIR = Path(env.str("VAR_DIR", "") or BASE_DIR / "var")
UPLOADS_DIR = VAR_DIR / "uploads"
WEIGHTS_DIR = VAR_DIR / "weights"
MODELS_DIR = Path(env.str("MODELS_DIR", "") or BASE_DIR / "models")

# --- Security -----------------------------------------------------------------------------------

DEBUG = env.bool("DEBUG", False)
SECRET_KEY = env.str("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# Behind a proxy that ends TLS. Off by default: the embedded site answers plain HTTP on loopback.
HTTPS = env.bool("HTTPS", False)
# How many proxies append to X-Forwarded-For; 0 means the header is never believed.
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", 0)
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 63_072_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-sessionid" if HTTPS else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if HTTPS else "csrftoken"
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 14 * 24 * 3600

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "manifest-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# --- The application ----------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "csp",
    "django_htmx",
    "catalog",
    "harvesters",
    "inference",
]
MIDDLEWARE = [
    "config.middleware.SecurityHeaders",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Pages are compressed here, not by a proxy: the embedded site has none. Django pads against BREACH.
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
    # What repeats hundreds of times on a page of results; see catalog/compiled.py.
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "NAME": "compiled",
        "DIRS": [BASE_DIR / "templates" / "jinja2"],
        "OPTIONS": {"environment": "catalog.compiled.environment"},
    },
]
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Django's own cap on fields and bytes of one request; uploads have their own limits below.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
DATA_UPLOAD_MAX_NUMBER_FILES = 1
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_HANDLERS = [
    "inference.uploads.BoundedUpload",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# --- Postgres -----------------------------------------------------------------------------------

DATABASES = {"default": env.db_url("DATABASE_URL")}
# `?host=/path/to/socket/folder` is how a Unix socket is written in a Postgres URL.
_socket_folder = DATABASES["default"].setdefault("OPTIONS", {}).pop("host", "")
if _socket_folder:
    DATABASES["default"]["HOST"] = _socket_folder
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# Only the web server keeps a pool: its threads share it. Workers fork, and a pool must not be forked.
if env.bool("DATABASE_POOL", False):
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 2, "max_size": 8, "timeout": 5}
    # A visitor's query must not hang for ever; those of workers and commands take the time they need.
    _longest = env.int("WEB_QUERY_SECONDS", 20)
    if _longest > 0:
        _given = DATABASES["default"]["OPTIONS"].get("options", "")
        DATABASES["default"]["OPTIONS"]["options"] = f"-c statement_timeout={_longest}s {_given}"
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60

# --- Redis, Celery ------------------------------------------------------------------------------

REDIS_URL = env.str("REDIS_URL")
# Of a socket's URL Celery reads the database's number from another parameter than redis-py does.
CELERY_BROKER_URL = (
    "redis+socket://" + REDIS_URL.removeprefix("unix://").replace("?db=", "?virtual_host=")
    if REDIS_URL.startswith("unix://")
    else REDIS_URL
)
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_RESULT_BACKEND = None
# A message is only a hint (the row in Postgres is the truth), so it is acknowledged early and never retried:
# see docs/decisions/0004-the-trial-row-is-the-truth.md.
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # One more attempt for a web request that publishes: with kombu's defaults a page takes six seconds
    # to say that nobody listens. Workers reconnect for ever all the same.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.1,
    "socket_timeout": 2,
    "socket_connect_timeout": 2,
    "health_check_interval": 25,
    "socket_keepalive": True,
    "unacked_mutex_expire": 10,
    "visibility_timeout": 3600,
}
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 3
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "harvesters.tasks.*": {"queue": "harvest"},
    # Up to a minute of one core: trials must not wait behind it.
    "catalog.tasks.make_meanings": {"queue": "harvest"},
    "inference.tasks.run_trial": {"queue": "inference"},
}
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat" / "schedule")
CELERY_BEAT_SCHEDULE: dict[str, dict[str, object]] = {}

# --- Static files -------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static", ("examples", BASE_DIR / "inference" / "examples")]
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": UPLOADS_DIR},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- Harvesting ---------------------------------------------------------------------------------

HF_ENDPOINT = env.str("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
HF_TOKEN = env.str("HF_TOKEN", "")
# Parts of a list address of the Hub, those of images first; * is all of it.
HARVEST_HUGGINGFACE_QUERIES = env.list(
    "HARVEST_HUGGINGFACE_QUERIES",
    default=[
        "filter=image-classification",
        "filter=object-detection",
        "filter=image-segmentation",
        "filter=zero-shot-image-classification",
        "filter=image-feature-extraction",
        "filter=depth-estimation",
        "filter=zero-shot-object-detection",
        "filter=mask-generation",
        "filter=keypoint-detection",
        "filter=image-to-image",
        "filter=image-to-text",
        "filter=video-classification",
        "author=timm",
        "author=pytorch",
        "author=keras",
        "author=onnxmodelzoo",
        "author=torchvision",
        "author=facebook",
        "author=google",
        "author=microsoft",
        "author=apple",
        "author=nvidia",
    ],
)
HARVEST_HUGGINGFACE_LIMIT = env.int("HARVEST_HUGGINGFACE_LIMIT", 0)
HARVEST_HUGGINGFACE_PAGE = env.int("HARVEST_HUGGINGFACE_PAGE", 500)
HARVEST_HUGGINGFACE_DETAILS = env.int("HARVEST_HUGGINGFACE_DETAILS", 200)
HARVEST_HUGGINGFACE_DATASETS = env.int("HARVEST_HUGGINGFACE_DATASETS", 200)
HARVEST_HUGGINGFACE_PAPERS = env.int("HARVEST_HUGGINGFACE_PAPERS", 100)
HARVEST_LOOKUPS_PER_HOUR = env.int("HARVEST_LOOKUPS_PER_HOUR", 300)
RAW_GITHUB_URL = env.str("RAW_GITHUB_URL", "https://raw.githubusercontent.com").rstrip("/")
GITHUB_API_URL = env.str("GITHUB_API_URL", "https://api.github.com").rstrip("/")
GITHUB_TOKEN = env.str("GITHUB_TOKEN", "")
HARVEST_GITHUB_QUERIES = env.str("HARVEST_GITHUB_QUERIES", "")
HARVEST_GITHUB_LOOKUPS = env.int("HARVEST_GITHUB_LOOKUPS", 1000)
ARXIV_API_URL = env.str("ARXIV_API_URL", "https://export.arxiv.org/api/query").rstrip("/")
ARXIV_OAI_URL = env.str("ARXIV_OAI_URL", "https://oaipmh.arxiv.org/oai").rstrip("/")
HARVEST_ARXIV_SETS = env.str(
    "HARVEST_ARXIV_SETS",
    "cs:cs:CV,cs:cs:CL,cs:cs:LG,cs:cs:AI,eess:eess:IV,eess:eess:AS,stat:stat:ML",
).split(",")
HARVEST_ARXIV_SINCE = env.str("HARVEST_ARXIV_SINCE", "")
# A folder with the archive of Papers with Code, or the address of a Hub that has it; empty: it is not read.
PWC_ARCHIVE = env.str("PWC_ARCHIVE", "").rstrip("/")
# Where the Hub sends whoever fetches a large file.
PWC_ARCHIVE_REDIRECTS = env.list(
    "PWC_ARCHIVE_REDIRECTS",
    default=["https://cas-bridge.xethub.hf.co", "https://cdn-lfs.hf.co"],
)
# Where the Python package index keeps its files: torchtext has no wheel that installs everywhere.
PYPI_FILES_URL = env.str("PYPI_FILES_URL", "https://files.pythonhosted.org").rstrip("/")
GITHUB_CODELOAD_URL = env.str("GITHUB_CODELOAD_URL", "https://codeload.github.com").rstrip("/")
OPENMMLAB_REPOSITORIES = env.list(
    "OPENMMLAB_REPOSITORIES",
    default=[
        "open-mmlab/mmpretrain",
        "open-mmlab/mmdetection",
        "open-mmlab/mmsegmentation",
        "open-mmlab/mmpose",
        "open-mmlab/mmaction2",
        "open-mmlab/mmagic",
        "open-mmlab/mmyolo",
        "open-mmlab/mmrotate",
        "open-mmlab/mmdetection3d",
        "open-mmlab/mmocr",
        "open-mmlab/mmtracking",
    ],
)
MODELSCOPE_ENDPOINT = env.str("MODELSCOPE_ENDPOINT", "https://modelscope.cn").rstrip("/")
MODELSCOPE_API_TOKEN = env.str("MODELSCOPE_API_TOKEN", "")
KAGGLE_URL = env.str("KAGGLE_URL", "https://www.kaggle.com").rstrip("/")
KAGGLE_USERNAME = env.str("KAGGLE_USERNAME", "")
KAGGLE_KEY = env.str("KAGGLE_KEY", "")
HARVEST_CONTACT = env.str("HARVEST_CONTACT", "")
# How many walks through the network at once; the worker takes one task more, so that quick ones never wait.
HARVEST_WALKS_AT_ONCE = env.int("HARVEST_WALKS_AT_ONCE", 2)
HARVEST_PRIVATE_HOSTS = env.list("HARVEST_PRIVATE_HOSTS", default=[])

# --- The facet index -----------------------------------------------------------------------------

# Files beside Postgres, kept up by `manage.py index --follow`. None that old is believed.
INDEX_DIR = Path(env.str("INDEX_DIR", "") or VAR_DIR / "index")
INDEX_MAX_AGE = env.int("INDEX_MAX_AGE", 900)

# --- Trying -------------------------------------------------------------------------------------

# torchvision's checkpoints name this base themselves; a mirror may stand in for it, the hash stays the judge.
TORCHVISION_WEIGHTS_URL = env.str(
    "TORCHVISION_WEIGHTS_URL", "https://download.pytorch.org/models"
).rstrip("/")
UPLOAD_MAX_BYTES = env.int("UPLOAD_MAX_BYTES", 10_000_000)
UPLOAD_MAX_PIXELS = env.int("UPLOAD_MAX_PIXELS", 25_000_000)
UPLOAD_LIFETIME_HOURS = env.int("UPLOAD_LIFETIME_HOURS", 24)
TRIALS_PER_HOUR = env.int("TRIALS_PER_HOUR", 60)
LOADED_MODELS_MAX_BYTES = env.int("LOADED_MODELS_MAX_BYTES", 2_000_000_000)
WEIGHTS_CACHE_MAX_BYTES = env.int("WEIGHTS_CACHE_MAX_BYTES", 20_000_000_000)
TRIAL_TIME_LIMIT_SECONDS = env.int("TRIAL_TIME_LIMIT_SECONDS", 600)
# How long a worker may be silent before its trial is given to another one.
TRIAL_LEASE_SECONDS = env.int("TRIAL_LEASE_SECONDS", 20)
# "" takes CUDA where there is one, else the CPU; "cpu", "cuda" or "cuda:1" settle it.
TRIAL_DEVICE = env.str("TRIAL_DEVICE", "")
CELERY_BEAT_SCHEDULE |= {
    "watch-harvests": {
        "task": "harvesters.tasks.watch",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "make-meanings": {
        "task": "catalog.tasks.make_meanings",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "similar-papers": {
        "task": "catalog.tasks.similar_papers",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    # What the search box proposes: from its first rows on, then now and then.
    "first-completions": {
        "task": "catalog.tasks.gather_completions",
        "schedule": 30.0,
        "kwargs": {"first": True},
        "options": {"expires": 30},
    },
    "completions": {
        "task": "catalog.tasks.gather_completions",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    # Dropped if nobody took it in time: a queue without a consumer must not fill up with them.
    "sweep-trials": {"task": "inference.tasks.sweep", "schedule": 10.0, "options": {"expires": 10}},
    "example-results": {
        "task": "inference.tasks.start_missing_examples",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "expire-uploads": {
        "task": "inference.tasks.expire",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
}

# --- Logging ------------------------------------------------------------------------------------


def _shorten_refusals(record: logging.LogRecord) -> bool:
    """Whatever a stranger may send (a forbidden POST, a Host of a scanner, 201 fields) costs one line."""
    is_refusal = record.name == "django.request" and record.levelno < logging.ERROR
    if is_refusal or record.name.startswith("django.security."):
        record.exc_info = None
    return True


LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"short_refusals": {"()": lambda: _shorten_refusals}},
    "formatters": {"plain": {"format": "{levelname} {name}: {message}", "style": "{"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "plain",
            "filters": ["short_refusals"],
        }
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO")},
    # What says only that it goes on would drown what the tasks themselves say.
    "loggers": {
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
        "stamina": {"level": "ERROR"},
        "httpx2": {"level": "WARNING"},
    },
}
