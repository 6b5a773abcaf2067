"""JSON lines on stderr, each with the request id and, inside a worker, the task's; no secrets."""

import logging.config
from collections.abc import Iterable
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from config.redaction import Redactor


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
            "filters": {"guid": {"()": "django_guid.log_filters.CorrelationId"}},
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
                    "filters": ["guid"],
                }
            },
            "root": {"handlers": ["stderr"], "level": level},
            "loggers": {
                "django_guid": {"level": "WARNING"},
                "celery.beat": {"level": "WARNING"},
                "axes": {"level": "WARNING"},
            },
        }
    )
