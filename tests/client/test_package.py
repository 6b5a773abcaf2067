"""The client stands alone: it is installed without the league, and brings its own verifier."""

import ast
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.services.project import REPOSITORY

PACKAGE = REPOSITORY / "client" / "league_client"
MODULES = sorted(PACKAGE.glob("*.py"))
LONGEST = {"verify"}  # chain/verify.py, one file on purpose
SHOW = """
import sys, league_client.command
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def imported(module: Path) -> set[str]:
    """The top of every absolute import."""
    found = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, module
            found.add(str(node.module))
    return {name.partition(".")[0] for name in found}


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)
def test_it_imports_the_standard_library_and_requests(module: Path) -> None:
    # pysha3 and PyCryptodome are what the verifier uses for Keccak if they happen to be there.
    known = sys.stdlib_module_names | {"requests", "league_client"}
    optional = {"sha3", "Crypto"} if module.stem == "verify" else set()
    assert imported(module) <= known | optional


def test_the_league_does_not_import_it() -> None:
    apps = ("config", "leaderboard", "predictions", "league", "markets", "chain")
    modules = [path for app in apps for path in (REPOSITORY / app).rglob("*.py")]
    assert not [path for path in modules if "league_client" in path.read_text(encoding="utf-8")]


def test_its_verifier_is_the_leagues() -> None:
    ours, theirs = REPOSITORY / "chain" / "verify.py", PACKAGE / "verify.py"
    assert ours.read_bytes() == theirs.read_bytes(), (
        "run: cp chain/verify.py client/league_client/verify.py"
    )


def test_modules_are_short() -> None:
    lines = {
        module.stem: len(module.read_text(encoding="utf-8").splitlines()) for module in MODULES
    }
    assert not [stem for stem, count in lines.items() if count > 200 and stem not in LONGEST]


def test_it_installs_without_the_league(tmp_path: Path) -> None:
    build = [str(Path(sys.executable).parent / "uv"), "build", "--wheel", "--offline", "--quiet"]
    subprocess.run(
        [*build, "--out-dir", str(tmp_path), str(PACKAGE.parent)], check=True, capture_output=True
    )
    (wheel,) = tmp_path.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    assert (tmp_path / "site" / "league_client" / "py.typed").exists()
    done = subprocess.run(
        [sys.executable, "-P", "-c", SHOW],
        env={"PYTHONPATH": str(tmp_path / "site")},
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )
    loaded = set(done.stdout.split())
    assert {"league_client", "requests"} <= loaded
    assert not {"django", "rest_framework", "chain", "league", "config"} & loaded
    (metadata,) = (tmp_path / "site").glob("*.dist-info/METADATA")
    needs = [line for line in metadata.read_text().splitlines() if "Requires-Dist" in line]
    assert needs == ["Requires-Dist: requests>=2.32"]
