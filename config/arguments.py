"""Options that several commands take: read, or refused with the option's name."""

from datetime import datetime
from pathlib import Path

from django.core.management.base import CommandError

from config.instants import NotAnInstant, parse_instant


def words(option: str, text: str) -> list[str]:
    """:raises django.core.management.base.CommandError: for nothing, or for a repetition."""
    found = [word.strip() for word in text.split(",") if word.strip()]
    if not found or len(set(found)) != len(found):
        raise CommandError(f"{option}: give a comma-separated list without repetitions.")
    return found


def instant(option: str, text: str) -> datetime:
    """:raises django.core.management.base.CommandError: unless it is an instant with its zone."""
    try:
        return parse_instant(text)
    except NotAnInstant as error:
        raise CommandError(f"{option}: {error}") from error


def refuse_unwritable(report: Path | None) -> None:
    """Before anything is done: an hour's work must not end for want of a directory.

    :raises django.core.management.base.CommandError:
    """
    if report and (report.is_dir() or not report.absolute().parent.is_dir()):
        raise CommandError(f"--report: {report} is not a file in a directory that exists.")
