"""Puts right what a lost message, a dead worker or an old upload leaves behind; safe to run at any moment, anywhere."""

import logging
from datetime import UTC, datetime, timedelta

import redis
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from inference import images, services
from inference.models import InferenceWorker, Trial

logger = logging.getLogger(__name__)

LOCK = 728_411
QUEUE = "inference"
# A message normally arrives within milliseconds; a younger row needs no second one.
UNHEARD_SECONDS = 3
ORPHAN_AGE = timedelta(hours=1)


def sweep() -> None:
    """Settles silent workers' trials and sends lost messages again; one process at a time."""
    with transaction.atomic():
        if not _lock():
            return
        services.end_expired_leases()
    _send_lost_messages()


def _lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


def _send_lost_messages() -> None:
    unheard = Trial.objects.filter(
        state=Trial.State.QUEUED, created_at__lt=Now() - timedelta(seconds=UNHEARD_SECONDS)
    )
    waiting = list(unheard.order_by("created_at").values_list("pk", flat=True)[:1000])
    # Only into an empty list: by age alone, a busy worker would be sent every row again and again.
    if waiting and _queue_is_empty():
        for trial_id in waiting:
            services.publish(trial_id)


def _queue_is_empty() -> bool:
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2, protocol=2
    )
    try:
        return client.llen(QUEUE) == 0
    except redis.RedisError as error:
        logger.warning("the broker does not answer, trials wait: %s", error)
        return False
    finally:
        client.close()


def expire() -> None:
    """Deletes uploads and results past their time, files without a row, and workers long gone."""
    with transaction.atomic():
        if not _lock():
            return
        _keep_newest_examples()
        old = Trial.objects.filter(expires_at__lt=Now())
        keys = [key for pair in old.values_list("image", "preview") for key in pair]
        # Rows first: one that points to a missing file would show a broken picture.
        old.delete()
        transaction.on_commit(lambda: images.discard(*keys))
        InferenceWorker.objects.filter(last_seen__lt=Now() - timedelta(days=1)).delete()
    _remove_orphans()


def _keep_newest_examples() -> None:
    # Model pages show an example's result first. It is nobody's upload; who started it is forgotten.
    newer = Trial.objects.examples().filter(
        pretrained=OuterRef("pretrained"), ended_at__gt=OuterRef("ended_at")
    )
    Trial.objects.examples().filter(~Exists(newer), expires_at__lt=Now()).update(
        visitor="", user=None, address=None, expires_at=Now() + timedelta(days=30)
    )


def _remove_orphans() -> None:
    known = set(Trial.objects.exclude(image="").values_list("image", flat=True))
    known.update(Trial.objects.exclude(preview="").values_list("preview", flat=True))
    before = datetime.now(UTC) - ORPHAN_AGE
    for key in _stored_keys("trials"):
        if key not in known and default_storage.get_modified_time(key) < before:
            default_storage.delete(key)


def _stored_keys(folder: str) -> list[str]:
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return []
    below = [key for name in folders for key in _stored_keys(f"{folder}/{name}")]
    return below + [f"{folder}/{name}" for name in files]
