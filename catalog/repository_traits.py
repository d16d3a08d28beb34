"""What a repository does, in the catalogue's words: tasks and frameworks, and the words that find it.

GitHub has no field for either. They are those of the checkpoints that name the repository, of its topics, of its
name and description (frameworks), and of whoever links it to a paper.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from django.db import connection

from catalog.aliases import task_slug
from catalog.bulk import update_rows
from catalog.models import PaperRepository, PretrainedModel, Repository
from catalog.vocabulary import TASKS
from catalog.words import index_words

FRAMEWORKS = {
    "caffe": "Caffe",
    "caffe2": "Caffe2",
    "jax": "JAX",
    "keras": "Keras",
    "mindspore": "MindSpore",
    "mlx": "MLX",
    "mxnet": "MXNet",
    "onnx": "ONNX",
    "paddlepaddle": "PaddlePaddle",
    "pytorch": "PyTorch",
    "tensorflow": "TensorFlow",
    "torch": "Torch (Lua)",
}
# Papers with Code says tf, paddle; topics say the rest.
_OTHER_NAMES = {
    "flax": "jax",
    "paddle": "paddlepaddle",
    "pytorch-implementation": "pytorch",
    "pytorch-lightning": "pytorch",
    "tensorflow2": "tensorflow",
    "tensorflow-2": "tensorflow",
    "tf": "tensorflow",
    "tf2": "tensorflow",
}
# As a topic these say too little: a text is classified, too; and torch is PyTorch to most.
_VAGUE = {"classification", "conversational", "depth", "detection", "torch"}
_TOPICS = {"image-classifier": "image-classification", "image-recognition": "image-classification"}


@dataclass
class Traits:
    """Slugs of `catalog.vocabulary.TASKS` and of `FRAMEWORKS`."""

    tasks: set[str] = field(default_factory=set)
    frameworks: set[str] = field(default_factory=set)

    def add(self, task: str, libraries: Iterable[str]) -> None:
        """What one checkpoint says of its repository."""
        self.tasks |= {task} - {""}
        self.frameworks |= {framework(name) for name in libraries} - {""}


def framework(name: str) -> str:
    """The slug of a framework by any of its names, empty if it is none: `tf` -> `tensorflow`."""
    plain = name.lower()
    slug = _OTHER_NAMES.get(plain, plain)
    return slug if slug in FRAMEWORKS else ""


def stated_traits(full_name: str, description: str, topics: Collection[str]) -> Traits:
    """What a repository says of itself."""
    plain = [topic.lower() for topic in topics if topic.lower() not in _VAGUE]
    tasks = {_TOPICS.get(topic, task_slug(topic)) for topic in plain}
    words = re.findall(r"[a-z0-9]+", f"{full_name} {description}".lower())
    named = {framework(word) for word in [*plain, *words] if word not in _VAGUE}
    return Traits(tasks & TASKS.keys(), named - {""})


def describe_repositories(pks: Iterable[int]) -> None:
    """Work tasks, frameworks and words of these repositories out again."""
    wanted = sorted(set(pks))
    rows = Repository.objects.filter(pk__in=wanted)
    found = {
        pk: stated_traits(name, description, topics)
        for pk, name, description, topics in rows.values_list(
            "pk", "full_name", "description", "topics"
        )
    }
    published = PretrainedModel.objects.published().filter(repositories__in=wanted)
    for pk, task, libraries in published.values_list(
        "repositories", "task", "libraries"
    ).distinct():
        if pk in found:
            found[pk].add(task, libraries)
    links = PaperRepository.objects.filter(repository__in=wanted)
    for pk, name in links.values_list("repository", "framework").distinct():
        found[pk].add("", [name])
    update_rows(
        Repository,
        [
            {"id": pk, "tasks": sorted(traits.tasks), "frameworks": sorted(traits.frameworks)}
            for pk, traits in found.items()
        ],
    )
    index_words(Repository, wanted)


def add_traits(found: Mapping[int, Traits]) -> None:
    """Note more tasks and frameworks of repositories by primary key; what they have stays.

    Unlike `describe_repositories` this does not look at every checkpoint of a repository, which may be
    hundreds of thousands.
    """
    if not found:
        return
    pks = list(found)
    tasks = ["|".join(sorted(found[pk].tasks)) for pk in pks]
    frameworks = ["|".join(sorted(found[pk].frameworks)) for pk in pks]
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [pks, tasks, frameworks])
    index_words(Repository, pks, missing=True)


_ADD = """
    UPDATE catalog_repository AS old SET
        tasks = ARRAY(SELECT DISTINCT unnest(old.tasks || new.tasks) ORDER BY 1),
        frameworks = ARRAY(SELECT DISTINCT unnest(old.frameworks || new.frameworks) ORDER BY 1)
    FROM (
        SELECT id, string_to_array(tasks, '|')::varchar[] AS tasks,
            string_to_array(frameworks, '|')::varchar[] AS frameworks
        FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS given (id, tasks, frameworks)
    ) AS new
    WHERE old.id = new.id AND NOT (old.tasks @> new.tasks AND old.frameworks @> new.frameworks)
"""
