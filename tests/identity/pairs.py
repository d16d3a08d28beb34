"""Pairs of listings labelled as one checkpoint or two, derived from recorded data by other evidence than keys.

Evidence for one: the lists computed beside the recorded data, and records labelled by hand there. For two:
results that differ at the same size, files with other hashes, quantisation, and names of our own below.
"""

import csv
import json
from collections.abc import Iterator
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any, NamedTuple

import yaml

Name = tuple[str, str]  # source, external id


class Pair(NamedTuple):
    """Two listings, whether they are one checkpoint, and how that is known."""

    one: Name
    other: Name
    is_same: bool
    evidence: str


# The list of conversions repeats what two metafiles say, and both say it wrongly: the sizes differ (59.9 and
# 208.2 million parameters), and weights trained on ImageNet-21k are not those trained without.
WRONG_CONVERSIONS = {
    "mlp-mixer-large-p16_3rdparty_64xb64_in1k": "mixer_b16_224.goog_in21k",
    "deit3-huge-p14_in21k-pre_3rdparty_in1k": "deit3_huge_patch14_224.fb_in1k",
}
# Models of OpenMMLab whose metafiles give one address by mistake: none of a line is another one of it.
_MIXED_UP = (
    (
        "mmpretrain:twins-pcpvt-small_3rdparty_8xb128_in1k",
        "mmpretrain:twins-pcpvt-base_3rdparty_8xb128_in1k",
        "mmpretrain:twins-pcpvt-large_3rdparty_16xb64_in1k",
        "mmpretrain:twins-svt-small_3rdparty_8xb128_in1k",
        "mmpretrain:twins-svt-base_8xb128_3rdparty_in1k",
        "mmpretrain:twins-svt-large_3rdparty_16xb64_in1k",
    ),
    (
        "mmpretrain:deit3-huge-p14_3rdparty_in1k",
        "mmpretrain:deit3-huge-p14_in21k-pre_3rdparty_in1k",
    ),
    ("mmpretrain:blip2_3rdparty_retrieval", "mmpretrain:blip2-opt2.7b_3rdparty-zeroshot_vqa"),
    (
        "mmaction2:vit-small-p16_videomaev2-vit-g-dist-k710-pre_16x4x1_kinetics-400",
        "mmaction2:vit-base-p16_videomaev2-vit-g-dist-k710-pre_16x4x1_kinetics-400",
    ),
    (
        "mmaction2:vindlu_beit-base_8x16_retrieval_msrvtt-9k",
        "mmaction2:vindlu_beit-base_vqa-mc_msrvtt-mc",
    ),
    (
        "mmpose:td-hm_res101_8xb32-210e_coco-384x288",
        "mmpose:td-hm_res101_8xb64-210e_coco-256x192",
    ),
    (
        "mmagic:swinir_gan-x4s64w8d9e240_8xb4-lr1e-4-600k_df2k-ost",
        "mmagic:swinir_psnr-x4s64w8d9e240_8xb4-lr1e-4-600k_df2k-ost",
    ),
)
# The same architecture by the same name, trained by others.
_TRAINED_BY_OTHERS = (
    (("keras", "ResNet50V2"), ("torchvision", "ResNet50_Weights.IMAGENET1K_V2")),
    (("keras", "ResNet101"), ("torchvision", "ResNet101_Weights.IMAGENET1K_V1")),
    (("keras", "ResNet152"), ("timm", "resnet152.tv_in1k")),
    (("keras", "VGG16"), ("torchvision", "VGG16_Weights.IMAGENET1K_V1")),
    (("keras", "VGG19"), ("timm", "vgg19.tv_in1k")),
    (("keras", "DenseNet121"), ("timm", "densenet121.tv_in1k")),
    (("keras", "InceptionV3"), ("timm", "inception_v3.tv_in1k")),
    (("keras", "MobileNetV2"), ("torchvision", "MobileNet_V2_Weights.IMAGENET1K_V1")),
    (("keras", "EfficientNetB0"), ("timm", "efficientnet_b0.ra_in1k")),
    (("keras", "ConvNeXtTiny"), ("torchvision", "ConvNeXt_Tiny_Weights.IMAGENET1K_V1")),
    (("open-model-zoo", "resnet-50-tf"), ("open-model-zoo", "resnet-50-pytorch")),
    (("open-model-zoo", "efficientnet-b0"), ("open-model-zoo", "efficientnet-b0-pytorch")),
    (("open-model-zoo", "mobilenet-v2-1.0-224"), ("open-model-zoo", "mobilenet-v2-pytorch")),
    (("open-model-zoo", "googlenet-v3"), ("open-model-zoo", "googlenet-v3-pytorch")),
    (("open-model-zoo", "densenet-121-tf"), ("torchvision", "DenseNet121_Weights.IMAGENET1K_V1")),
    (("openmmlab", "mmpretrain:resnet101_8xb32_in1k"), ("torchvision", "ResNet101_Weights.IMAGENET1K_V1")),
    (("openmmlab", "mmpretrain:resnet18_8xb32_in1k"), ("torchvision", "ResNet18_Weights.IMAGENET1K_V1")),
    (("openmmlab", "mmpretrain:resnet34_8xb32_in1k"), ("timm", "resnet34.tv_in1k")),
    (("openmmlab", "mmpretrain:vgg16_8xb32_in1k"), ("timm", "vgg16.tv_in1k")),
    (("openmmlab", "mmpretrain:vgg19_8xb32_in1k"), ("keras", "VGG19")),
    (("openmmlab", "mmpretrain:mobilenet-v2_8xb32_in1k"), ("open-model-zoo", "mobilenet-v2-pytorch")),
    (("qualcomm-ai-hub", "resnet18"), ("torchvision", "ResNet18_Weights.IMAGENET1K_V1")),
    (("qualcomm-ai-hub", "mobilenet_v2"), ("torchvision", "MobileNet_V2_Weights.IMAGENET1K_V1")),
)  # fmt: skip
_REWRITTEN = {
    "resnet-18-pytorch": "ResNet18_Weights.IMAGENET1K_V1",
    "resnet-34-pytorch": "ResNet34_Weights.IMAGENET1K_V1",
    "resnet-50-pytorch": "ResNet50_Weights.IMAGENET1K_V1",
}
# How the file of labelled records calls the sources.
_GOLD_SOURCES = {
    "kerashub": "keras-hub",
    "onnx_zoo": "onnx-zoo",
    "open_model_zoo": "open-model-zoo",
    "pytorch_hub": "pytorch-hub",
    "qualcomm_ai_hub": "qualcomm-ai-hub",
}
_ONNX_RESNET = "validated/vision/classification/resnet/model/"
_OF_RECIPES = 150


def labelled_pairs(data: Path) -> list[Pair]:
    """Every pair once, those that are one checkpoint first; `data` is the folder of recorded data."""
    same = [*_one_file(data), *_by_tag(data), *_converted(data), *_in_open_model_zoo(data)]
    same += [*_of_pytorch_hub(data)]
    other = [*_recipes(data), *_resolutions(data), *_versions(data), *_quantised(data), *_by_name()]
    found: dict[frozenset[Name], Pair] = {}
    for pair in (*same, *_gold(data), *other):
        found.setdefault(frozenset((pair.one, pair.other)), pair)
    return sorted(found.values(), key=lambda pair: not pair.is_same)


def gold(data: Path) -> dict[str, Any]:
    """The records around ResNet-50 that were labelled by hand, with their pairs that are not one."""
    text = (data / "derived" / "identity_gold_resnet50.yaml").read_text()
    content: dict[str, Any] = yaml.safe_load(text)
    return content


def gold_name(record: dict[str, Any]) -> Name:
    """A labelled record's source and id, as our sources call it."""
    source, name = record["source"], record["id"]
    if source == "keras":
        name = name.removeprefix("keras.applications.").partition(":")[0]
    return _GOLD_SOURCES.get(
        source, source
    ), f"{_ONNX_RESNET}{name}" if source == "onnx_zoo" else name


def _one_file(data: Path) -> Iterator[Pair]:
    for row in _rows(data, "timm_torchvision_same_weights_url.csv"):
        pair = ("timm", row["timm_name"]), ("torchvision", row["torchvision_weights"])
        yield Pair(*pair, True, "one file at one address")


def _by_tag(data: Path) -> Iterator[Pair]:
    versions = {"tv_in1k": "IMAGENET1K_V1", "tv2_in1k": "IMAGENET1K_V2"}
    known = {(e["model"], e["name"]): _weights(e) for e in _torchvision(data)}
    for row in _rows(data, "timm_tv_tag_without_shared_url.csv"):
        architecture, _, tag = row["timm_name"].partition(".")
        other = ("torchvision", known[architecture, versions[tag]])
        yield Pair(("timm", row["timm_name"]), other, True, "timm says whose weights they are")


def _converted(data: Path) -> Iterator[Pair]:
    for row in _rows(data, "openmmlab_converted_from_matches.csv"):
        model, claimed = row["mm_model"], row["same_url_as"].split(";")
        for name in claimed:
            source, _, other = name.partition(":")
            pair = ("openmmlab", f"{row['mm_repo']}:{model}"), (source, other)
            if WRONG_CONVERSIONS.get(model) == other:
                yield Pair(*pair, False, "sizes or training data differ")
            else:
                yield Pair(*pair, True, "named as the origin of the conversion")


def _in_open_model_zoo(data: Path) -> Iterator[Pair]:
    there = {
        path.name.split("__")[-2] for path in (data / "open_model_zoo" / "model_yml").iterdir()
    }
    for row in _rows(data, "open_model_zoo_source_matches.csv"):
        source, _, other = row["same_url_as"].partition(":")
        if row["omz_model"] in there:  # four were left out of the recording
            pair = ("open-model-zoo", row["omz_model"]), (source, other)
            yield Pair(*pair, True, "named as the origin of the file")
    for name, weights in _REWRITTEN.items():
        pair = ("open-model-zoo", name), ("torchvision", weights)
        yield Pair(*pair, True, "the published accuracies agree to 0.02")


def _of_pytorch_hub(data: Path) -> Iterator[Pair]:
    """torchvision 0.10 had one set of weights per builder, which is called V1 today."""
    cards = "\n".join(path.read_text() for path in (data / "pytorch_hub" / "cards").iterdir())
    for entry in _torchvision(data):
        builder, first = (
            entry["model"],
            entry["name"] in ("IMAGENET1K_V1", "COCO_WITH_VOC_LABELS_V1"),
        )
        if first and f"'pytorch/vision:v0.10.0', '{builder}', pretrained=True" in cards:
            pair = (
                ("pytorch-hub", f"pytorch/vision:v0.10.0#{builder}"),
                ("torchvision", _weights(entry)),
            )
            yield Pair(*pair, True, "the only weights of that release")


def _gold(data: Path) -> Iterator[Pair]:
    known = [record for record in gold(data)["records"] if record.get("checkpoint")]
    for one, other in combinations(known, 2):
        if "huggingface" not in (one["source"], other["source"]):  # not recorded there
            is_same = one["checkpoint"] == other["checkpoint"]
            yield Pair(gold_name(one), gold_name(other), is_same, "labelled by hand")


def _recipes(data: Path) -> Iterator[Pair]:
    """Neighbours by name with one architecture, and other results at the same size and crop."""
    with (data / "timm" / "results" / "results-imagenet.csv").open() as opened:
        rows = sorted(csv.DictReader(opened), key=lambda row: (row["img_size"], row["model"]))
    found = 0
    for one, other in pairwise(rows):
        is_near = one["model"].partition(".")[0] == other["model"].partition(".")[0]
        is_alike = all(one[key] == other[key] for key in ("img_size", "crop_pct"))
        if is_near and is_alike and one["top1"] != other["top1"] and found < _OF_RECIPES:
            found += 1
            yield Pair(("timm", one["model"]), ("timm", other["model"]), False, "other results")


def _resolutions(data: Path) -> Iterator[Pair]:
    entries = {entry["name"]: entry for entry in _timm(data)}
    for name, entry in entries.items():
        larger = entries.get(f"{name}_384")
        if larger and larger["input_size"] != entry["input_size"]:
            yield Pair(("timm", name), ("timm", f"{name}_384"), False, "other input sizes")


def _versions(data: Path) -> Iterator[Pair]:
    for one, other in pairwise(_torchvision(data)):
        pair = ("torchvision", _weights(one)), ("torchvision", _weights(other))
        if one["model"] == other["model"] and one["url"] != other["url"]:
            yield Pair(*pair, False, "files with other hashes")


def _quantised(data: Path) -> Iterator[Pair]:
    for entry in _torchvision(data):
        if original := entry["meta"].get("unquantized"):
            pair = ("torchvision", _weights(entry)), ("torchvision", str(original))
            yield Pair(*pair, False, "quantised")
    manifest = json.loads((data / "onnx_zoo" / "ONNX_HUB_MANIFEST.json").read_text())
    paths = {entry["model_path"] for entry in manifest}
    for path in sorted(paths):
        original = path.replace("-int8.onnx", ".onnx").replace("-qdq.onnx", ".onnx")
        if original != path and original in paths:
            yield Pair(("onnx-zoo", path), ("onnx-zoo", original), False, "quantised")


def _by_name() -> Iterator[Pair]:
    for names in _MIXED_UP:
        for one, other in combinations(names, 2):
            yield Pair(("openmmlab", one), ("openmmlab", other), False, "an address by mistake")
    for first, second in _TRAINED_BY_OTHERS:
        yield Pair(first, second, False, "trained by others")
    for depth in (18, 34, 50, 101, 152):
        pair = [("onnx-zoo", f"{_ONNX_RESNET}resnet{depth}-{v}-7.onnx") for v in ("v1", "v2")]
        yield Pair(pair[0], pair[1], False, "another architecture, called v2")


def _rows(data: Path, name: str) -> list[dict[str, str]]:
    with (data / "derived" / name).open() as opened:
        return list(csv.DictReader(opened))


def _timm(data: Path) -> list[dict[str, Any]]:
    export = json.loads((data / "timm" / "export_pretrained_cfgs_timm-1.0.31.json").read_text())
    entries: list[dict[str, Any]] = export["pretrained"]
    return entries


def _torchvision(data: Path) -> list[dict[str, Any]]:
    text = (data / "torchvision" / "export_weights_torchvision-0.29.2.json").read_text()
    entries: list[dict[str, Any]] = json.loads(text)["weights"]
    return entries


def _weights(entry: dict[str, Any]) -> str:
    return str(entry["weights_enum"])
