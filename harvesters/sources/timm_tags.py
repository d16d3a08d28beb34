"""timm's tags: which data a checkpoint saw, in which order, and who trained it.

`resnet50.fb_swsl_ig1b_ft_in1k` was pretrained by Facebook on Instagram-1B with semi-weak supervision, then
fine-tuned on ImageNet-1k. A token that is not listed here
stays unknown, it is never guessed.
"""

import re

# Data sets by token; slugs are the Hub's ids where it has them (labels: catalog.vocabulary.DATASETS).
DATASETS = {
    "in1k": "imagenet-1k",
    "in12k": "imagenet-12k",
    "in21k": "imagenet-21k",
    "in22k": "imagenet-21k",  # two names of the same 21,841 classes
    "inw21k": "imagenet-winter-21k",
    "ig1b": "instagram-1b",
    "swag": "instagram-3.6b",
    "jft": "jft-300m",
    "laion2b": "laion-2b",
    "laion400m": "laion-400m",
    "laiona": "laion-aesthetic",
    "datacomp1b": "datacomp-1b",
    "datacompxl": "datacomp-xl",
    "dfn2b": "dfn-2b",
    "dfn5b": "dfn-5b",
    "dfndr2b": "dfndr-2b",
    "openai": "wit-400m",
    "400m": "metaclip-400m",
    "2pt5b": "metaclip-2.5b",
    "altogether": "metaclip-altogether",
    "worldwide": "metaclip2-worldwide",
    "webli": "webli",
    "yfcc100m": "yfcc100m",
    "yfcc15m": "yfcc15m",
    "cc12m": "cc12m",
    "merged2b": "merged-2b",
    "m30m": "merged-30m",
    "m38m": "merged-38m",
    "lvd142m": "lvd-142m",
    "lvd1689m": "lvd-1689m",
    "sat493m": "sat-493m",
    "sa1b": "sa-1b",
    "bamboo": "bamboo",
    "docci": "docci",
    "ocrvqa": "ocr-vqa",
    "refcoco": "refcoco",
}
# Data sets with a fixed list of classes: only a checkpoint trained on one last can name what it sees.
LABELLED = {"imagenet-1k", "imagenet-12k", "imagenet-21k", "imagenet-winter-21k", "bamboo"}

METHODS = {
    "swsl": "semi-weakly supervised",
    "ssl": "semi-supervised",
    "wsl": "weakly supervised",
    "seer": "self-supervised (SEER)",
    "swag": "weakly supervised (SWAG)",
    "lc": "linear classifier on frozen features",
    "ns": "noisy student",
    "ap": "AdvProp",
    "aa": "AutoAugment",
    "adv": "adversarial",
    "ens": "ensemble",
    "dist": "distilled",
    "distilled": "distilled",
    "teacher": "distillation teacher",
    "ssld": "distilled (SSLD)",
    "usi": "distilled (USI)",
    "clip": "CLIP",
    "mclip": "MobileCLIP",
    "mclip2": "MobileCLIP 2",
    "tinyclip": "TinyCLIP",
    "metaclip": "MetaCLIP",
    "metaclip2": "MetaCLIP 2",
    "openai": "CLIP",
    "mim": "masked image modelling",
    "mae": "masked autoencoder",
    "fcmae": "fully convolutional masked autoencoder",
    "ijepa": "I-JEPA",
    "dino": "DINO",
    "dinov3": "DINOv3",
    "eupe": "EUPE",
    "sam": "sharpness-aware minimisation",
    "augreg": "AugReg",
    "augreg2": "AugReg 2",
    "aug": "augmentation",
    "soup": "model soup",
    "rsb": "ResNet strikes back",
    "a1": "recipe A1",
    "a1h": "recipe A1h",
    "a2": "recipe A2",
    "a2h": "recipe A2h",
    "a3": "recipe A3",
    "b1k": "recipe B1k",
    "b2k": "recipe B2k",
    "c1": "recipe C1",
    "c2": "recipe C2",
    "c3": "recipe C3",
    "d": "recipe D",
    "d1": "recipe D1",
    "d1h": "recipe D1h",
    "d2": "recipe D2",
    "ra": "recipe RA",
    "ra2": "recipe RA2",
    "ra3": "recipe RA3",
    "ra4": "recipe RA4",
    "sw": "recipe SW",
    "sbb": "recipe SBB",
    "sbb2": "recipe SBB2",
    "ch": "recipe CH",
    "ah": "recipe AH",
    "am": "AugMix",
    "bt": "recipe BT",
    "lamb": "LAMB",
    "lion": "LION",
    "nadamuon": "NAdaMuon",
    "rmsp": "RMSProp",
    "agc": "adaptive gradient clipping",
}

# Who trained it, by the tag's first token (slugs as the Hub's organisations).
ORGANIZATIONS = {
    "apple": "apple",
    "bd": "bytedance",
    "cvnets": "apple",
    "deepseek": "deepseek-ai",
    "dinov3": "facebook",
    "dm": "google",
    "eupe": "facebook",
    "fb": "facebook",
    "fcmae": "facebook",
    "gemma3n": "google",
    "gemma4": "google",
    "gluon": "gluon",
    "goog": "google",
    "idstcv": "alibaba",
    "lvd142m": "facebook",
    "metaclip": "facebook",
    "metaclip2": "facebook",
    "miil": "alibaba",
    "ms": "microsoft",
    "msft": "microsoft",
    "nav": "naver-ai",
    "naver": "naver-ai",
    "openai": "openai",
    "paddle": "paddlepaddle",
    "pali": "google",
    "pali2": "google",
    "pycls": "facebook",
    "qwen": "qwen",
    "qwen3": "qwen",
    "robbyant": "robbyant",
    "sa1b": "facebook",
    "sail": "sail",
    "seer": "facebook",
    "snap": "snap-research",
    "ssld": "paddlepaddle",
    "swag": "facebook",
    "tv": "pytorch",
    "tv2": "pytorch",
    "webli": "google",
}

Stage = dict[str, str]


def training_of(tag: str) -> list[Stage]:
    """The stages of training that a tag tells of, in order: [{"stage", "dataset", "method"}].

    `stage` is "train" where there is one only, else "pretrain" or "fine-tune"; an unknown data set is
    an empty text. A tag that tells nothing gives an empty list.
    """
    # A linear classifier on frozen features (swag_lc_in1k) is a stage of its own, like a fine-tuning.
    chain = tag.replace("_lc_", "_ft_lc_")
    parts = [part.split("_") for part in re.split(r"(?:^|_)ft(?:_|$)", chain)]
    stages = _stages(parts[0], "pretrain", alone=True)
    for tokens in parts[1:]:
        stages += _stages(tokens, "fine-tune", alone=False)
    if all(stage["stage"] == "pretrain" for stage in stages):
        stages = [{**stage, "stage": "train"} for stage in stages]
    elif stages[0]["stage"] != "pretrain":
        stages.insert(0, {"stage": "pretrain", "dataset": "", "method": ""})
    return stages if any(stage["dataset"] or stage["method"] for stage in stages) else []


def _stages(tokens: list[str], name: str, *, alone: bool) -> list[Stage]:
    """The stages in one part of a tag: a method belongs to the data set that follows it, else to the last."""
    stages: list[Stage] = []
    methods: list[str] = []
    for token in tokens:
        if token in METHODS:
            methods.append(METHODS[token])
        if token in DATASETS:
            stages.append({"stage": name, "dataset": DATASETS[token], "method": ", ".join(methods)})
            methods = []
    if methods and stages:
        known = [stages[-1]["method"]] if stages[-1]["method"] else []
        stages[-1]["method"] = ", ".join(known + methods)
    elif methods and alone:
        stages.append({"stage": name, "dataset": "", "method": ", ".join(methods)})
    return stages


def organization_of(tag: str) -> str:
    """Who trained it, by the tag's first token; empty if that says nothing."""
    return ORGANIZATIONS.get(tag.split("_")[0], "")


def names_classes(tag: str) -> bool:
    """Whether the checkpoint's outputs are classes; CLIP and DINO towers put out embeddings."""
    stages = training_of(tag)
    return bool(stages) and stages[-1]["dataset"] in LABELLED
