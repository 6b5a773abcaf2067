"""Write the local ledger to a file, for `python -m chain.verify --ledger`."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from chain.ledger import exports


class Command(BaseCommand):
    help = "Write the local ledger to FILE, for `python -m chain.verify --ledger FILE`."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *_: Any, file: Path, **__: Any) -> None:
        partial = file.with_name(file.name + ".partial")
        try:
            with partial.open("w", encoding="ascii") as stream:
                stream.writelines(exports.pieces())
            partial.replace(file)
        except OSError as error:
            raise CommandError(f"Cannot write {file}: {error}") from error
        self.stdout.write(f"Ledger written to {file}")
