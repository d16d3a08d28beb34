"""torchaudio: every pipeline of the installed release, read from its source files.

Manual: https://docs.pytorch.org/audio/stable/pipelines.html.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from catalog.keys import weights_key
from catalog.records import Fact, ModelRecord, PaperMention
from harvesters.packages import installed
from harvesters.sources.base import Page, Record
from harvesters.sources.bundles import (
    arguments,
    description_of,
    license_of,
    read_bundles,
    repositories_of,
    source_of,
)
from harvesters.sources.entries import records_of_entries
from harvesters.sources.libraries import Entries, InstalledLibrary

_DOCS = "https://docs.pytorch.org/audio/stable/pipelines.html"
_ASSETS = "https://download.pytorch.org/torchaudio/"
_PATHS = ("_path", "_model_path", "_rnnt_path", "_tacotron2_path")
_CODE_LICENSE = "torchaudio states none for these weights; its code is BSD-2-Clause"
_TASKS = {
    "Wav2Vec2Bundle": "feature-extraction",
    "Wav2Vec2ASRBundle": "automatic-speech-recognition",
    "Wav2Vec2FABundle": "automatic-speech-recognition",
    "RNNTBundle": "automatic-speech-recognition",
    "SourceSeparationBundle": "audio-to-audio",
}
# The beginning of a bundle's name, its family, and what the rest is to its architecture.
_FAMILIES = (
    (r"WAV2VEC2_(?:ASR_)?(XLSR_\w+|XLSR53|BASE|LARGE_LV60K|LARGE)", "wav2vec2"),
    (r"VOXPOPULI_ASR_(BASE)_", "wav2vec2"),
    (r"HUBERT_(?:ASR_)?(\w+)", "hubert"),
    (r"WAVLM_(\w+)", "wavlm"),
    (r"(MMS_FA)", "wav2vec2"),
    (r"CONVTASNET_(BASE)", "conv-tasnet"),
    (r"HDEMUCS_(HIGH)", "hdemucs"),
    (r"SQUIM_(\w+)", "squim"),
    (r"(TACOTRON2)", "tacotron2"),
    (r"EMFORMER_RNNT_(BASE)", "emformer"),
)
# The works that the texts cite, by their keys in torchaudio's bibliography (docs/source/refs.bib), which is
# not in the wheel. First those that introduce a network, then those that introduce data.
_NETWORKS = {
    "baevski2020wav2vec": "2006.11477",
    "conneau2020unsupervised": "2006.13979",
    "hsu2021hubert": "2106.07447",
    "chen2022wavlm": "2110.13900",
    "babu2021xls": "2111.09296",
    "pratap2023scaling": "2305.13516",
    "Luo_2019": "1809.07454",
    "defossez2021hybrid": "2111.03600",
    "kumar2023torchaudio": "2304.01448",
}
_DATA = {
    "7178964": ("librispeech", ""),
    "librilight": ("libri-light", "1912.07875"),
    "voxpopuli": ("voxpopuli", "2101.00390"),
    "GigaSpeech2021": ("gigaspeech", "2106.06909"),
    "Pratap_2020": ("multilingual-librispeech", "2012.03411"),
    "ardila2020common": ("common-voice", "1912.06670"),
    "Gales2014SpeechRA": ("babel", ""),
    "valk2021voxlingua107": ("voxlingua107", "2011.12998"),
    "cosentino2020librimix": ("libri2mix", "2005.11262"),
    "MUSDB18HQ": ("musdb18-hq", ""),
    "reddy2020interspeech": ("dns-2020", "2005.13981"),
    "cooper2021voices": ("bvcc", "2105.02373"),
    "mysore2014can": ("daps", ""),
    "ljspeech17": ("lj-speech", ""),
}


class Torchaudio(InstalledLibrary):
    """All pipelines, without importing torchaudio."""

    name = "torchaudio"
    title = "torchaudio"
    homepage = "https://github.com/pytorch/audio"

    def _read(self) -> tuple[Entries, str]:
        package = installed("torchaudio", "torchaudio")
        return read_bundles(package, "torchaudio/pipelines/"), package.version

    def records(self, page: Page) -> Iterator[Record]:
        yield from records_of_entries(page, record_of)


def record_of(entry: Mapping[str, Any]) -> ModelRecord:
    """One bundle as a record; `entry` as `read_bundles` gives it."""
    name, doc, given = entry["name"], entry["doc"], arguments(entry, "_path", "_params")
    url = weights_address(given)
    cited = list(dict.fromkeys(re.findall(r":cite:`([^`]+)`", doc)))
    license_ = license_of(doc)
    family, architecture = _network(name)
    facts = {
        "name": Fact(name),
        "description": Fact(description_of(doc) or None),
        "task": Fact(_task(entry["class"])),
        "libraries": Fact(["pytorch", "torchaudio"]),
        "architecture": Fact(architecture, "from the bundle's name"),
        "family": Fact(family, "from the bundle's name"),
        "organization": Fact("pytorch", "publisher of torchaudio"),
        "license": Fact(license_, "of the weights, in its text" if license_ else _CODE_LICENSE),
        "training": Fact(_training(doc) or None, "read from its text"),
        "languages": Fact(_languages(name, given)),
        "preprocessing": Fact(_preprocessing(given)),
        "origin_url": Fact(source_of(doc) or None),
        **_weights_facts(entry, given, url),
    }
    return ModelRecord(
        external_id=name,
        url=_DOCS,
        facts=facts,
        papers=tuple(_papers(cited)),
        repositories=("pytorch/audio", *repositories_of(doc)),
        identity_keys=(f"torchaudio:{name}", weights_key(url)),
    )


def _weights_facts(entry: Mapping[str, Any], given: Mapping[str, Any], url: str) -> dict[str, Fact]:
    needed = {"bundle": entry["name"], "class": entry["class"], "url": url}
    return {
        "files": Fact([_file(url), *map(_file, _further(given))]),
        "formats": Fact(["pytorch"]),
        "loading": Fact({"torchaudio": needed}),
    }


def weights_address(given: Mapping[str, Any]) -> str:
    """Where torchaudio fetches a bundle's weights: a whole address, or a path that may lack `models/`."""
    path = next((str(given[key]) for key in _PATHS if key in given), "")
    if not path:
        raise KeyError("it does not say which file its weights are")
    if path.startswith("https://"):
        return path
    return _ASSETS + (path if path.startswith("models/") else f"models/{path}")


def _task(kind: str) -> str | None:
    # The two Squim bundles rate the quality of speech, for which nobody has a word.
    return "text-to-speech" if "Tacotron2" in kind else _TASKS.get(kind)


def _network(name: str) -> tuple[str, str]:
    for pattern, family in _FAMILIES:
        if found := re.match(pattern, name):
            rest = found[1].lower()
            return family, family if rest in family else f"{family}_{rest}"
    return name.lower(), name.lower()


def _training(doc: str) -> list[dict[str, str]]:
    """The data sets that the first paragraph cites, those after "fine-tuned" as the second stage."""
    paragraph = doc.strip().partition("\n\n")[0].replace("not fine-tuned", "")
    before, tuned, after = paragraph.partition("fine-tuned")
    first, second = _data(before), _data(after)
    if tuned and not second:
        second = first[-1:]  # 'fine-tuned on the "de" subset' of the same data
    stages = [(("pretrain" if tuned or "pre-trained" in before else "train"), s) for s in first]
    stages += [("fine-tune", slug) for slug in second]
    return [{"stage": stage, "dataset": slug, "method": ""} for stage, slug in stages]


def _data(text: str) -> list[str]:
    cited = dict.fromkeys(re.findall(r":cite:`([^`]+)`", text))
    return [_DATA[key][0] for key in cited if key in _DATA]


def _papers(cited: list[str]) -> Iterator[PaperMention]:
    networks = [key for key in cited if key in _NETWORKS]
    for key in networks:
        role = "introduces" if key == networks[0] else "mentioned"
        yield PaperMention(_NETWORKS[key], role, "cited in its text")
    for key in cited:
        if key in _DATA and _DATA[key][1]:
            yield PaperMention(_DATA[key][1], "mentioned", "its text cites it for the data")


def _languages(name: str, given: Mapping[str, Any]) -> list[str] | None:
    labels = re.search(r"_get_(?:vp_)?([a-z]{2})_labels", str(given.get("_labels", "")))
    if labels:
        return [labels[1]]
    return ["en"] if "LJSPEECH" in name or name.endswith("_LIBRISPEECH") else None


def _preprocessing(given: Mapping[str, Any]) -> dict[str, Any] | None:
    known = {"sample_rate": "_sample_rate", "normalize_waveform": "_normalize_waveform"}
    return {key: given[name] for key, name in known.items() if name in given} or None


def _further(given: Mapping[str, Any]) -> Iterator[str]:
    if "_wavernn_path" in given:
        yield f"{_ASSETS}models/{given['_wavernn_path']}"


def _file(url: str) -> dict[str, str]:
    return {"name": url.rpartition("/")[2], "format": "pytorch", "url": url}
