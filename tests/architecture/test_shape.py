"""The twelve rules, as far as a machine can read them from the source."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

from tests.architecture import sources
from tests.architecture.sources import REPOSITORY

# Stands alone on purpose: one file that anybody can copy and run to verify a receipt.
LONG_MODULES = {Path("chain/verify.py"), Path("config/settings.py")}
FORBIDDEN_NAMES = {"utils", "helpers", "common", "misc", "services", "managers", "core"}
EDGES = {
    "views", "tasks", "admin", "commands", "pages", "health", "metrics",
    "rate_limit", "authentication",
}  # fmt: skip
CLOCKS = {"timezone.now", "datetime.now", "datetime.utcnow", "time.time", "date.today"}


def test_modules_hold_one_concept() -> None:
    long = {
        str(module): lines
        for module in sources.modules()
        if module not in LONG_MODULES and (lines := len(sources.text(module).splitlines())) > 200
    }
    assert not long


def test_functions_fit_on_a_screen() -> None:
    long = [
        f"{module}:{function.lineno} {function.name}"
        for module in sources.modules()
        for function in sources.functions(module)
        if (function.end_lineno or 0) - function.lineno + 1 > 40
    ]
    assert not long


def test_no_module_is_a_drawer_for_everything() -> None:
    assert not [
        str(module)
        for module in sources.modules()
        if FORBIDDEN_NAMES & {module.stem, *(part.lower() for part in module.parts[:-1])}
    ]


def test_no_signals() -> None:
    used = [
        f"{module}: {name}"
        for module in sources.modules()
        for name in sources.imported(module)
        if name.startswith(("django.dispatch", "django.db.models.signals", "django.core.signals"))
    ]
    assert not used


def test_no_pipeline_of_statements() -> None:
    """Its locks outlive a client that vanishes halfway: no time limit of the server counts."""
    found = [
        f"{module}:{number}"
        for module in sources.modules()
        for number, line in enumerate(sources.text(module).splitlines(), 1)
        if re.search(r"\.(executemany|pipeline)\(", line)
    ]
    assert not found


def test_only_edges_read_the_clock() -> None:
    reads = [
        f"{module}:{node.lineno}"
        for module in sources.modules()
        if not EDGES & {module.stem, *module.parts}
        for node in ast.walk(sources.tree(module))
        if isinstance(node, ast.Call) and sources.dotted(node.func) in CLOCKS
    ]
    assert not reads


def test_no_default_for_the_moment() -> None:
    """Rule 4: there is no `now=None`."""
    lax = [
        f"{module}:{function.lineno} {function.name}"
        for module in sources.modules()
        for function in sources.functions(module)
        for argument, default in zip(
            function.args.kwonlyargs, function.args.kw_defaults, strict=True
        )
        if argument.arg == "now" and default is not None
    ]
    assert not lax


def test_no_relative_imports() -> None:
    assert not [
        f"{module}:{node.lineno}"
        for module in sources.modules()
        for node in ast.walk(sources.tree(module))
        if isinstance(node, ast.ImportFrom) and node.level
    ]


# Slow to import, or (the Keccak backends) not installed everywhere.
HEAVY = (
    "web3",
    "eth_account",
    "eth_tester",
    "sklearn",
    "scipy",
    "google",
    "sha3",
    "Crypto",
    "skops",
    "threadpoolctl",
    "prometheus_client",  # decides when imported whether processes count together
    "matplotlib",
)


def test_only_heavy_libraries_are_imported_inside_functions() -> None:
    inside = [
        f"{module}:{node.lineno}"
        for module in sources.modules()
        for function in sources.functions(module)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
        and not any(
            name.partition(".")[0] in HEAVY
            for name in [getattr(node, "module", None) or "", *(a.name for a in node.names)]
        )
    ]
    assert not inside


def test_no_model_declares_an_ordering() -> None:
    assert not [
        f"{module}:{node.lineno}"
        for module in sources.modules()
        for meta in ast.walk(sources.tree(module))
        if isinstance(meta, ast.ClassDef) and meta.name == "Meta"
        for node in meta.body
        if isinstance(node, ast.Assign)
        and any(
            isinstance(target, ast.Name) and target.id == "ordering" for target in node.targets
        )
    ]


def test_no_silent_except() -> None:
    silent = [
        f"{module}:{node.lineno}"
        for module in sources.modules()
        for node in ast.walk(sources.tree(module))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or all(isinstance(step, ast.Pass) for step in node.body))
    ]
    assert not silent


def test_nothing_is_left_to_do() -> None:
    marks = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
    assert not [str(module) for module in sources.modules() if marks.search(sources.text(module))]


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        check=False,
        capture_output=True,
        text=True,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [REPOSITORY / name for name in listed.stdout.split("\0") if name]


def test_no_file_mentions_the_machine_it_was_written_on() -> None:
    """Absolute homes and package hosts belong to one machine, not to the project."""
    private = re.compile(
        r"(?<![\w.])/(root|work|Users)/|/home/[a-z]|--(extra-)?index-url|--find-links|file:///\w"
    )
    found = []
    for path in tracked():
        if not path.is_file() or path == Path(__file__):
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [
            f"{path.relative_to(REPOSITORY)}:{number}"
            for number, line in enumerate(text.splitlines(), start=1)
            if private.search(line)
        ]
    assert not found
