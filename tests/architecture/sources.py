"""The project's own source files, parsed once."""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
APPS = ("config", "leaderboard", "predictions", "league", "markets", "chain")


@functools.cache
def modules() -> tuple[Path, ...]:
    """Every module of the apps, relative to the repository, migrations left out."""
    found = [path for app in APPS for path in (REPOSITORY / app).rglob("*.py")]
    return tuple(
        sorted(path.relative_to(REPOSITORY) for path in found if "migrations" not in path.parts)
    )


@functools.cache
def text(module: Path) -> str:
    return (REPOSITORY / module).read_text(encoding="utf-8")


@functools.cache
def tree(module: Path) -> ast.Module:
    return ast.parse(text(module))


Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(module: Path) -> Iterator[Function]:
    for node in ast.walk(tree(module)):
        if isinstance(node, Function):
            yield node


def imported(module: Path) -> Iterator[str]:
    """Dotted names: `import a.b` gives a.b, `from a import b` gives a.b."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def dotted(node: ast.expr) -> str:
    """`a.b.c` of an attribute chain; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return ""
