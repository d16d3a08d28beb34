"""A database of its own for a benchmark, dropped at the end."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


@contextmanager
def own_database(name: str) -> Iterator[None]:
    """Migrated and empty; Django is set up, and what harvests log is left out."""
    django.setup()
    from django.conf import settings
    from django.db import connection

    # Nobody gathers static files for a benchmark, so their names carry no hashes.
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    logging.disable(logging.ERROR)
    connection.settings_dict["TEST"]["NAME"] = name
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
