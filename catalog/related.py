"""What else a person may want who looks at one checkpoint: siblings, and alternatives better on one axis."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Max, Min, Q

from catalog.models import Evaluation, PretrainedModel
from catalog.querysets import PretrainedModelQuerySet

MOST_SIBLINGS = 12
_MOST_ALTERNATIVES = 3
_MOST_SIMILAR = 6
# Results by which checkpoints of one task are compared, the first that a checkpoint has; then whether less is better.
_HEADLINES = {
    ("imagenet-1k", "top1"): False,
    ("coco-val2017", "kp_map"): False,
    ("coco-val2017", "mask_map"): False,
    ("coco-val2017", "box_map"): False,
    ("coco-val2017-voc-labels", "miou"): False,
    ("kinetics-400", "top1"): False,
    ("sintel-train-cleanpass", "epe"): True,
}


@dataclass(frozen=True)
class Score:
    """The result by which a checkpoint is compared with others of its task."""

    dataset: str
    metric: str
    value: float
    less_is_better: bool = False

    def among(self, rows: PretrainedModelQuerySet) -> PretrainedModelQuerySet:
        """`rows` that have this result, as `score`: the best of each checkpoint's own."""
        if (self.dataset, self.metric) == ("imagenet-1k", "top1"):
            return rows.filter(top1__isnull=False).annotate(score=F("top1"))
        best = Min if self.less_is_better else Max
        its = Q(evaluations__dataset=self.dataset, evaluations__metric=self.metric)
        scored = rows.annotate(score=best("evaluations__value", filter=its))
        return scored.filter(score__isnull=False)

    def no_worse(self) -> Q:
        return Q(score__lte=self.value) if self.less_is_better else Q(score__gte=self.value)

    def better(self) -> Q:
        return Q(score__lt=self.value) if self.less_is_better else Q(score__gt=self.value)

    @property
    def best_first(self) -> str:
        return "score" if self.less_is_better else "-score"


@dataclass(frozen=True)
class Alternative:
    """Checkpoints of the same task that are better on one axis and no worse in the score."""

    axis: str
    condition: str
    found: list[PretrainedModel]


def score_of(pretrained: PretrainedModel, evaluations: Iterable[Evaluation]) -> Score | None:
    """The result to compare by; on ImageNet-1k the resolved headline value, elsewhere the best one."""
    if pretrained.top1 is not None:
        return Score("imagenet-1k", "top1", pretrained.top1)
    values: dict[tuple[str, str], list[float]] = {}
    for result in evaluations:
        values.setdefault((result.dataset, result.metric), []).append(result.value)
    for (dataset, metric), less_is_better in _HEADLINES.items():
        if own := values.get((dataset, metric)):
            best = min(own) if less_is_better else max(own)
            return Score(dataset, metric, best, less_is_better)
    # A data set of the publisher's own: nothing to compare with, but the best there is to say.
    own_best = [key for key in values if key[1] == "top1"]
    return Score(*own_best[0], max(values[own_best[0]])) if own_best else None


def siblings_of(pretrained: PretrainedModel) -> list[PretrainedModel]:
    """Other published checkpoints of the same architecture, best first, one more than are shown. One query."""
    if pretrained.architecture_id is None:
        return []
    rows = PretrainedModel.objects.published().filter(architecture_id=pretrained.architecture_id)
    ordered = rows.exclude(pk=pretrained.pk).order_by(F("top1").desc(nulls_last=True), "name")
    return list(_slim(ordered)[: MOST_SIBLINGS + 1])


def alternatives_to(pretrained: PretrainedModel, score: Score | None) -> list[Alternative]:
    """Per axis up to three checkpoints of the same task; at most four queries. Empty without a score."""
    if score is None:
        return []
    rivals = score.among(_rivals(pretrained))
    return [
        Alternative(axis, condition, list(_slim(rows)[:_MOST_ALTERNATIVES]))
        for axis, condition, rows in _axes(pretrained, score, rivals)
    ]


def similar_to(pretrained: PretrainedModel) -> list[PretrainedModel]:
    """Checkpoints of the same task that share training data, but not the architecture; most used first. One query.

    For those without a result that could be compared: more cannot be said of them.
    """
    if not pretrained.datasets or not pretrained.task:
        return []
    rows = _rivals(pretrained).filter(datasets__overlap=pretrained.datasets)
    if pretrained.architecture_id is not None:
        rows = rows.exclude(architecture_id=pretrained.architecture_id)
    used = F("downloads").desc(nulls_last=True)
    return list(_slim(rows.order_by(used, F("top1").desc(nulls_last=True), "slug"))[:_MOST_SIMILAR])


def _axes(
    pretrained: PretrainedModel, score: Score, rivals: PretrainedModelQuerySet
) -> Iterable[tuple[str, str, Any]]:
    parameters, gmacs = pretrained.parameters, pretrained.gmacs
    if parameters is not None:
        smaller = rivals.filter(score.no_worse(), parameters__lt=parameters)
        yield "Smaller", "and at least as good", smaller.order_by("parameters", score.best_first)
        better = rivals.filter(score.better(), parameters__lte=parameters)
        yield "Better", "and no larger", better.order_by(score.best_first, "parameters")
    if gmacs is not None:
        cheaper = rivals.filter(score.no_worse(), gmacs__lt=gmacs)
        yield "Cheaper to run", "and at least as good", cheaper.order_by("gmacs", score.best_first)
    if not pretrained.license_open:
        free = rivals.filter(score.no_worse(), license_open=True)
        yield (
            "Openly licensed",
            "and at least as good",
            free.order_by(F("parameters").asc(nulls_last=True), score.best_first),
        )


def _rivals(pretrained: PretrainedModel) -> PretrainedModelQuerySet:
    return (
        PretrainedModel.objects.published().filter(task=pretrained.task).exclude(pk=pretrained.pk)
    )


def _slim(rows: Any) -> Any:
    return rows.only(
        "slug",
        "name",
        "top1",
        "parameters",
        "gmacs",
        "input_size",
        "license",
        "license_open",
        "commercial_use",
        "training",
        "datasets",
    )
