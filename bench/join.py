"""One document of several runs: python -m bench.join FILE.json ... (written by --json).

For a machine or an evening too short for everything at once. Where two runs measured the same
topic, the later file counts.
"""

import json
import os
import sys
from pathlib import Path

import django

from bench import report
from bench.__main__ import TOPICS, about, absent
from bench.goals import Line


def main(names: list[str]) -> str:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()  # the topics' own words stand in modules that need it
    found: dict[str, list[Line]] = {}
    machines = set()
    for name in names:
        run = json.loads(Path(name).read_text(encoding="utf-8"))
        machines.add(run["machine"])
        found |= {topic: [Line(**line) for line in of] for topic, of in run["topics"].items()}
    found = {topic: found[topic] for topic in TOPICS if topic in found}
    abouts = {topic: about(topic) for topic in found}
    found["elsewhere"] = list(absent(found))
    took = f"The topics were measured in {len(names)} runs."
    return report.document(found, abouts=abouts, on="; ".join(sorted(machines)), took=took)


if __name__ == "__main__":
    sys.stdout.write(main(sys.argv[1:]))
