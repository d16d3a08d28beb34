"""Names of metrics: what means the same, and which of two values is better."""

import pytest

from catalog.metrics import (
    Direction,
    direction,
    is_percent,
    is_possible,
    metric_slug,
    metric_title,
)


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
        "Percentage error", "Error rate", "Model Entropy", "nme", "nme-challenge", "nme-full", "NME",
        "nme-frontal", "fid50k", "fid50k-camera", "fid-full-50k", "FID-50k", "conn", "grad", "sad", "mse",
        "mrrpe", "p-mpjpe", "pi-y", "niqe-y", "brisque-y", "l1-error", "validation_loss", "PER", "cer",
        "1-example Latency (milliseconds)", "Training cost (USD)",
    ],
)  # fmt: skip
def test_of_errors_distances_and_costs_less_is_better(name: str) -> None:
    assert direction(metric_slug(name)) is Direction.LESS


@pytest.mark.parametrize(
    "name",
    [
        "top1", "Percentage correct", "BLEU", "F1", "mAP", "PSNR", "Error reduction", "Speedup time",
        "Person accuracy", "Time-series accuracy", "AVERAGE AUC ON 14 LABEL", "Mixed precision",
        "F1 per class", "MS COCO AP", "precision50k", "Recall50k", "p&r10k-psnr", "eq-t", "is-studiogan",
        "pckh@0.7", "mean@0.1", "elb", "nrqm-y", "R_100@10", "P@30%", "Hits@1", "Q->AR", "F_NMI", "cf1",
        "ndcg_at_10", "v_measure", "rogue_lsum", "NUM RADS BELOW CURVE", "Score", "Senseval 2", "V-M",
        "images/s", "Tokens per second",
    ],
)  # fmt: skip
def test_of_scores_more_is_better(name: str) -> None:
    assert direction(metric_slug(name)) is Direction.MORE


@pytest.mark.parametrize(
    "name",
    ["Bias (F/M)", "gen_len", "gen_length", "ms-ssim", "CGS", "CR", "Note", "Average", "Dev", ""],
)
def test_where_a_name_does_not_tell_neither_is_better(name: str) -> None:
    assert direction(metric_slug(name)) is Direction.UNKNOWN


def test_a_metric_is_called_as_its_source_calls_it_unless_the_vocabulary_knows_it() -> None:
    assert metric_title("top1", "Top 1 Accuracy") == "top-1"
    assert metric_title("f1-score", "F1 Score") == "F1 Score"
    assert metric_title("nme-challenge") == "NME challenge"


def test_only_what_is_known_to_be_a_share_is_in_percent() -> None:
    assert all(map(is_percent, ("top1", "accuracy", "kp_map", "miou", "fl_all", "ap@0.5")))
    assert not any(map(is_percent, ("epe", "per_image_epe", "nme", "fid50k", "psnr", "wer", "f1")))


@pytest.mark.parametrize(("metric", "value", "expected"), [
    ("top1", 100, True), ("top1", 0, True), ("top5", 100.1, False), ("Top 1 Accuracy", 99999, False),
    ("pixel_acc", -0.1, False), ("acc@5", 101, False), ("accuracy drop", -3, True), ("fid", 300, True),
    ("FID50k", 0.0, False), ("fid", 0, False), ("fid-full-50k", 3.2, True), ("Recall50k", 0, False),
    ("recall", 0, True), ("FID change", 0, True), ("top1 error", 0, True),
])  # fmt: skip
def test_what_cannot_be_is_told_from_what_can(metric: str, value: float, expected: bool) -> None:
    assert is_possible(metric, value) is expected
