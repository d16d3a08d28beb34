"""What a repository does: told by its checkpoints, its topics, its words and the papers that link it."""

import pytest

from catalog.models import Repository, Source
from catalog.records import Fact, ModelRecord
from catalog.reference_records import PaperRecord, RepositoryMention, RepositoryRecord
from catalog.repository_traits import framework, stated_traits
from catalog.services import upsert


@pytest.mark.parametrize(
    ("name", "slug"),
    [("tf", "tensorflow"), ("PyTorch", "pytorch"), ("paddle", "paddlepaddle"), ("none", ""),
     ("torch", "torch"), ("transformers", "")],
)  # fmt: skip
def test_a_framework_is_known_by_any_of_its_names(name: str, slug: str) -> None:
    assert framework(name) == slug


@pytest.mark.parametrize(
    ("full_name", "description", "topics", "tasks", "frameworks"),
    [
        ("a/resnet-pytorch", "", [], set(), {"pytorch"}),
        ("a/b", "Implemented in TensorFlow and Keras.", [], set(), {"tensorflow", "keras"}),
        ("a/b", "", ["image-classification", "jax"], {"image-classification"}, {"jax"}),
        ("a/b", "", ["semantic-segmentation", "asr"],
         {"image-segmentation", "automatic-speech-recognition"}, set()),
        ("a/b", "", ["classification", "detection", "torch"], set(), set()),
        ("torch/nn", "pytorchlike", ["deep-learning"], set(), set()),
    ],
)  # fmt: skip
def test_a_repository_says_what_it_does_by_topics_name_and_description(
    full_name: str, description: str, topics: list[str], tasks: set[str], frameworks: set[str]
) -> None:
    found = stated_traits(full_name, description, topics)
    assert (found.tasks, found.frameworks) == (tasks, frameworks)


def traits_of(name: str) -> tuple[list[str], list[str]]:
    found = Repository.objects.get(full_name=name)
    assert found.search_vector
    return found.tasks, found.frameworks


def model(name: str, task: str, library: str) -> ModelRecord:
    facts = {"name": Fact(name), "task": Fact(task), "libraries": Fact([library, "timm"])}
    return ModelRecord(name, facts=facts, repositories=("a/b",))


@pytest.mark.django_db
def test_checkpoints_papers_and_the_repository_itself_add_to_it_in_any_order() -> None:
    timm = Source.objects.create(name="timm", title="timm", kind=Source.Kind.LIBRARY)
    archive = Source.objects.create(name="pwc", title="PwC", kind=Source.Kind.PAPERS)
    github = Source.objects.create(name="github", title="GitHub", kind=Source.Kind.REPOSITORIES)

    upsert(timm, [model("x", "object-detection", "pytorch")])
    assert traits_of("a/b") == (["object-detection"], ["pytorch"])
    upsert(
        archive,
        [PaperRecord("p", "1512.03385", repositories=(RepositoryMention("a/b", None, "tf"),))],
    )
    assert traits_of("a/b") == (["object-detection"], ["pytorch", "tensorflow"])
    topics = {"topics": Fact(["image-classification"])}
    upsert(github, [RepositoryRecord("1", "a/b", facts=topics)])
    both = ["image-classification", "object-detection"]
    assert traits_of("a/b") == (both, ["pytorch", "tensorflow"])
    upsert(timm, [model("y", "image-segmentation", "onnx")])
    assert traits_of("a/b") == (
        ["image-classification", "image-segmentation", "object-detection"],
        ["onnx", "pytorch", "tensorflow"],
    )
