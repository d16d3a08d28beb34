"""Loader lines of checkpoints on the Hugging Face Hub, by the library that their card names, the revision pinned.

Written from the libraries' documentation; which of them no test executes stands in
docs/decisions/0067-lines-from-the-hub.md.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

# (key of the way, title, code, note)
Line = tuple[str, str, str, str]
_ID = re.compile(r"[\w.-]{1,255}(?:/[\w.-]{1,255})?", re.ASCII)
_REVISION = re.compile(r"[0-9a-f]{7,64}")
_CLASS = re.compile(r"Auto[A-Za-z0-9]{1,80}")
_OWN_CODE = "The repository brings code of its own, which runs only with trust_remote_code=True: read it first."
# The Hub keeps older repositories whose names are longer than its own client takes (`validate_repo_id`).
_LONGEST = 96
_TOO_LONG = "huggingface_hub refuses names of more than 96 characters: clone the repository with git, give its folder."
_UNPINNED = "The newest revision is taken: no source names one."


def hub_lines(loading: Mapping[str, Any]) -> Iterator[Line]:
    """The lines of every way that `loading` names and this module knows."""
    for way, write in _WRITERS.items():
        stated = loading.get(way)
        if isinstance(stated, Mapping) and _ID.fullmatch(str(stated.get("hub_id", ""))):
            way, title, code, note = write(stated)
            too_long = _TOO_LONG if max(map(len, stated["hub_id"].split("/"))) > _LONGEST else ""
            yield way, title, code, " ".join(filter(None, (note, too_long)))


def hub_address(stated: Mapping[str, Any]) -> str:
    """`hf-hub:owner/name@revision`, as timm reads it."""
    pinned = f"@{revision}" if (revision := _revision(stated)) else ""
    return f"hf-hub:{stated['hub_id']}{pinned}"


def _transformers(stated: Mapping[str, Any]) -> Line:
    model, processor = (
        name if isinstance(name, str) and _CLASS.fullmatch(name) else ""
        for name in (stated.get("auto_model"), stated.get("processor"))
    )
    names = [model or "AutoModel", *([processor] if processor else [])]
    lines = [f"from transformers import {', '.join(sorted(names))}", ""]
    lines.append(f"model = {names[0]}.from_pretrained({_pinned(stated)}).eval()")
    if processor:
        lines.append(f"preprocess = {processor}.from_pretrained({_pinned(stated)})")
    headless = "" if model else "AutoModel is the network without its head: the Hub names no class."
    return "transformers", "Transformers", _code(lines), _note(stated, headless)


def _diffusers(stated: Mapping[str, Any]) -> Line:
    lines = ["from diffusers import DiffusionPipeline", ""]
    lines.append(f"model = DiffusionPipeline.from_pretrained({_pinned(stated)})")
    return "diffusers", "Diffusers", _code(lines), _note(stated)


def _sentence_transformers(stated: Mapping[str, Any]) -> Line:
    lines = ["from sentence_transformers import SentenceTransformer", ""]
    lines.append(f"model = SentenceTransformer({_pinned(stated)}).eval()")
    return "sentence-transformers", "Sentence Transformers", _code(lines), _note(stated)


def _peft(stated: Mapping[str, Any]) -> Line:
    lines = ["from peft import AutoPeftModel", ""]
    lines.append(f"model = AutoPeftModel.from_pretrained({_pinned(stated)}).eval()")
    base = "An adapter: the model it was trained on is fetched with it."
    return "peft", "PEFT", _code(lines), _note(stated, base)


def _keras(stated: Mapping[str, Any]) -> Line:
    address = json.dumps(f"hf://{stated['hub_id']}")
    lines = ["import keras", "", f"model = keras.saving.load_model({address})"]
    note = "Keras takes the newest revision. Only for files of Keras 3 (.keras)."
    return "hub_keras", "Keras, from the Hub", _code(lines), note


def _keras_hub(stated: Mapping[str, Any]) -> Line:
    address = json.dumps(f"hf://{stated['hub_id']}")
    lines = ["import keras_hub", "", f"model = keras_hub.models.Backbone.from_preset({address})"]
    note = "The network without a head, in its newest revision."
    return "hub_keras_hub", "KerasHub, from the Hub", _code(lines), note


def _code(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"


def _note(stated: Mapping[str, Any], *more: str) -> str:
    own = _OWN_CODE if stated.get("custom_code") is True else ""
    pinned = "The revision is pinned." if _revision(stated) else _UNPINNED
    return " ".join(filter(None, (*more, pinned, own)))


def _pinned(stated: Mapping[str, Any]) -> str:
    revision = _revision(stated)
    named = json.dumps(stated["hub_id"])
    return f'{named}, revision="{revision}"' if revision else named


def _revision(stated: Mapping[str, Any]) -> str:
    found = str(stated.get("revision") or "")
    return found if _REVISION.fullmatch(found) else ""


_WRITERS: dict[str, Callable[[Mapping[str, Any]], Line]] = {
    "transformers": _transformers,
    "diffusers": _diffusers,
    "sentence-transformers": _sentence_transformers,
    "peft": _peft,
    "hub_keras": _keras,
    "hub_keras_hub": _keras_hub,
}
