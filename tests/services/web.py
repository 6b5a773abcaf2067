"""The league's web server in a process of its own, and what its tests say to it."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from config import embedded, runner
from config.supervisor import Supervisor
from tests.services import servers


@contextlib.contextmanager
def serving(environment: Mapping[str, str], *, folder: Path) -> Iterator[str]:
    """Its address, once it answers. `environment`: as tests.services.project makes it."""
    port = int(environment["PORT"])
    role = embedded.web(port=port)
    boss = Supervisor(environment=environment, log_dir=folder / "logs", report=lambda _line: None)
    boss.start(role, now_s=0)
    try:
        servers.until(lambda: runner.answers(port), within_s=90, what="the web server")
        yield f"http://{servers.HOST}:{port}"
    finally:
        boss.stop([role.name])
        boss.dismiss_guardian()
