"""The Celery application: transport only, every truth lives in Postgres."""

import os
import signal

from celery import Celery
from celery.signals import setup_logging, worker_process_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("modelscout")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_process_init.connect
def end_with_worker(**_: object) -> None:
    """In each child of a worker: a killed worker's child would go on until its task ends."""
    from config.embedded.privileges import die_with

    die_with(os.getppid(), signal.SIGKILL)


@setup_logging.connect
def leave_logging_alone(**_: object) -> None:
    """With a listener here Celery configures no logging of its own: `settings.LOGGING` decides."""
