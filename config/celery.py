"""The Celery application: imported by config/__init__ so that shared tasks find their broker."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("league", task_cls="config.pulse:Hint")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
