"""JSON lines on stderr, each with the request id and, inside a worker, the task's."""

import logging.config


def configure(*, level: str) -> None:
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "filters": {"guid": {"()": "django_guid.log_filters.CorrelationId"}},
            "formatters": {
                "json": {
                    "()": "pythonjsonlogger.json.JsonFormatter",
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
            "loggers": {"django_guid": {"level": "WARNING"}, "celery.beat": {"level": "WARNING"}},
        }
    )
