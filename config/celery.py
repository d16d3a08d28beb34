"""The Celery application: transport only, every truth lives in Postgres."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("modelscout")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
