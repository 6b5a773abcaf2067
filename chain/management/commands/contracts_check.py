from typing import Any

from django.core.management.base import BaseCommand, CommandError

from chain import provenance


class Command(BaseCommand):
    help = (
        "Show that the contract's code, metadata and source belong together; no compiler needed."
    )
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            code_hash = provenance.check_committed()
        except provenance.Drifted as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"LeagueAnchor: code {code_hash} comes from this source")
