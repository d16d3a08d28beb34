"""Names of metrics: what means the same, and whether less is better."""

import pytest

from catalog.metrics import is_possible, less_is_better, metric_slug, metric_title


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Top 1 Accuracy", "top1"),
        ("top-1 acc.", "top1"),
        ("top1", "top1"),
        ("Top-5 Accuracy", "top5"),
        ("box AP", "box_map"),
        ("Mean IoU", "miou"),
        ("Accuracy", "accuracy"),
        ("Top-1 Error", "top-1-error"),
        ("F1  Score", "f1-score"),
        ("F0.5", "f0.5"),
    ],
)
def test_names_of_one_metric_share_a_slug(name: str, slug: str) -> None:
    assert metric_slug(name) == slug


@pytest.mark.parametrize(
    "name",
    [
        "Top-1 Error", "Test perplexity", "Bit per Character (BPC)", "Word Error Rate (WER)", "FID",
        "RMSE", "Number of params", "Latency (ms)", "epe", "per_image_epe", "fl_all", "Abs Rel",
        "Percentage error", "Error rate", "Model Entropy",
    ],
)  # fmt: skip
def test_of_errors_distances_and_costs_less_is_better(name: str) -> None:
    assert less_is_better(metric_slug(name))


@pytest.mark.parametrize(
    "name",
    [
        "top1", "Percentage correct", "BLEU", "F1", "mAP", "PSNR", "Error reduction", "Speedup time",
        "Person accuracy", "Time-series accuracy", "AVERAGE AUC ON 14 LABEL", "Mixed precision",
    ],
)  # fmt: skip
def test_of_scores_more_is_better(name: str) -> None:
    assert not less_is_better(metric_slug(name))


def test_a_metric_is_called_as_its_source_calls_it_unless_the_vocabulary_knows_it() -> None:
    assert metric_title("top1", "Top 1 Accuracy") == "top-1"
    assert metric_title("f1-score", "F1 Score") == "F1 Score"


@pytest.mark.parametrize(("metric", "value", "expected"), [
    ("top1", 100, True), ("top1", 0, True), ("top5", 100.1, False), ("Top 1 Accuracy", 99999, False),
    ("pixel_acc", -0.1, False), ("acc@5", 101, False), ("accuracy drop", -3, True), ("fid", 300, True),
])  # fmt: skip
def test_an_accuracy_lies_between_nothing_and_everything(
    metric: str, value: float, expected: bool
) -> None:
    assert is_possible(metric, value) is expected
