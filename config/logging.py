"""JSON lines on stderr, each with the request id and, inside a worker, the task's."""

import logging.config

from celery import current_task

# By name, because a worker's own --loglevel takes the root's place.
OURS = ("chain", "config", "leaderboard", "league", "markets", "predictions")


class TaskId(logging.Filter):
    """`task_id` in the lines of a task; without one the field is left out."""

    def filter(self, record: logging.LogRecord) -> bool:
        if current_task:
            record.task_id = current_task.request.id
        return True


def configure(*, level: str) -> None:
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
                    "filters": ["guid", "task"],
                }
            },
            "root": {"handlers": ["stderr"], "level": level},
            "loggers": {name: {"level": level} for name in OURS}
            | {"django_guid": {"level": "WARNING"}, "celery.beat": {"level": "WARNING"}},
        }
    )
