"""Typed readers for the environment: NAME, or NAME_FILE holding a path to the value.

Every reader raises `django.core.exceptions.ImproperlyConfigured` with the variable's name, so a
half-configured service refuses to start and says what is wrong.
"""

import os
from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

TRUE = frozenset({"1", "true", "yes", "on"})
REDIS_DATABASES = 16
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
FALSE = frozenset({"0", "false", "no", "off", ""})


def load_dotenv(path: Path) -> None:
    """Add the variables of an existing .env file; the real environment wins."""
    if path.is_file():
        environ.Env.read_env(str(path))


def text(name: str, default: str = "") -> str:
    """:raises ImproperlyConfigured: for NAME and NAME_FILE at once, or an unreadable file."""
    value = os.environ.get(name, "").strip()
    file_name = os.environ.get(f"{name}_FILE", "").strip()
    if value and file_name:
        raise ImproperlyConfigured(f"Set {name} or {name}_FILE, not both.")
    if file_name:
        try:
            return Path(file_name).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE: cannot read {file_name}: {error}") from error
    return value or default


def flag(name: str, *, default: bool) -> bool:
    value = text(name, str(default)).lower()
    if value in TRUE:
        return True
    if value in FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be true or false, not {value!r}.")


def integer(name: str, default: int, *, low: int, high: int) -> int:
    value = text(name, str(default))
    if not value.lstrip("-").isdecimal() or not value.isascii():
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.")
    if not low <= int(value) <= high:
        raise ImproperlyConfigured(f"{name} must lie between {low} and {high}, not {value}.")
    return int(value)


def words(name: str, default: str = "") -> tuple[str, ...]:
    """A comma-separated list; blanks are dropped."""
    return tuple(word.strip() for word in text(name, default).split(",") if word.strip())


def choice(name: str, default: str, *, among: tuple[str, ...]) -> str:
    value = text(name, default)
    if value not in among:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(among)}, not {value!r}.")
    return value


def choices(name: str, default: str, *, among: tuple[str, ...]) -> tuple[str, ...]:
    """A comma-separated list of some of these, at least one."""
    found = words(name, default)
    wrong = [word for word in found if word not in among]
    if wrong or not found:
        raise ImproperlyConfigured(f"{name} must list some of {', '.join(among)}.")
    return found


def guarded_url(name: str) -> str:
    """An optional https:// URL as it was written; http:// only to this machine.

    :raises ImproperlyConfigured: naming the variable.
    """
    value = text(name)
    parts = urlsplit(value)
    schemes = {"https", "http"} if parts.hostname in LOOPBACK else {"https"}
    if value and (not parts.hostname or parts.scheme not in schemes):
        raise ImproperlyConfigured(f"{name} must be an https:// URL.")
    return value


def origins(name: str) -> tuple[str, ...]:
    """Exact web origins such as https://app.example.org; a path or a wildcard is refused."""
    found = words(name)
    for origin in found:
        parts = urlsplit(origin)
        if (
            parts.scheme not in {"http", "https"}
            or not parts.netloc
            or parts.path
            or "*" in origin
        ):
            raise ImproperlyConfigured(f"{name}: {origin!r} is not an exact web origin.")
    return found


def url(name: str, default: str, *, schemes: tuple[str, ...]) -> str:
    """An optional URL; empty when unset and without a default."""
    value = text(name, default)
    if value and urlsplit(value).scheme not in schemes:
        raise ImproperlyConfigured(f"{name} must start with one of {', '.join(schemes)}.")
    return value.rstrip("/")


def beside(redis_url: str) -> str:
    """The URL of the same Redis's next numbered database; empty when there is no Redis."""
    parts = urlsplit(redis_url)
    number = int(parts.path.strip("/") or 0)
    return parts._replace(path=f"/{(number + 1) % REDIS_DATABASES}").geturl() if redis_url else ""


def database(name: str, *, default: str) -> dict[str, object]:
    """Django's DATABASES entry of a sqlite:/// or postgresql:// URL."""
    value = text(name, default)
    try:
        parsed: dict[str, object] = environ.Env.db_url_config(value)
    except (ValueError, KeyError, ImproperlyConfigured) as error:
        raise ImproperlyConfigured(f"{name} is not a database URL.") from error
    if parsed.get("ENGINE") not in {"django.db.backends.sqlite3", "django.db.backends.postgresql"}:
        raise ImproperlyConfigured(f"{name} must be a sqlite:/// or postgresql:// URL.")
    return parsed
