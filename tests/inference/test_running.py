"""One trial in this process, from the row to its end: results that can be reproduced, failures that are sentences."""

import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from django.core.files.storage import default_storage
from PIL import Image
from pytest_django.fixtures import Settings

from catalog.models import PretrainedModel
from inference import examples, images, services
from inference.models import InferenceWorker, Trial
from inference.recipes import SHIPPED_DIR, recipe_for
from inference.runtime import load
from inference.runtime.device import device
from inference.runtime.loaded import Loaded, shelf
from inference.runtime.run import run
from tests.factories import make_pretrained
from tests.inference.conftest import DIGITS, start
from tests.inference.small_hub import COMMIT, SmallHub

pytestmark = [pytest.mark.torch, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def empty_shelf() -> None:
    shelf.clear()


def done(trial: Trial) -> Trial:
    run(str(trial.pk))
    return Trial.objects.select_related("pretrained").get(pk=trial.pk)


class Answers(torch.nn.Module):
    """A network whose forward pass does what the test says."""

    def __init__(self, answer: object) -> None:
        super().__init__()
        self.answer = answer

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        if isinstance(self.answer, BaseException):
            raise self.answer
        return torch.as_tensor(self.answer, device=batch.device)[None]


def hold(pretrained: PretrainedModel, answer: object) -> None:
    """Puts such a network where this checkpoint's would be."""
    recipe = recipe_for(pretrained)
    assert recipe
    fake = Loaded(Answers(answer), lambda _: torch.zeros(3, 4, 4), ["a", "b"], [], device())
    shelf.put(load.shelf_key(recipe), fake)


# --- Results


@pytest.mark.parametrize(("example", "label"), [("three", "3 (three)"), ("seven", "7 (seven)")])
def test_the_shipped_checkpoint_reads_the_drawn_digits(
    digits: PretrainedModel, example: str, label: str
) -> None:
    trial = done(start(digits, example=example))

    best = trial.result["predictions"][0]
    assert trial.state == "done"
    assert best["label"] == label
    assert best["probability"] > 0.8


def test_a_result_says_how_it_came_about(digits: PretrainedModel) -> None:
    result = done(start(digits)).result

    assert len(result["predictions"]) == 5
    assert result["input"] == [3, 64, 64]
    assert result["image"] == [384, 384]
    assert result["precision"] == "float32"
    assert result["device"].startswith(device().type)
    assert set(result["timings"]) == {"decode", "preprocess", "forward"}
    assert any("Resize(size=64" in step for step in result["preprocessing"])
    assert result["versions"]["torch"] == torch.__version__


def reproduced(program: str, folder: Path, **environment: str) -> list[tuple[int, float]]:
    """What the printed lines of Python print."""
    (folder / "program.py").write_text(program)
    run_there = subprocess.run(
        [sys.executable, "program.py"],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run_there.returncode == 0, run_there.stderr
    lines = [line.split() for line in run_there.stdout.splitlines()]
    return [(int(index), float(probability)) for index, probability in lines]


def printed_here(program: str, folder: Path, patch: pytest.MonkeyPatch) -> list[tuple[int, float]]:
    """The same without a new process: for lines that read no environment."""
    patch.chdir(folder)
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(compile(program, "program.py", "exec"), {})  # noqa: S102
    lines = [line.split() for line in output.getvalue().splitlines()]
    return [(int(index), float(probability)) for index, probability in lines]


def agree(trial: Trial, printed: list[tuple[int, float]]) -> bool:
    predicted = trial.result["predictions"]
    same_classes = [one["index"] for one in predicted] == [index for index, _ in printed]
    return same_classes and all(
        abs(one["probability"] - probability) < 1e-3
        for one, (_, probability) in zip(predicted, printed, strict=True)
    )


def place_picture(folder: Path) -> None:
    Image.open(examples.path_of("three")).save(folder / "picture.png")


def test_the_lines_for_a_folder_give_the_same_numbers(
    digits: PretrainedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = done(start(digits))
    place_picture(tmp_path)
    (tmp_path / "inference").mkdir()
    (tmp_path / "inference" / "shipped").symlink_to(SHIPPED_DIR)

    assert agree(trial, printed_here(trial.result["reproduce"], tmp_path, monkeypatch))


def test_the_lines_for_an_own_folder_run_in_models_dir_as_they_say(
    digits: PretrainedModel, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MODELS_DIR.mkdir()
    shutil.copytree(SHIPPED_DIR / DIGITS["folder"]["name"], settings.MODELS_DIR / "ours")
    digits.loading = {"folder": {"root": "models", "name": "ours", "library": "timm"}}
    digits.save()
    place_picture(settings.MODELS_DIR)

    trial = done(start(digits))

    lines = trial.result["reproduce"]
    assert lines.startswith("# Run it in MODELS_DIR,")
    assert agree(trial, printed_here(lines, settings.MODELS_DIR, monkeypatch))


def test_the_lines_for_the_hub_give_the_same_numbers_at_the_same_commit(
    remote_digits: PretrainedModel, small_hub: SmallHub, tmp_path: Path
) -> None:
    trial = done(start(remote_digits))
    place_picture(tmp_path)
    there = {"HF_ENDPOINT": small_hub.url, "HF_HOME": str(tmp_path / "hf")}

    printed = reproduced(trial.result["reproduce"], tmp_path, **there)

    assert agree(trial, printed)
    assert trial.result["revision"] == COMMIT
    assert f"hf-hub:local/digits@{COMMIT}" in trial.result["reproduce"]


def lying() -> bytes:
    """A JPEG whose EXIF says that its left side is up."""
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    Image.open(examples.path_of("three")).convert("RGB").save(file, "JPEG", exif=exif)
    return file.getvalue()


def deep() -> bytes:
    """A PNG with 16 bits of grey."""
    grey = Image.open(examples.path_of("three")).convert("I").point(lambda value: value * 257)
    file = io.BytesIO()
    grey.convert("I;16").save(file, "PNG")
    return file.getvalue()


def tilted() -> bytes:
    file = io.BytesIO()
    photo = Image.open(examples.path_of("three")).convert("RGB").rotate(5)
    photo.save(file, "JPEG", quality=70)
    return file.getvalue()


@pytest.mark.parametrize("file", [tilted, lying, deep])
def test_the_lines_give_the_numbers_of_an_upload_on_its_original_file(
    digits: PretrainedModel,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    file: Callable[[], bytes],
) -> None:
    data = file()
    (tmp_path / "picture.png").write_bytes(data)
    (tmp_path / "inference").mkdir()
    (tmp_path / "inference" / "shipped").symlink_to(SHIPPED_DIR)

    picture = images.accept(io.BytesIO(data), len(data))
    trial = done(start(digits, picture=picture))

    assert agree(trial, printed_here(trial.result["reproduce"], tmp_path, monkeypatch))


# --- Running twice, together, in memory


def test_the_second_trial_loads_nothing(digits: PretrainedModel) -> None:
    done(start(digits))

    trial = done(start(digits))

    assert "loading" not in trial.times
    assert trial.state == "done"


def test_a_task_that_runs_twice_changes_nothing(digits: PretrainedModel) -> None:
    trial = done(start(digits))

    again = done(trial)

    assert (again.result, again.times, again.attempts) == (trial.result, trial.times, 1)


def test_the_worker_says_what_it_holds(remote_digits: PretrainedModel) -> None:
    done(start(remote_digits))

    worker = InferenceWorker.objects.get()
    assert (worker.loaded, worker.on_disk) == (["hub:local/digits"], ["hub:local/digits"])
    assert worker.device.startswith(device().type)


def test_progress_of_a_download_is_in_the_row(remote_digits: PretrainedModel) -> None:
    trial = done(start(remote_digits))

    size = (SHIPPED_DIR / "digits-test_efficientnet" / "model.safetensors").stat().st_size
    assert (trial.fetched_bytes, trial.fetch_total_bytes) == (size, size)


# --- Failures


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (MemoryError(), "out_of_memory"),
        (torch.OutOfMemoryError("CUDA out of memory"), "out_of_memory"),
        (RuntimeError("a convolution went wrong"), "unexpected"),
        ([float("nan"), 0.0], "no_numbers"),
    ],
)
def test_whatever_a_network_does_the_trial_ends_with_a_sentence(
    digits: PretrainedModel, answer: object, code: str
) -> None:
    hold(digits, answer)

    trial = done(start(digits))

    assert (trial.state, trial.error_code) == ("failed", code)
    assert re.search(r"[.]$", trial.error)


def test_memory_is_given_back_after_running_out_of_it(digits: PretrainedModel) -> None:
    hold(digits, MemoryError())

    done(start(digits))

    assert shelf.names() == []
    assert done(start(digits)).state == "done"


def test_a_picture_that_vanished_is_a_sentence(digits: PretrainedModel) -> None:
    trial = start(digits, picture=images.Picture(png=b"x", preview=b"x"))
    default_storage.delete(trial.image)

    assert done(trial).error_code == "picture_missing"


def test_a_failed_fetch_is_a_sentence_in_the_row(
    remote_digits: PretrainedModel, settings: Settings
) -> None:
    settings.HF_ENDPOINT = "http://127.0.0.1:9"

    trial = done(start(remote_digits))

    assert (trial.state, trial.error_code) == ("failed", "hub_unreachable")
    assert "The hub at 127.0.0.1:9 does not answer" in trial.error


def test_a_checkpoint_that_nobody_can_load_is_a_sentence(db: None) -> None:
    assert done(start(make_pretrained(loading={}))).error_code == "recipe_missing"


def test_a_trial_that_is_cancelled_while_it_waits_is_not_run(digits: PretrainedModel) -> None:
    trial = start(digits)
    services.cancel_trial(trial.pk)

    assert done(trial).attempts == 0


def test_a_quantised_torchvision_model_is_run_on_the_cpu(tmp_path: Path) -> None:
    import torchvision

    from inference.recipes import TorchvisionRecipe
    from inference.runtime.hub import Fetched

    model = torchvision.models.quantization.shufflenet_v2_x0_5(weights=None, quantize=True)
    torch.save(model.state_dict(), tmp_path / "weights.pth")
    name = "ShuffleNet_V2_X0_5_QuantizedWeights.IMAGENET1K_FBGEMM_V1"
    recipe = TorchvisionRecipe("quantized_shufflenet_v2_x0_5", name, "", "")

    loaded = load.load(recipe, Fetched(tmp_path / "weights.pth"))

    assert loaded.device.type == "cpu"
    assert loaded.label(0) == "tench"
    assert loaded.model(torch.zeros(1, 3, 224, 224)).shape == (1, 1000)


def test_every_listed_failure_is_one_whole_sentence() -> None:
    from inference.errors import SENTENCES

    assert all(text.endswith(".") and len(text) < 400 for text in SENTENCES.values())


def test_the_shipped_folder_is_described_by_the_shared_constant() -> None:
    assert recipe_for(PretrainedModel(loading=DIGITS)) is not None
