from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config import embedded, env, runner, terminal, testnet


class Command(BaseCommand):
    help = "Run the whole league on this machine until Ctrl-C: web, worker, beat and their broker."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        port = env.integer("PORT", 8000, low=1, high=65_535)
        self._tell(f"prices    {settings.PRICE_MODE}")
        league = runner.Runner(
            port=port,
            base_dir=settings.BASE_DIR,
            var_dir=settings.VAR_DIR,
            redis_url=settings.REDIS_URL,
            chain=settings.CHAIN,
            report=self._tell,
        )
        try:
            with terminal.owned():
                league.run()
        except embedded.PortBusy as error:
            raise CommandError(
                f"Port {port} is in use. Stop what listens there,"
                f" or choose another: PORT={port + 1} make run"
            ) from error
        except embedded.AlreadyRunning as error:
            raise CommandError(f"The league already runs from {error}.") from error
        except (runner.StepFailed, runner.NeverReady, testnet.NoAnvil) as error:
            raise CommandError(str(error)) from error

    def _tell(self, line: str) -> None:
        self.stdout.write(f"league | {line}")
        self.stdout.flush()
