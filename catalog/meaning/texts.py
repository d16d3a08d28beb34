"""What a checkpoint is about, as a short text of plain words: the same for all that differ in size or version only.

Of names only words are taken, not sizes and version numbers; of long texts the beginning: the encoder takes the
mean of all tokens, so that much text about nothing in particular would make every model alike.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from catalog.vocabulary import DATASETS, FAMILIES, in_words, label, task

MOST_CLASSES = 100  # a network that tells a thousand things apart is about none of them
_MOST_PROSE = 500  # characters of descriptions, and of a card
_MOST_ABOUT = 200  # characters of what a data set is said to be
_MOST_DATASETS = 4
_MOST_TAGS = 12

_WORD = re.compile(r"[^\W\d_]{3,}")
_CODE = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`+", re.DOTALL)
# No quantifier stands within another one: card and description are written by strangers.
_TAG = re.compile(r"<[^<>]{0,2000}>")
_PICTURE = re.compile(r"!\[[^\[\]]{0,300}\]\([^()]{0,2000}\)")
_LINK = re.compile(r"\[([^\[\]]{1,300})\]\([^()]{0,2000}\)")
_ADDRESS = re.compile(r"https?://\S+")
_SIGNS = re.compile(r"[*#>|_=~\\]+|:?-{3,}:?")
_BLANKS = re.compile(r"\s+")

# Words of names that say how a network was made, not what it is for.
_SILENT_TEXT = """
    adapter and args auto awq base based best big bit bits cased checkpoint checkpoints coco config
    custom data dataset deep default demo diffusers dim dummy encoder epoch epochs exp experiment
    experiments final fine finetune finetuned finetuning for from full ggml gguf giant gptq huge
    imagenet init instruct instruction int keras large latest layers lora mini mixed model models
    nano net network new onnx original patch patched pretrain pretrained pretraining preview qint
    quantized random ranger small snapshot step steps super tensorflow test testing the tiny torch
    train trained training transformer transformers trial tune tuned tuning ultra uncased
    unfinetuned version vision weights window with xlarge xsmall xxlarge
"""
_TECHNICAL_TAGS = """
    adamw amp art audio autotrain autotrain_compatible backbone classification computer-vision
    conversational custom_code deep-learning deprecated diffusers endpoints_compatible eval-results
    feature-extraction foundation generated_from_keras_callback generated_from_trainer generative-ai
    has_space hf-asr-leaderboard huggingface image image-classification image-feature-extraction
    images inference lamb lars llm merge mergekit ml model-index model_hub_mixin multimodal nlp
    nvidia object-detection object-detection-segmentation peft pytorch pytorch_model_hub_mixin
    quantized real-time resnet safetensors scriptable sentence-transformers speech tensorboard text
    text-generation text-generation-inference timm transformers trl unsloth video vision
"""
_TECHNICAL = re.compile(
    r"[a-z]{2,3}|[a-z0-9_-]+:.*|\d+-?bits?|.*\b(?:decay|momentum|nesterov|annealing|bn|lr updater)\b.*|bu-.*"
)
_SILENT_TAGS = frozenset(_TECHNICAL_TAGS.split())
_SILENT_WORDS = frozenset(_SILENT_TEXT.split()) | {
    word.lower() for both in FAMILIES.items() for text in both for word in _WORD.findall(text)
}
# Whose names say what they tell apart, as far as people gave them: `hgarg/fruits`.
_TOLD_BY_NAME = frozenset(
    {
        "audio-classification", "image-classification", "image-segmentation", "object-detection",
        "text-classification", "token-classification", "video-classification",
    }
)  # fmt: skip
# What those who do not know the name of a task call it, where the name does not say it.
_CALLED = {
    "automatic-speech-recognition": "Turns speech into text",
    "depth-estimation": "How far away things are",
    "image-to-text": "Describes or reads a picture",
    "keypoint-detection": "Posture of a body",
    "sentence-similarity": "Finds texts that mean the same",
    "summarization": "Shortens a text",
    "text-to-image": "Draws a picture from words",
    "text-to-speech": "Reads aloud with a voice",
}
# Sentences that thousands of descriptions share.
_SILENT_PROSE = re.compile(
    r"These weights (?:reproduce closely|improve|are learned)[^.]{0,300}\.|More information needed\.?"
    r"|Disclaimer: The team releasing[^.]{0,300}\.|\bPreset\b|, opset \d+|This model is a fine-tuned version of"
)


@dataclass(frozen=True)
class Said:
    """What is known of one checkpoint: `prose` are descriptions, the shortest source first, and the card."""

    name: str
    task: str = ""
    family: str = ""
    datasets: Sequence[str] = ()
    tags: Sequence[str] = ()
    prose: Sequence[str] = ()
    classes: Sequence[str] = ()
    # Whether it is a library's: those are named after networks.
    has_architecture: bool = False


def text_of(said: Said, about: Mapping[str, str]) -> str:
    """The text; "" where nothing beyond task and data set is known. `about` are descriptions of data sets by slug."""
    prose = " ".join(filter(None, dict.fromkeys(map(plain_prose, said.prose))))[:_MOST_PROSE]
    tags = list(dict.fromkeys(filter(None, map(_told, said.tags))))[:_MOST_TAGS]
    classes = said.classes if len(said.classes) <= MOST_CLASSES else ()
    name = " ".join(name_words(said.name, said.family))
    is_told = said.task in _TOLD_BY_NAME and not said.has_architecture
    if not (prose or tags or classes or (is_told and name)):
        return ""
    parts = (
        name,
        _task(said.task),
        ", ".join(_datasets(said.datasets, about)),
        ", ".join(tags),
        prose,
        ", ".join(classes),
    )
    return ". ".join(part.strip(" .") for part in parts if part)


def name_words(name: str, family: str = "") -> list[str]:
    """The words of a name that may say what it is for: `owner/vit-base-finetuned-eurosat-2` -> eurosat."""
    silent = _SILENT_WORDS | set(_words(f"{family} {label(FAMILIES, family)}"))
    return [word for word in dict.fromkeys(_words(name.rpartition("/")[2])) if word not in silent]


def plain_prose(text: str) -> str:
    """The words of Markdown or reStructuredText without pictures, code, tables' rules and addresses."""
    text = _CODE.sub(" ", text[: 8 * _MOST_PROSE])
    for pattern, instead in ((_PICTURE, " "), (_LINK, r"\1"), (_TAG, " "), (_ADDRESS, " ")):
        text = pattern.sub(instead, text)
    text = _SILENT_PROSE.sub(" ", _BLANKS.sub(" ", _SIGNS.sub(" ", text)))
    text = _BLANKS.sub(" ", text).strip(" .,:;()")[:_MOST_PROSE]
    return text if len(_WORD.findall(text)) > 1 else ""


def _words(text: str) -> Iterable[str]:
    return (word.lower() for word in _WORD.findall(text))


def _told(tag: str) -> str:
    """A tag in words; "" of one that says how, not what."""
    plain = tag.strip().lower().replace(" ", "-")
    spoken = plain.replace("-", " ")
    if plain in _SILENT_TAGS or _TECHNICAL.fullmatch(plain) or _TECHNICAL.fullmatch(spoken):
        return ""
    return in_words(tag) if _WORD.search(tag) else ""


def _task(slug: str) -> str:
    return ": ".join(filter(None, (task(slug), _CALLED.get(slug)))) if slug else ""


def _datasets(slugs: Sequence[str], about: Mapping[str, str]) -> list[str]:
    named = [(label(DATASETS, slug), about.get(slug, "")) for slug in slugs[:_MOST_DATASETS]]
    return [f"{name} ({text[:_MOST_ABOUT]})" if text else in_words(name) for name, text in named]
