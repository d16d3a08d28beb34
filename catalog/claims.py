"""Every value of a checkpoint with who says so, the winner first, by a written order of trust.

The order is the whole policy of `catalog.resolve`; why it is so stands in
docs/decisions/0012-resolved-values-by-order-of-trust.md.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from catalog.licenses import find_license
from catalog.models import Evaluation, Listing, PaperLink, PretrainedModel, Source
from catalog.records import FIELDS, EvaluationRecord

# Who is believed first; sources that are not named come after, in the order in which they listed it.
TRUST: dict[str, tuple[str, ...]] = {
    "parameters": ("local", "torchvision", "measured", "timm", "timm-results"),
    "gmacs": ("torchvision", "measured", "timm-results"),
    "activations": ("measured", "timm-results"),
    # Whoever published the weights says at which size they are used; timm's is that of the training.
    "input_size": ("local", "torchvision", "timm"),
    "preprocessing": ("local", "torchvision", "timm"),
    # The list is read more often than the details, which are looked up one by one.
    "revision": ("huggingface", "huggingface-details"),
    # Whoever published the weights states their score; timm measured the others again itself.
    "top1": ("local", "torchvision", "keras-io", "onnx-zoo", "timm-results", "pytorch-hub"),
    "top5": ("local", "torchvision", "keras-io", "onnx-zoo", "timm-results", "pytorch-hub"),
}
_EVERYTHING_ELSE = (
    "local",
    "timm",
    "torchvision",
    "torchaudio",
    "torchtext",
    "keras",
    "keras-hub",
    "keras-io",
    "pytorch-hub",
    "onnx-zoo",
    "timm-results",
    "measured",
    # Sizes read from the files themselves come before those worked out from headers.
    "huggingface-details",
    "huggingface",
    "openmmlab",
    "open-model-zoo",
    "modelscope",
    "kaggle",
    "qualcomm-ai-hub",
)
# What depends on the input size: two values compare only at the same one.
_SIZED = ("gmacs", "activations")
_IMAGENET = "imagenet-1k"
BYTES_FP32 = 4
# Bytes per parameter: one bit at the least, numbers of 64 bits with an optimiser's state at the most; and
# what a file holds beside its numbers. See docs/decisions/0087-a-size-that-cannot-be.md.
_FEWEST_BYTES, _MOST_BYTES, _BESIDE = 0.1, 40, 1_000_000
_Result = TypeVar("_Result", Evaluation, EvaluationRecord)


@dataclass(frozen=True)
class Claim:
    """One value as one source states it; `listing` is None and `source` empty where we worked it out."""

    field: str
    value: Any
    note: str
    source: str
    date: datetime | None
    listing: Listing | None
    wins: bool = False

    @property
    def is_derived(self) -> bool:
        return self.listing is None

    @property
    def is_gone(self) -> bool:
        """Whether its source does not list the checkpoint any more."""
        return bool(self.listing and self.listing.gone_since)


def claims_for(pretrained: PretrainedModel) -> dict[str, list[Claim]]:
    """What every listing of the checkpoint states, by field in the page's order, winner first."""
    listings = (
        Listing.objects.filter(pretrained=pretrained)
        .select_related("source")
        .prefetch_related("evaluations", "paper_links__paper")
        .order_by("pk")
    )
    return claims_of(list(listings), pretrained.slug)


def claims_of(listings: Sequence[Listing], slug: str) -> dict[str, list[Claim]]:
    """The same from listings at hand (with evaluations and paper links loaded); no queries."""
    found: dict[str, list[Claim]] = {name: [] for name in FIELDS}
    for listing in listings:
        for name, fact in listing.facts.items():
            # The size that a measurement states is the one it measured at.
            if name in found and not (name == "input_size" and is_measurement(listing)):
                found[name].append(_claim(listing, name, fact["value"], fact["note"]))
    found["year"] += _years(listings)
    for name, claims in found.items():
        claims.sort(key=_order(name, slug))
    found["license"].sort(key=_permissiveness)
    size = found["input_size"][0].value if found["input_size"] else None
    crop = found["preprocessing"][0].value.get("crop_pct") if found["preprocessing"] else None
    for name in _SIZED:
        found[name].sort(key=lambda claim: _own_size(claim.listing, size) != size)
    for metric in ("top1", "top5"):
        found[metric] = sorted(_headlines(listings, metric, size, crop), key=_order(metric, slug))
    found["size_bytes"] = _sizes(found)
    return {name: _won(claims) for name, claims in found.items() if claims}


def disagree(claims: Sequence[Claim]) -> bool:
    """Whether two sources state values that differ by more than rounding explains."""
    stated = [claim for claim in claims if not claim.is_derived and claim.value != ""]
    if stated and stated[0].field in _SIZED:
        size = _own_size(stated[0].listing, None)
        stated = [claim for claim in stated if _own_size(claim.listing, None) == size]
    if stated and stated[0].field == "architecture":
        # Each library has names of its own: only within one source do two names mean two things.
        stated = [c for c in stated if c.source == stated[0].source and not c.is_gone]
    comparable = _COMPARABLE.get(stated[0].field) if stated else None
    if comparable is None:
        return False
    return any(not comparable(stated[0].value, claim.value) for claim in stated[1:])


def same_number(one: float, other: float) -> bool:
    """Whether two numbers may be one, each rounded to the digits it shows (25,560,000 to 10,000)."""
    return abs(one - other) <= max(_half_step(one), _half_step(other)) * (1 + 1e-9)


def _half_step(value: float) -> float:
    if isinstance(value, int):
        digits = str(abs(value))
        zeros = len(digits) - len(digits.rstrip("0")) if value else 0
        # One or two zeros happen by chance, three or more mean thousands or coarser.
        return 0.5 * 10**zeros if zeros >= 3 else 0.5
    fraction = repr(value).partition(".")[2]
    return 0.5 * 10 ** -(len(fraction) if fraction.isdigit() else 6)


def _same_license(one: str, other: str) -> bool:
    left, right = find_license(one), find_license(other)
    return left.id == right.id if left and right else one.strip().lower() == other.strip().lower()


def _same_count(one: float, other: float) -> bool:
    # Counters differ in whether they see normalisation and activation functions, by a few percent.
    return abs(one - other) <= 0.03 * max(abs(one), abs(other)) or same_number(one, other)


_COMPARABLE: dict[str, Callable[[Any, Any], bool]] = {
    **dict.fromkeys(("parameters", "size_bytes", "num_classes", "input_size"), same_number),
    **dict.fromkeys(("gmacs", "activations"), _same_count),
    **dict.fromkeys(("top1", "top5"), same_number),
    **dict.fromkeys(("task", "architecture"), lambda one, other: one == other),
    "license": _same_license,
}


def _claim(listing: Listing, field: str, value: Any, note: str) -> Claim:
    return Claim(field, value, note, listing.source_id, listing.last_seen, listing)


def _order(field: str, slug: str) -> Callable[[Claim], tuple[int, bool]]:
    order = TRUST.get(field, _EVERYTHING_ELSE)

    def rank(claim: Claim) -> tuple[int, bool]:
        if field == "name" and claim.listing:
            # A folder that was renamed has the address of its old name, but no longer that name.
            return (claim.is_gone, slug != f"{claim.source}/{claim.listing.external_id}")
        known = order.index(claim.source) if claim.source in order else len(order)
        return (known, claim.is_gone)

    return rank


def _permissiveness(claim: Claim) -> int:
    """Of two licences the more restrictive one is shown: a visitor must not be told too much."""
    severity = {"non-commercial": 0, "custom": 1, "copyleft": 2, "permissive": 3}
    found = find_license(claim.value)
    return severity.get(found.group, 4) if found else 4


def _own_size(listing: Listing | None, default: int | None) -> int | None:
    """The input size in pixels that a listing itself states."""
    size: int | None = listing.facts.get("input_size", {}).get("value") if listing else None
    return default if size is None else size


def _years(listings: Iterable[Listing]) -> list[Claim]:
    """The years of the papers that introduce it, of each listing the earliest first."""
    return [
        _claim(listing, "year", year, f"arXiv:{link.paper.key} {link.note}".strip())
        for listing in listings
        for link in sorted(listing.paper_links.all(), key=lambda link: link.paper.key)
        if (year := year_of(link.paper.key, link.role))
    ]


def year_of(arxiv_id: str, role: str) -> int | None:
    """The year in which a paper introduced an architecture; None of any other paper."""
    # Ids of before 2007 carry an area instead.
    is_dated = role == PaperLink.Role.INTRODUCES and "." in arxiv_id
    return 2000 + int(arxiv_id[:2]) if is_dated else None


def _headlines(
    listings: Iterable[Listing], metric: str, size: int | None, crop: float | None
) -> list[Claim]:
    """Per listing the one result on ImageNet-1k at the checkpoint's own input size."""
    best = []
    for listing in listings:
        chosen = headline(listing.evaluations.all(), metric, size, crop)
        if chosen is not None:
            note = f"{chosen.input_size} px" if chosen.input_size else ""
            notes = ", ".join(text for text in (note, chosen.note) if text)
            best.append(_claim(listing, metric, chosen.value, notes))
    return best


def headline(
    results: Iterable[_Result], metric: str, size: int | None, crop: float | None
) -> _Result | None:
    """Of one listing's results the one on ImageNet-1k at this input size; None if there is none."""
    fitting = [
        result
        for result in results
        if result.dataset == _IMAGENET and result.metric == metric
        and (result.input_size is None or size is None or result.input_size == size)
    ]  # fmt: skip

    def rank(result: _Result) -> tuple[object, ...]:
        # At one size there may be several crops: the checkpoint's own, else the widest. The rest decides
        # between equals, so that it is the same one every time.
        width, pixels = result.crop_pct or 0, result.input_size or 0
        return result.crop_pct != crop, -width, result.input_size != size, -pixels

    return min(fitting, key=rank, default=None)


def may_be_size(size: int, parameters: int, relation: str = "") -> bool:
    """Whether a checkpoint with so many parameters may have so many bytes; `relation` is that to its parent.

    Of an adapter nothing is too small: the parameters stated may be those of the model that it belongs to.
    """
    fewest = 0 if relation == "adapter" else _FEWEST_BYTES * parameters
    return not parameters or fewest <= size <= _MOST_BYTES * parameters + _BESIDE


def _sizes(found: dict[str, list[Claim]]) -> list[Claim]:
    """The stated sizes that may be true, else an estimate; behind them those that cannot be, with the reason."""
    parameters = found["parameters"][0].value if found["parameters"] else 0
    relation = found["parent"][0].value.get("relation", "") if found["parent"] else ""
    believed, doubted = [], []
    for claim in found["size_bytes"]:
        if may_be_size(claim.value, parameters, relation):
            believed.append(claim)
            continue
        reason = f"doubtful: {claim.value / parameters:.2g} bytes per parameter"
        doubted.append(replace(claim, note="; ".join(filter(None, (claim.note, reason)))))
    return [*(believed or _estimated_size(found)), *doubted]


def _estimated_size(found: dict[str, list[Claim]]) -> list[Claim]:
    if not found["parameters"]:
        return []
    if any("gguf" in claim.value for claim in found["formats"]):
        return []  # its numbers have two to eight bits, and a repository holds several sizes of them
    parameters = found["parameters"][0].value
    note = "estimated: parameters x 4 bytes (fp32)"
    return [Claim("size_bytes", parameters * BYTES_FP32, note, "", None, None)]


def _won(claims: list[Claim]) -> list[Claim]:
    return [replace(claims[0], wins=True), *claims[1:]]


def is_measurement(listing: Listing) -> bool:
    """Whether the listing only measures a checkpoint that others publish."""
    return listing.source.kind == Source.Kind.MEASUREMENT
