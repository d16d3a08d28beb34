"""Results on the site's own pictures, there before anybody asks.

Only for checkpoints whose weights lie in a folder on this machine: others would have to be fetched for nobody.
"""

from django.db.models import Exists, OuterRef

from catalog.models import PretrainedModel
from inference import examples, services, tryable
from inference.models import InferenceWorker, Trial

# Per call, so that a visitor's trial never waits behind a long row of them.
AT_ONCE = 3


def start_missing() -> int:
    """Starts a trial on the first fitting picture for checkpoints that have had none; returns how many.

    Does nothing while no inference worker is running.
    """
    if not InferenceWorker.objects.live().exists():
        return 0
    tried = Trial.objects.filter(pretrained=OuterRef("pk")).exclude(example="")
    waiting = PretrainedModel.objects.published().filter(~Exists(tried), loading__has_key="folder")
    started = 0
    for pretrained in waiting.order_by("pk").iterator(chunk_size=100):
        if started == AT_ONCE:
            break
        if not tryable.reason_not(pretrained):
            first = examples.examples_for(pretrained)[0]
            services.start_trial(pretrained, visitor="", example=first.name)
            started += 1
    return started
