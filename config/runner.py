"""The whole league on one machine: broker, database, demo season, web, worker and beat."""

import http.client
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from config import embedded, testnet
from config.supervisor import Role, Supervisor

READY_WITHIN_S = 90
HOPELESS_AFTER = 4


class StepFailed(Exception):
    """A preparation ended with an error, which it has printed."""


class NeverReady(Exception):
    """The web server did not answer; the message holds the end of its log."""


@dataclass(kw_only=True)
class Runner:
    """`redis_url` is empty when this machine brings its own broker."""

    port: int
    base_dir: Path
    var_dir: Path
    redis_url: str
    chain: str
    report: Callable[[str], None]
    interrupts: int = 0
    worker_secrets: Mapping[str, str] = field(default_factory=dict)

    def run(self) -> None:
        """Returns once asked to stop by SIGINT, SIGTERM or SIGHUP, with every child gone.

        :raises AlreadyRunning, PortBusy: before anything was started.
        :raises StepFailed, NeverReady: after stopping what had been started.
        """
        began_s = time.monotonic()
        embedded.require_free(self.port)
        lock = embedded.claim(self.var_dir)
        supervisor = Supervisor(
            environment=self._environment(),
            log_dir=self.var_dir / "logs",
            report=self.report,
            held_fd=lock,
        )
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._interrupted)
        try:
            self._prepare(supervisor)
            self._serve(supervisor, began_s=began_s)
        finally:
            self._stop(supervisor)
            os.close(lock)

    def _prepare(self, supervisor: Supervisor) -> None:
        if not self.redis_url:
            role, url = embedded.broker(self.var_dir / "valkey")
            supervisor.environment = {**supervisor.environment, "REDIS_URL": url}
            supervisor.start(role, now_s=time.monotonic())
            self.report(f"broker    bundled Valkey on {url.rpartition('@')[2].partition('/')[0]}")
        if self.chain == "anvil":
            self._prepare_chain(supervisor)
        self._step(
            supervisor, "database  bringing its tables up to date", "migrate", "--verbosity=0"
        )
        self._step(supervisor, "demo      making sure there is a season to look at", "seed_demo")

    def _prepare_chain(self, supervisor: Supervisor) -> None:
        folder, url = self.var_dir / "chain", f"http://{embedded.HOST}:{embedded.free_port()}"
        role = testnet.role(base_dir=self.base_dir, folder=folder, url=url)
        supervisor.start(role, now_s=time.monotonic())
        began_s = time.monotonic()
        while not testnet.is_up(url) and not self.interrupts:
            require_hope(supervisor, waited_s=time.monotonic() - began_s, name="anvil")
            time.sleep(0.1)
        if self.interrupts:
            return
        made = testnet.environment(url, folder=folder)
        supervisor.environment = {**supervisor.environment, **made}
        self.worker_secrets = {"PRIVATE_KEY": testnet.KEY}
        self.report(f"chain     anvil on {url}, contract {made['CHAIN_CONTRACT']}")

    def _step(self, supervisor: Supervisor, line: str, *command: str) -> None:
        if self.interrupts:
            return
        self.report(line)
        manage = (sys.executable, str(self.base_dir / "manage.py"), *command)
        quiet = {"LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING")}
        code = supervisor.complete(
            Role(name=command[0], command=manage, environment=quiet),
            is_urgent=lambda: self.interrupts > 0,
        )
        if code and not self.interrupts:
            raise StepFailed(f"manage.py {command[0]} ended with exit code {code}.")

    def _serve(self, supervisor: Supervisor, *, began_s: float) -> None:
        roles = (
            ()
            if self.interrupts
            else (
                embedded.web(port=self.port),
                embedded.tick(),
                embedded.worker(secret=self.worker_secrets),
                embedded.beat(),
            )
        )
        for role in roles:
            supervisor.start(role, now_s=time.monotonic())
        if roles:
            self.report(
                f"starting  {', '.join(role.name for role in roles)} (logs: {supervisor.log_dir})"
            )
        is_ready, waiting_since_s = False, time.monotonic()
        while not self.interrupts:
            supervisor.tend(now_s=time.monotonic())
            if not is_ready and (is_ready := answers(self.port)):
                took_s = time.monotonic() - began_s
                self.report(f"ready     http://{embedded.HOST}:{self.port} after {took_s:.1f} s")
                self.report("          Ctrl-C stops everything; `make superuser` opens /admin/")
            if not is_ready:
                require_hope(supervisor, waited_s=time.monotonic() - waiting_since_s)
            time.sleep(0.25)

    def _stop(self, supervisor: Supervisor) -> None:
        if self.interrupts:
            self.report("stopping  (once more to hurry)")
        asked = self.interrupts
        for names in (("beat", "web", "tick", "worker"), ("broker", "anvil")):
            supervisor.stop(names, is_urgent=lambda: self.interrupts > asked)
        supervisor.dismiss_guardian()
        self.report("stopped")

    def _interrupted(self, _number: int, _frame: FrameType | None) -> None:
        self.interrupts += 1

    def _environment(self) -> dict[str, str]:
        path = os.pathsep.join(filter(None, (str(self.base_dir), os.environ.get("PYTHONPATH"))))
        return {**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}


def answers(port: int) -> bool:
    """Whether the web server's liveness page answers at all."""
    connection = http.client.HTTPConnection(embedded.HOST, port, timeout=2)
    try:
        connection.request("GET", "/livez")
        return connection.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def require_hope(supervisor: Supervisor, *, waited_s: float, name: str = "web") -> None:
    """:raises NeverReady: when a child keeps dying, or the wait is too long."""
    doomed = [
        name for name, child in supervisor.children.items() if child.failures >= HOPELESS_AFTER
    ]
    if not doomed and waited_s < READY_WITHIN_S:
        return
    name = doomed[0] if doomed else name
    tail = "\n".join(supervisor.last_lines(name))
    raise NeverReady(f"{name} does not start. The end of its log:\n{tail}")
