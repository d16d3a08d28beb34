"""Does it fit my machine? Memory of a checkpoint, from its parameters and its activations."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Case, F, FloatField, Q, Value, When
from django.db.models.functions import Cast

BYTES = {"fp32": 4, "fp16": 2, "int8": 1}
MOST_IMAGES = 4096


@dataclass(frozen=True)
class Memory:
    """Bytes at one precision; what needs the activations is None where nobody counted them."""

    precision: str
    weights: int
    activations: int | None

    @property
    def peak(self) -> int | None:
        """Weights and activations together, in bytes: the most that inference needs, see `memory`."""
        return None if self.activations is None else self.weights + self.activations


def memory(
    parameters: int | None,
    activations: int | None,
    *,
    batch: int = 1,
    quantized_bytes: int | None = None,
) -> list[Memory]:
    """What `batch` images at the checkpoint's own input size need, per precision; empty if unknown.

        weights     = parameters x bytes per value
        activations = batch x activations of one image x bytes per value

    `activations` are the elements that all convolutions and matrix products put out (Radosavovic et al.
    2020, arXiv:2003.13678, section 3; timm's `infer_macts`). Inference frees most of them on the way, so
    the sum is an upper bound: of 40 architectures traced by `bench/activation_peak.py` the most that was
    alive at once lay between 4 % and 84 % of it, for half of them below 26 %. Neither the framework nor
    the device's own context (some hundred MB on CUDA) is in it.

    A quantised checkpoint (`quantized_bytes`, the size of its file) exists at int8 only.
    """
    if quantized_bytes is not None:
        return [Memory("int8", quantized_bytes, _sum(activations, batch, "int8"))]
    if parameters is None:
        return []
    return [
        Memory(precision, parameters * BYTES[precision], _sum(activations, batch, precision))
        for precision in ("fp32", "fp16")
    ]


def peak(precision: str, batch: int) -> Case:
    """`Memory.peak` of a row of `PretrainedModel` in SQL, by its own columns; null where it is unknown.

    `precision` is fp32 or fp16; of a quantised checkpoint it is what that needs at int8.
    """
    # In floats: they are exact up to 2^53, and what somebody claims beyond that is no error.
    parameters, size, activations = (
        Cast(F(column), FloatField()) for column in ("parameters", "size_bytes", "activations")
    )
    images = activations * Value(float(batch))
    value = Value(float(BYTES[precision]))
    quantised = Q(size_bytes__isnull=False, loading__torchvision__builder__startswith="quantized_")
    return Case(
        When(quantised, then=size + images * Value(float(BYTES["int8"]))),
        default=parameters * value + images * value,
        output_field=FloatField(),
    )


def _sum(activations: int | None, batch: int, precision: str) -> int | None:
    return None if activations is None else batch * activations * BYTES[precision]


def read_batch(query: Mapping[str, str]) -> int:
    """Images at a time as `?batch=` asks for it; what makes no sense counts as 1."""
    return min(max(_number(query.get("batch", "")) or 1, 1), MOST_IMAGES)


def batch_error(query: Mapping[str, str]) -> str:
    """What to do where `read_batch` gives another number than was asked for; else empty."""
    text, used = query.get("batch", ""), read_batch(query)
    if not text or _number(text) == used:
        return ""
    images = "1 image" if used == 1 else f"{used:,} images"
    return f"Give a whole number from 1 to {MOST_IMAGES:,}; this is worked out for {images}."


def _number(text: str) -> int | None:
    if not (text.isascii() and text.isdigit()):
        return None
    # Python refuses to read thousands of digits; ten are too many already.
    return int(text.lstrip("0")[:10] or "0")
