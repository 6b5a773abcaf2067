"""JSON lines on stderr, each with the request id and, inside a worker, the task's; no secrets."""

import logging.config
from collections.abc import Iterable
from typing import Any

from celery import current_task
from pythonjsonlogger.json import JsonFormatter

from config.redaction import Redactor

# By name, because a worker's own --loglevel takes the root's place.
OURS = ("chain", "config", "leaderboard", "league", "markets", "predictions")


class TaskId(logging.Filter):
    """`task_id` in the lines of a task; without one the field is left out."""

    def filter(self, record: logging.LogRecord) -> bool:
        if current_task:
            record.task_id = current_task.request.id
        return True


class RedactingFormatter(JsonFormatter):
    """The whole line is looked at: message, extra fields and tracebacks alike."""

    def __init__(self, *args: Any, redact: Redactor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.redact = redact

    def format(self, record: logging.LogRecord) -> str:
        return self.redact(super().format(record))


def configure(*, level: str, secrets: Iterable[str] = ()) -> None:
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "filters": {
                "guid": {"()": "django_guid.log_filters.CorrelationId"},
                "task": {"()": TaskId},
            },
            "formatters": {
                "json": {
                    "()": RedactingFormatter,
                    "redact": Redactor(secrets),
                    "fmt": "%(asctime)s %(levelname)s %(name)s %(correlation_id)s %(message)s",
                    "rename_fields": {
                        "asctime": "at",
                        "levelname": "level",
                        "name": "logger",
                        "correlation_id": "request_id",
                    },
                }
            },
            "handlers": {
                "stderr": {
                    "class": "logging.StreamHandler",
                    "formatter": "json",
                    "filters": ["guid", "task"],
                }
            },
            "root": {"handlers": ["stderr"], "level": level},
            "loggers": {name: {"level": level} for name in OURS}
            | {name: {"level": "WARNING"} for name in ("django_guid", "celery.beat", "axes")},
        }
    )
