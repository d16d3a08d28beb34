"""Metrics by whatever name a source gives them: what means the same, and whether less is better."""

import re
import unicodedata

from catalog import vocabulary

# Names without case and punctuation, and the slug of `catalog.vocabulary.METRICS` they mean. Only names
# that mean one thing on every data set stand here: "accuracy" may be anything.
_ALIASES = {
    "acc 1": "top1",
    "acc top 1": "top1",
    "accuracy top 1": "top1",
    "top 1": "top1",
    "top 1 acc": "top1",
    "top 1 accuracy": "top1",
    "top1 acc": "top1",
    "top1 accuracy": "top1",
    "acc 5": "top5",
    "accuracy top 5": "top5",
    "top 5": "top5",
    "top 5 acc": "top5",
    "top 5 accuracy": "top5",
    "top5 accuracy": "top5",
    "bbox map": "box_map",
    "box ap": "box_map",
    "box map": "box_map",
    "mask ap": "mask_map",
    "mask map": "mask_map",
    "keypoint ap": "kp_map",
    "mean iou": "miou",
    "miou": "miou",
    "pixel acc": "pixel_acc",
    "pixel accuracy": "pixel_acc",
    "average end point error": "epe",
    "endpoint error": "epe",
    "epe": "epe",
    "fl all": "fl_all",
}
# Any of these words in a name says that less is better.
_LESS = frozenset((
    "error", "errors", "err", "loss", "perplexity", "ppl", "entropy", "bpc", "bpb", "bpd", "wer",
    "cer", "per", "ter", "eer", "der", "mer", "fid", "kid", "fvd", "fad", "lpips", "mae", "mse",
    "rmse", "mape", "smape", "rmsle", "nrmse", "rmspe", "nmse", "epe", "mpjpe", "pve", "absrel", "nll",
    "latency", "delay", "time", "ms", "seconds", "hours", "params", "parameters", "param", "flops",
    "gflops", "macs", "gmacs", "memory", "bits", "bit", "distance", "hausdorff", "hd95", "assd",
    "chamfer", "ece", "brier", "ned", "fpr", "fnr", "far", "frr", "niqe", "brisque", "emissions",
    "energy", "cost", "mr", "regret", "fl", "mce", "rfp", "wder", "mcd", "medae", "ade", "fde",
))  # fmt: skip
# Where such a word stands beside one of these, it is not what is measured.
_MORE = frozenset(("reduction", "gain", "speedup", "auc", "auroc", "accuracy", "saved"))
# Shares by their name, and the words beside which they are none.
_ACCURACIES = frozenset(("accuracy", "acc", "top1", "top5"))
_DIFFERENCES = frozenset((
    "change", "decrease", "delta", "difference", "drop", "gain", "improvement", "increase", "relative",
))  # fmt: skip
_LESS_PHRASES = (
    "abs rel",
    "sq rel",
    "miss rate",
    "edit distance",
    "model size",
    "end point",
    "hit rank",
)


def metric_slug(name: str) -> str:
    """The slug that stands for a metric: `Top 1 Accuracy` -> `top1`; one that nobody knows is written with dashes."""
    plain = _plain(name)
    known = name if name in vocabulary.METRICS else _ALIASES.get(plain)
    return known or plain.replace(" ", "-")[:100]


def metric_title(slug: str, name: str = "") -> str:
    """What a metric is called on a page; `name` as its source writes it."""
    return vocabulary.METRICS.get(slug) or name or slug


def less_is_better(slug: str) -> bool:
    """Whether the smaller of two values is the better one: errors, distances, times, sizes."""
    words = _plain(slug).split()
    if any(word in _MORE for word in words):
        return False
    joined = " ".join(words)
    return any(word in _LESS for word in words) or any(one in joined for one in _LESS_PHRASES)


def is_possible(metric: str, value: float) -> bool:
    """Whether a result can be: an accuracy, in percent, lies in 0..100."""
    words = set(_plain(metric).split())
    if not words & _ACCURACIES or words & (_LESS | _DIFFERENCES):
        return True
    return 0 <= value <= 100


def _plain(name: str) -> str:
    text = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return " ".join(re.findall(r"[a-z0-9%]+(?:\.[a-z0-9%]+)*", text))
