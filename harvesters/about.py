"""What a reader should know about each source beside its records: terms, what is taken, how often, what it needs.

The cadences follow each source's own terms: hourly where a hub offers what changed since, daily where a list
is short, weekly or monthly where little changes, once where nothing does any more.
"""

from dataclasses import dataclass
from functools import partial

from django.conf import settings

from harvesters.models import Schedule
from harvesters.sources.base import Harvested

_HOUR, _DAY, _WEEK, _MONTH = (
    Schedule.Every.HOUR,
    Schedule.Every.DAY,
    Schedule.Every.WEEK,
    Schedule.Every.MONTH,
)


@dataclass(frozen=True)
class About:
    """`taken` in one sentence; `terms` as the source wants to be thanked; `wants` is a setting it is better with."""

    taken: str
    terms: str = ""
    every: int = _DAY
    full_every: int | None = None
    wants: str = ""
    without: str = ""
    is_dated: bool = True  # a date can stand in for its watermark


_OF_THE_HUB = "Metadata through the Hub's public interface, within its limits; cards under their authors' licences."
_OF_GITHUB = "Through GitHub's public interface, within its limits."
_Hub = partial(
    About, terms=_OF_THE_HUB, wants="HF_TOKEN", without="the Hub answers half as many requests."
)
_GitHub = partial(
    About,
    terms=_OF_GITHUB,
    wants="GITHUB_TOKEN",
    without="GitHub answers 60 requests an hour instead of 5,000.",
)

_ABOUT: dict[str, About] = {
    "local": About("The model that ships with the site, and fine-tuned models in the folder MODELS_DIR."),
    "class-lists": About(
        "What the outputs of classifiers stand for: ImageNet's classes with WordNet ids and definitions as timm has"
        " them, and the classes of torchvision's data sets.",
        "timm: Apache-2.0; WordNet: its own licence; torchvision: BSD-3-Clause.",
    ),
    "timm": About("Every pretrained tag of the installed timm, read from its source.", "timm: Apache-2.0."),
    "torchvision": About(
        "Every weights entry of the installed torchvision, read from its source.", "torchvision: BSD-3-Clause."
    ),
    "torchaudio": About("The pretrained pipelines of torchaudio, read from its source.", "BSD-2-Clause."),
    "torchtext": About(
        "The pretrained bundles of torchtext's last release, read from its wheel.", "BSD-3-Clause.", every=_MONTH
    ),
    "keras": About("The functions of Keras Applications with their weights files.", "Keras: Apache-2.0."),
    "keras-hub": About("The presets of KerasHub, read from its source.", "KerasHub: Apache-2.0."),
    "keras-io": About(
        "The table of Keras Applications: size, accuracy, parameters, depth, time per step.",
        "keras.io: Apache-2.0.", every=_WEEK,
    ),
    "pytorch-hub": About("The cards of PyTorch Hub with their load lines.", "No licence: facts and links only.", every=_MONTH),
    "onnx-zoo": About("The manifest of the ONNX Model Zoo, frozen since June 2025.", "Apache-2.0.", every=_MONTH),
    "openmmlab": About(
        "The model indexes of OpenMMLab's repositories: collections, results, weights, papers.",
        "OpenMMLab: Apache-2.0.", every=_MONTH,
    ),
    "open-model-zoo": About("The model files of Intel's Open Model Zoo.", "Apache-2.0.", every=_MONTH),
    "qualcomm-ai-hub": About("The model files of Qualcomm AI Hub Models.", "BSD-3-Clause.", every=_MONTH),
    "cnn-benchmarks": About("Justin Johnson's published table of times, as history.", "MIT.", every=_MONTH),
    "dawnbench": About("DAWNBench's published results, as history.", "DAWNBench, Stanford.", every=_MONTH),
    "timm-results": About(
        "timm's tables of accuracy on ImageNet and its companions, and of speed.", "timm: Apache-2.0.", every=_WEEK
    ),
    "measured": About(
        "Parameters, multiply-accumulates and activations of timm's architectures, counted here by building each."
    ),
    "huggingface": _Hub(
        "The models that HARVEST_HUGGINGFACE_QUERIES asks for: licence, task, tags, downloads, files, results.",
        every=_HOUR, full_every=_WEEK,
    ),
    "huggingface-details": _Hub("Files and cards of the Hub's most downloaded models.", every=_DAY),
    "huggingface-datasets": _Hub("The data sets that models name, with licence and size.", every=_DAY),
    "huggingface-papers": _Hub(
        "The Hub's daily papers, and those that models name.", every=_DAY, full_every=None
    ),
    "modelscope": About(
        "All public models of ModelScope.", "Through ModelScope's OpenAPI, one request a second.",
        every=_DAY, full_every=_WEEK,
    ),
    "kaggle": About(
        "The models of Kaggle Models.", "Through Kaggle's public interface with your own account.", every=_DAY,
        wants="KAGGLE_KEY", without="Kaggle answers nobody without an account.",
    ),
    "github": _GitHub(
        "Repositories that publish pretrained models, found by topics and phrases.", every=_DAY, full_every=_MONTH,
    ),
    "github-repositories": _GitHub("Every repository that another source names.", every=_HOUR),
    "arxiv": About(
        "The papers that models, cards and repositories name.",
        "Thank you to arXiv for use of its open access interoperability. Metadata: CC0.",
    ),
    "arxiv-oai": About(
        "New papers of the categories in HARVEST_ARXIV_SETS that mention pretrained models.",
        "Thank you to arXiv for use of its open access interoperability. Metadata: CC0.",
    ),
    "paperswithcode": About(
        "The archive of July 2025: papers, their repositories, evaluation tables, data sets.",
        "Papers with Code, CC BY-SA 4.0.", every=_MONTH, is_dated=False,
        wants="PWC_ARCHIVE", without="name a folder with the archive, or the address of a Hub that has it.",
    ),
}  # fmt: skip


def about(harvested: Harvested) -> About:
    """What is known of this source, or what follows from its class."""
    known = _ABOUT.get(harvested.name)
    if known:
        return known
    return About("", full_every=_WEEK if harvested.has_increments else None)


def cadence(harvested: Harvested) -> tuple[int, int | None]:
    """(hours from one run to the next, hours from one full walk to the next or None)."""
    known = about(harvested)
    return known.every, known.full_every


def missing_setting(harvested: Harvested) -> str:
    """A sentence on the setting that is empty and without which little comes, empty if there is none."""
    known = about(harvested)
    if not known.wants or getattr(settings, known.wants, None):
        return ""
    return f"{known.wants} is not set: {known.without}"
