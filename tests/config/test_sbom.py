"""The list of what runs in production names every pin."""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_bill_of_materials_names_every_pin() -> None:
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("cyclonedx-py")), "requirements",
            "--output-reproducible", "requirements.txt",
        ],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    listed = {
        (part["name"].lower(), part["version"]) for part in json.loads(done.stdout)["components"]
    }
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    pins = re.findall(r"^([a-z0-9_.-]+)(?:\[[^\]]*\])?==([^ ;]+)", text, flags=re.MULTILINE)
    assert len(pins) > 80
    assert listed == set(pins)
