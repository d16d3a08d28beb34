"""The registry of sources: to add one, write its module and add a line here."""

from collections.abc import Callable

from django.conf import settings

from harvesters import wanted
from harvesters.sources.arxiv import Arxiv
from harvesters.sources.arxiv_oai import ArxivOai
from harvesters.sources.base import Harvested
from harvesters.sources.class_lists import ClassLists
from harvesters.sources.cnn_benchmarks import CnnBenchmarks
from harvesters.sources.dawnbench import DawnBench
from harvesters.sources.github import QUERIES, Github
from harvesters.sources.github_repositories import GithubRepositories
from harvesters.sources.huggingface import HuggingFace
from harvesters.sources.huggingface_datasets import HuggingFaceDatasets
from harvesters.sources.huggingface_details import HuggingFaceDetails
from harvesters.sources.huggingface_papers import HuggingFacePapers
from harvesters.sources.kaggle import Kaggle
from harvesters.sources.keras_applications import KerasApplications
from harvesters.sources.keras_hub import KerasHub
from harvesters.sources.keras_io import KerasIo
from harvesters.sources.local import Local
from harvesters.sources.measured import Measured
from harvesters.sources.modelscope import ModelScope
from harvesters.sources.onnx_zoo import OnnxZoo
from harvesters.sources.open_model_zoo import OpenModelZoo
from harvesters.sources.openmmlab import OpenMMLab
from harvesters.sources.paperswithcode import PapersWithCode
from harvesters.sources.pytorch_hub import PyTorchHub
from harvesters.sources.qualcomm_ai_hub import QualcommAiHub
from harvesters.sources.timm import Timm
from harvesters.sources.timm_results import TimmResults
from harvesters.sources.torchaudio import Torchaudio
from harvesters.sources.torchtext import Torchtext
from harvesters.sources.torchvision import Torchvision


def _local() -> Local:
    shipped = settings.BASE_DIR / "inference" / "shipped"
    # Nobody need have models of their own: only a folder that was set must be there.
    is_set = settings.MODELS_DIR != settings.BASE_DIR / "models"
    named = {"models": "MODELS_DIR"} if is_set else {}
    return Local({"shipped": shipped, "models": settings.MODELS_DIR}, named)


def _github() -> Github:
    queries = [query.strip() for query in settings.HARVEST_GITHUB_QUERIES.split(";")]
    chosen = [query for query in queries if query] or QUERIES
    return Github(settings.GITHUB_API_URL, settings.GITHUB_TOKEN, chosen)


def _github_repositories() -> GithubRepositories:
    return GithubRepositories(
        settings.GITHUB_API_URL,
        settings.GITHUB_TOKEN,
        wanted.repositories,
        settings.HARVEST_GITHUB_LOOKUPS,
    )


# In the order in which they are harvested: the quick ones first.
SOURCES: dict[str, Callable[[], Harvested]] = {
    "local": _local,
    "class-lists": ClassLists,
    "timm": Timm,
    "torchvision": Torchvision,
    "torchaudio": Torchaudio,
    "torchtext": lambda: Torchtext(settings.PYPI_FILES_URL),
    "keras": KerasApplications,
    "keras-hub": KerasHub,
    "timm-results": lambda: TimmResults(settings.RAW_GITHUB_URL),
    "measured": Measured,
    "keras-io": lambda: KerasIo(settings.RAW_GITHUB_URL),
    "pytorch-hub": lambda: PyTorchHub(settings.GITHUB_CODELOAD_URL),
    "onnx-zoo": lambda: OnnxZoo(settings.RAW_GITHUB_URL),
    "cnn-benchmarks": lambda: CnnBenchmarks(settings.GITHUB_CODELOAD_URL),
    "dawnbench": lambda: DawnBench(settings.GITHUB_CODELOAD_URL),
    "huggingface": lambda: HuggingFace(
        settings.HF_ENDPOINT,
        settings.HF_TOKEN,
        settings.HARVEST_HUGGINGFACE_QUERIES,
        settings.HARVEST_HUGGINGFACE_LIMIT,
        settings.HARVEST_HUGGINGFACE_PAGE,
    ),
    "openmmlab": lambda: OpenMMLab(settings.GITHUB_CODELOAD_URL, settings.OPENMMLAB_REPOSITORIES),
    "open-model-zoo": lambda: OpenModelZoo(settings.GITHUB_CODELOAD_URL),
    "qualcomm-ai-hub": lambda: QualcommAiHub(settings.GITHUB_CODELOAD_URL),
    "modelscope": lambda: ModelScope(settings.MODELSCOPE_ENDPOINT, settings.MODELSCOPE_API_TOKEN),
    "kaggle": lambda: Kaggle(settings.KAGGLE_URL, settings.KAGGLE_USERNAME, settings.KAGGLE_KEY),
    "paperswithcode": lambda: PapersWithCode(
        settings.PWC_ARCHIVE, settings.PWC_ARCHIVE_REDIRECTS, wanted.keys_at_paperswithcode
    ),
    "github": _github,
    "arxiv-oai": lambda: ArxivOai(
        settings.ARXIV_OAI_URL, settings.HARVEST_ARXIV_SETS, settings.HARVEST_ARXIV_SINCE
    ),
    # What the sources above name is looked up after them.
    "arxiv": lambda: Arxiv(settings.ARXIV_API_URL, wanted.papers),
    "github-repositories": _github_repositories,
    "huggingface-details": lambda: HuggingFaceDetails(
        settings.HF_ENDPOINT,
        settings.HF_TOKEN,
        wanted.hub_details,
        settings.HARVEST_HUGGINGFACE_DETAILS,
    ),
    "huggingface-datasets": lambda: HuggingFaceDatasets(
        settings.HF_ENDPOINT,
        settings.HF_TOKEN,
        wanted.hub_datasets,
        settings.HARVEST_HUGGINGFACE_DATASETS,
    ),
    "huggingface-papers": lambda: HuggingFacePapers(
        settings.HF_ENDPOINT,
        settings.HF_TOKEN,
        wanted.hub_papers,
        settings.HARVEST_HUGGINGFACE_PAPERS,
    ),
}
