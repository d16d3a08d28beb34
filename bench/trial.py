"""What trying costs beside what the library costs, as ratios of the same run.

    python bench/trial.py [--rounds 15]

1. Warm trial: from `start_trial` (picture stored, row written, message sent) through the broker and a real Celery worker
   until the row has ended, against decode + preprocess + forward as the same trial measured them. One visitor at a time.
2. Loading: building on the meta device and assigning the tensors of the file, against `timm.create_model(...,
   pretrained=True)` on the same folder; both from a warm disk cache, without the forward pass.

Needs DATABASE_URL and REDIS_URL of a site where nothing else runs, migrated. Minimum and median of the rounds: on a busy
machine trust the minima.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

import timm  # noqa: E402
from django.conf import settings  # noqa: E402
from safetensors.torch import save_file  # noqa: E402

from catalog.models import PretrainedModel  # noqa: E402
from inference import services  # noqa: E402
from inference.models import InferenceWorker, Trial  # noqa: E402
from inference.runtime import timm_models  # noqa: E402

ARCHITECTURES = ("resnet50", "mobilenetv3_small_100", "vit_base_patch16_224")


def folder_of(name: str, models: Path) -> Path:
    """A Hub-style folder with random weights: the time does not depend on their values."""
    folder = models / name
    folder.mkdir(parents=True)
    model = timm.create_model(name)
    save_file(
        {key: value.contiguous() for key, value in model.state_dict().items()},
        folder / "model.safetensors",
    )
    cfg = {
        key: model.pretrained_cfg[key]
        for key in ("input_size", "interpolation", "crop_pct", "mean", "std")
    }
    config = {"architecture": name, "num_classes": 1000, "pretrained_cfg": cfg}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def timed(work: Callable[[], object]) -> float:
    """Milliseconds."""
    begin = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - begin)


def trial(pretrained: PretrainedModel) -> tuple[float, float]:
    """(milliseconds from the call to the row's end, milliseconds of decode + preprocess + forward)."""
    begin = time.perf_counter()
    row = services.start_trial(pretrained, visitor="bench", example="clock")
    while not (row := Trial.objects.get(pk=row.pk)).has_ended:
        time.sleep(0.002)
    whole = 1000 * (time.perf_counter() - begin)
    if row.state != "done":
        sys.exit(f"the trial failed: {row.error}")
    return whole, sum(row.result["timings"].values())


def bench_trials(name: str, rounds: int) -> None:
    pretrained = PretrainedModel.objects.create(
        slug=f"bench/{name}",
        name=name,
        loading={"folder": {"root": "models", "name": name, "library": "timm"}},
    )
    try:
        for _ in range(3):
            trial(pretrained)
        results = [trial(pretrained) for _ in range(rounds)]
    finally:
        Trial.objects.filter(pretrained=pretrained).delete()
        pretrained.delete()
    ratios = [whole / work for whole, work in results]
    own = [whole - work for whole, work in results]
    print(
        f"warm trial  {name:24} best {min(whole for whole, _ in results):7.1f} ms, "
        f"ratio to decode + preprocess + forward: best {min(ratios):.2f}, median {statistics.median(ratios):.2f}; "
        f"own part: best {min(own):.1f} ms, median {statistics.median(own):.1f} ms"
    )


def bench_loading(name: str, folder: Path, rounds: int) -> None:
    source, weights = f"local-dir:{folder}", folder / "model.safetensors"
    plain = [timed(lambda: timm.create_model(source, pretrained=True)) for _ in range(rounds)]
    quick = [timed(lambda: timm_models.build_quickly(source, weights)) for _ in range(rounds)]
    print(
        f"loading     {name:24} meta + assign best {min(quick):7.1f} ms, create_model best {min(plain):7.1f} ms: "
        f"ratio best {min(plain) / min(quick):.1f}, median {statistics.median(plain) / statistics.median(quick):.1f}"
    )


def started_worker(models: str) -> subprocess.Popen[bytes]:
    """A worker of its own for trials, with the folders below `models`."""
    celery = "-m celery -A config worker -Q inference -c 1 -n bench@%h"
    return subprocess.Popen(
        [sys.executable, *celery.split()],
        env=os.environ | {"MODELS_DIR": models},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    settings.TRIALS_PER_HOUR = 1_000_000
    with tempfile.TemporaryDirectory() as models:
        folders = {name: folder_of(name, Path(models)) for name in ARCHITECTURES}
        for name, folder in folders.items():
            bench_loading(name, folder, max(3, rounds // 3))
        worker = started_worker(models)
        try:
            while not InferenceWorker.objects.live().exclude(device="").exists():
                time.sleep(0.2)
            for name in ARCHITECTURES:
                bench_trials(name, rounds)
        finally:
            worker.terminate()
            worker.wait()


if __name__ == "__main__":
    main()
