"""`.env.example` names exactly what the code reads, and its values are the defaults."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
APPS = ("config", "leaderboard", "predictions", "league", "markets", "chain")
EXAMPLE = (REPOSITORY / ".env.example").read_text(encoding="utf-8")
pytestmark = pytest.mark.skipif(
    (REPOSITORY / ".env").exists(), reason="your own .env changes the defaults tested here"
)
SHOWN = dict(re.findall(r"^#([A-Z][A-Z0-9_]*)=(.*)$", EXAMPLE, flags=re.MULTILINE))


def variables_read() -> Iterator[str]:
    for app in APPS:
        for path in (REPOSITORY / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and isinstance(node.func.value, ast.Name)
                    and node.func.value.id == "env"
                    and isinstance(node.args[0], ast.Constant)
                ):
                    yield str(node.args[0].value)


def boot(**changes: str) -> "subprocess.CompletedProcess[str]":
    """Read the settings in a fresh Python that inherits nothing but these variables."""
    program = (
        "import config.settings as s; print(s.RATE_LIMIT_RPM, s.PRICE_MODE, s.DEBUG, s.HTTPS,"
        " s.DATABASES['default']['ENGINE'], bool(s.REDIS_URL))"
    )
    return subprocess.run(
        [sys.executable, "-c", program],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY)} | changes,
        check=False,
        capture_output=True,
        text=True,
    )


def test_the_example_names_exactly_the_variables_that_are_read() -> None:
    assert set(SHOWN) == set(variables_read()) - {"_FILE"}


def test_every_variable_of_the_example_has_a_comment_above_it() -> None:
    lines = EXAMPLE.splitlines()
    for number, line in enumerate(lines):
        if re.match(r"#[A-Z][A-Z0-9_]*=", line):
            block = [part for part in lines[max(0, number - 3) : number] if part.startswith("# ")]
            assert block, line


def test_the_values_of_the_example_are_the_defaults(tmp_path: Path) -> None:
    shown = {name: value for name, value in SHOWN.items() if value}
    bare = boot(VAR_DIR=str(tmp_path))
    assert bare.returncode == 0, bare.stderr
    assert bare.stdout == "240 simulated False False django.db.backends.sqlite3 False\n"
    assert boot(VAR_DIR=str(tmp_path), **shown).stdout == bare.stdout


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"DEBUG": "perhaps"}, ["DEBUG", "true or false"]),
        ({"RATE_LIMIT_RPM": "0"}, ["RATE_LIMIT_RPM", "between 1 and"]),
        ({"RATE_LIMIT_RPM": "many"}, ["RATE_LIMIT_RPM", "whole number"]),
        ({"PRICE_MODE": "guessed"}, ["PRICE_MODE", "simulated, live"]),
        ({"ALLOWED_ORIGINS": "https://*.example.org"}, ["ALLOWED_ORIGINS", "exact web origin"]),
        ({"ALLOWED_ORIGINS": "https://example.org/app"}, ["ALLOWED_ORIGINS", "exact web origin"]),
        ({"DATABASE_URL": "mysql://a@b/c"}, ["DATABASE_URL"]),
        ({"REDIS_URL": "http://127.0.0.1"}, ["REDIS_URL", "redis"]),
        ({"ALLOWED_HOSTS": "league.example.org"}, ["SECRET_KEY", "50 characters"]),
        ({"ALLOWED_HOSTS": "league.example.org", "SECRET_KEY": "short"}, ["SECRET_KEY"]),
        (
            {"ALLOWED_HOSTS": "a.example.org", "SECRET_KEY": "django-insecure-" + "k" * 60},
            ["SECRET_KEY", "placeholder"],
        ),
        ({"ALLOWED_HOSTS": "*", "SECRET_KEY": "k" * 60}, ["ALLOWED_HOSTS"]),
        (
            {"ALLOWED_HOSTS": "a.example.org", "SECRET_KEY": "k" * 60, "DEBUG": "1"},
            ["DEBUG", "loopback"],
        ),
        (
            {
                "ALLOWED_HOSTS": "a.example.org",
                "SECRET_KEY": "k" * 60,
                "WEBHOOK_LOOPBACK": "true",
            },
            ["WEBHOOK_LOOPBACK"],
        ),
        ({"OIDC_ISSUER": "https://a.example"}, ["OIDC_ISSUER", "needs OIDC_AUDIENCE"]),
        ({"OIDC_AUDIENCE": "league"}, ["need OIDC_ISSUER"]),
        ({"OIDC_JWKS_URL": "https://a.example/keys"}, ["need OIDC_ISSUER"]),
        ({"OIDC_ISSUER": "http://a.example", "OIDC_AUDIENCE": "a"}, ["OIDC_ISSUER", "https://"]),
        ({"OIDC_ISSUER": "https://", "OIDC_AUDIENCE": "a"}, ["OIDC_ISSUER", "https://"]),
        ({"OIDC_ALGORITHMS": "RS256,HS256"}, ["OIDC_ALGORITHMS", "RS256, RS384"]),
        ({"OIDC_ALGORITHMS": "none"}, ["OIDC_ALGORITHMS", "RS256, RS384"]),
        ({"OIDC_LEEWAY_S": "3600"}, ["OIDC_LEEWAY_S", "between 0 and 300"]),
        ({"SECRET_KEY_FILE": "missing-file"}, ["SECRET_KEY_FILE", "cannot read"]),
        ({"SECRET_KEY": "k", "SECRET_KEY_FILE": "f"}, ["SECRET_KEY", "not both"]),
    ],
)
def test_a_wrong_value_refuses_to_start_and_names_its_variable(
    changes: dict[str, str], words: list[str], tmp_path: Path
) -> None:
    done = boot(VAR_DIR=str(tmp_path), **changes)
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("django.core.exceptions.ImproperlyConfigured")
    for word in words:
        assert word in last


def test_a_secret_may_come_from_a_file_without_its_last_newline(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("k" * 60 + "\n")
    done = boot(
        VAR_DIR=str(tmp_path), ALLOWED_HOSTS="league.example.org", SECRET_KEY_FILE=str(secret)
    )
    assert done.returncode == 0, done.stderr
    assert "True django" in done.stdout  # HTTPS follows from a public host


def test_every_pin_of_the_runtime_is_a_pin_of_development_too() -> None:
    def pins(name: str) -> set[str]:
        """Without extras: they ask for more packages, not for another version."""
        text = re.sub(r"\[[^\]]*\]==", "==", (REPOSITORY / name).read_text(encoding="utf-8"))
        return set(re.findall(r"^([a-z0-9_.-]+==[^ ;]+)", text, flags=re.MULTILINE))

    assert pins("requirements.txt") <= pins("requirements-dev.txt")
