"""Trials in the middle of their lives: claimed by a worker, or left by one that died."""

from datetime import timedelta

from django.db.models.functions import Now

from catalog.models import PretrainedModel
from inference import services
from inference.models import Trial
from tests.inference.conftest import start


def claimed(pretrained: PretrainedModel, worker: str = "w|1|1|a") -> Trial:
    trial = services.claim_trial(start(pretrained).pk, worker)
    assert trial
    return trial


def let_lease_run_out(trial: Trial) -> None:
    Trial.objects.filter(pk=trial.pk).update(lease_until=Now() - timedelta(seconds=1))


def fresh(trial: Trial) -> Trial:
    return Trial.objects.get(pk=trial.pk)
