"""What a visitor who tries models does: send a picture, wait for the result."""

import io

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from catalog.models import PretrainedModel
from inference import services
from inference.models import Trial

HTMX = {"HX-Request": "true"}
RESULT = {
    "predictions": [{"index": 3, "label": "three <b>", "probability": 0.951}],
    "timings": {"decode": 1.0, "preprocess": 2.0, "forward": 3.0},
    "device": "cpu",
    "precision": "float32",
    "input": [3, 64, 64],
    "image": [384, 384],
    "preprocessing": ["Resize(64)"],
    "reproduce": "import timm",
    "versions": {"torch": "2.15"},
    "revision": "",
}


def png(colour: str = "red") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (30, 20), colour).save(file, "PNG")
    return file.getvalue()


def upload(data: bytes = b"", name: str = "cat.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data or png(), "image/png")


def try_url(pretrained: PretrainedModel) -> str:
    return f"/models/{pretrained.slug}/try/"


def send(client: Client, pretrained: PretrainedModel, **what: object) -> Trial:
    """A trial of this visitor."""
    answer = client.post(try_url(pretrained), what or {"image": upload()})
    assert answer.status_code == 302
    return Trial.objects.get(pk=answer.url.split("/")[2])


def finish(trial: Trial) -> None:
    claimed = services.claim_trial(trial.pk, "w|1|1|a")
    assert claimed
    services.finish_trial(trial.pk, claimed.worker, RESULT)
