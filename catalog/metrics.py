"""Metrics by whatever name a source gives them: what means the same, and which of two values is better."""

import re
import unicodedata
from enum import StrEnum

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
# What decides is, in this order: the whole name, one of `_SURE`, one of `_LESS`, one of `_MORE`.
# Where none does, nobody can say which of two results is the better one, and they get no rank.
_LESS = frozenset((
    "error", "errors", "err", "loss", "perplexity", "ppl", "entropy", "bpc", "bpb", "bpd", "bpp", "wer",
    "cer", "ter", "eer", "der", "mer", "fid", "kid", "fvd", "fad", "lpips", "dists", "mae", "mse", "sad",
    "rmse", "mape", "smape", "wape", "mase", "rmsle", "nrmse", "rmspe", "nmse", "nme", "epe", "aepe",
    "mpjpe", "mpvpe", "pve", "mrrpe", "grad", "conn", "absrel", "silog", "nll", "crps", "latency", "delay",
    "time", "seconds", "milliseconds", "hours", "params", "parameters", "param", "flops", "gflops",
    "macs", "gmacs", "memory", "bits", "bit", "distance", "divergence", "swd", "hausdorff", "hd95", "assd",
    "chamfer", "ece", "brier", "ned", "fpr", "fnr", "far", "frr", "niqe", "brisque",
    "emissions", "energy", "cost", "mr", "regret", "fl", "mce", "rfp", "wder", "mcd", "medae", "ade", "fde", "failures",
))  # fmt: skip
# Elsewhere these are words of other names: "F1 per class", "MS COCO AP".
_LESS_AT_THE_END = frozenset(("per", "ms"))
_LESS_PHRASES = (
    "abs rel",
    "sq rel",
    "miss rate",
    "edit distance",
    "model size",
    "end point",
    "hit rank",
)
# Where a word of `_LESS` stands beside one of these, it is not what is measured.
_SURE = frozenset(("reduction", "gain", "speedup", "auc", "auroc", "accuracy", "saved"))
_MORE = frozenset((
    "acc", "macc", "aacc", "top1", "top5", "correct", "exact", "em", "pass", "score", "scores", "f1", "f2",
    "f0.5", "cf1", "of1", "fscore", "mfscore", "idf1", "precision", "recall", "sensitivity", "specificity",
    "ap", "aps", "apm", "apl", "apr", "apc", "apf", "map", "ar", "mar", "aph", "maph", "auprc", "roc",
    "ndcg", "mrr", "hits", "iou", "miou", "fwiou", "dice", "mdice", "jaccard", "pq", "nds", "mota", "hota",
    "pck", "pckh", "psnr", "ssim", "nrqm", "is", "inception", "snr", "sdr", "pesq", "stoi", "mos", "bleu",
    "rouge", "rogue", "meteor", "cider", "spice", "chrf", "comet", "bleurt", "bertscore", "gleu", "sari",
    "smatch", "uas", "las", "correlation", "spearman", "pearson", "kendall", "r2", "kappa", "mcc",
    "matthews", "nmi", "ari", "ami", "purity", "similarity", "elo", "reward", "return", "wins",
    "throughput", "fps", "tpr", "tnr", "ppv", "npv", "awareness",
))  # fmt: skip
_MORE_PHRASES = ("f 1", "v measure", "win rate", "rank 1", "rank 5", "per second", "images s")
_AT_A_RANK = re.compile(r"[pr](?: \d+)+%?")  # P@5, R_1@100: precision and recall among so many


class Direction(StrEnum):
    """Which of two results is the better one."""

    LESS = "less"
    MORE = "more"
    UNKNOWN = ""


# Between generated pictures MS-SSIM is likeness, which should be small; between a picture and its original,
# large. One name, so neither.
_NEITHER = ("ms-ssim",)
# NIQE and NRQM in one number.
_LESS_NAMES = ("pi", "pi-y")
# Columns that are called after a part of what is tested: each is a share found, an accuracy or an F1.
_MORE_NAMES = (
    "head", "sho", "shou", "elb", "wri", "hip", "knee", "ank", "ankl", "mean", "mean-0.1", "total",
    "eq-r", "eq-t", "num-rads-below-curve", "f-bc", "f-s", "v-m", "1-1", "pac", "qac", "q-a", "qa-r",
    "senseval-2", "senseval-3", "semeval-2007", "semeval-2013", "semeval-2015", "in-domain", "out-of-domain",
    "overall", "matched", "mismatched", "sick-e", "sick-r", "sts", "mrpc", "pos", "race", "race-m",
    "race-h", "cnn", "daily-mail", "books", "dvd", "electronics", "kitchen", "area", "food", "price",
    "request", "joint", "slot", "aspect", "sentiment", "question-split", "query-split", "base-dataset",
    "ambiguous-dataset", "reverb45k",
)  # fmt: skip
_NAMES = {
    **dict.fromkeys(_NEITHER, Direction.UNKNOWN),
    **dict.fromkeys(_LESS_NAMES, Direction.LESS),
    **dict.fromkeys(_MORE_NAMES, Direction.MORE),
}
# Shares by their name, and the words beside which they are none.
_ACCURACIES = frozenset(("accuracy", "acc", "top1", "top5"))
_DIFFERENCES = frozenset((
    "change", "decrease", "delta", "difference", "drop", "gain", "improvement", "increase", "relative",
))  # fmt: skip
# What every source gives in percent, or is brought to that when it is read; of others nobody knows.
_PERCENT = frozenset((
    "top1", "top5", "accuracy", "box_map", "mask_map", "kp_map", "miou", "pixel_acc", "fl_all",
))  # fmt: skip
# Of generated pictures: nothing reaches 0 with any of these, so that a 0 is a place left empty.
_NEVER_ZERO = re.compile(r"(?:fid|fvd|fad)(?:\d+k?)?|(?:precision|recall)\d+k")


def metric_slug(name: str) -> str:
    """The slug that stands for a metric: `Top 1 Accuracy` -> `top1`; one that nobody knows is written with dashes."""
    plain = _plain(name)
    known = name if name in vocabulary.METRICS else _ALIASES.get(plain)
    return known or plain.replace(" ", "-")[:100]


def metric_title(slug: str, name: str = "") -> str:
    """What a metric is called on a page; `name` as its source writes it."""
    return vocabulary.METRICS.get(slug) or name or vocabulary.in_words(slug)


def direction(slug: str) -> Direction:
    """Whether the smaller of two values is the better one (errors, distances, times, sizes) or the larger one."""
    plain = _plain(slug)
    named = _NAMES.get(plain.replace(" ", "-"))
    if named is not None:
        return named
    words = _words(plain)
    if words & _SURE:
        return Direction.MORE
    at_the_end = plain.rpartition(" ")[2] in _LESS_AT_THE_END
    if words & _LESS or at_the_end or any(one in plain for one in _LESS_PHRASES):
        return Direction.LESS
    phrases = any(f" {one} " in f" {plain} " for one in _MORE_PHRASES)
    if words & _MORE or phrases or _AT_A_RANK.fullmatch(plain):
        return Direction.MORE
    return Direction.UNKNOWN


def is_percent(slug: str) -> bool:
    """Whether results by this metric are shares in percent."""
    return slug in _PERCENT or slug.startswith(("ap@", "ar@"))


def is_possible(metric: str, value: float) -> bool:
    """Whether a result can be: an accuracy, in percent, lies in 0..100, a distance of pictures above 0."""
    words = _words(_plain(metric))
    if words & _DIFFERENCES:
        return True
    if any(_NEVER_ZERO.fullmatch(word) for word in words):
        return value > 0
    if not words & _ACCURACIES or words & _LESS:
        return True
    return 0 <= value <= 100


def _words(plain: str) -> set[str]:
    """The words of a name, and those with a number at their end also without it: `fid50k` is a FID."""
    words = set(plain.split())
    return words | {re.sub(r"\d+k?$", "", word) for word in words}


def _plain(name: str) -> str:
    text = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return " ".join(re.findall(r"[a-z0-9%]+(?:\.[a-z0-9%]+)*", text))
