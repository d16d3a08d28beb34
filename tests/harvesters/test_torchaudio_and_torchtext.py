"""torchaudio and torchtext: every bundle as a recorded export of the release has it, none of their code run."""

import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from catalog.models import PretrainedModel
from catalog.records import ModelRecord, Rejected
from harvesters.engine import harvest
from harvesters.packages import Module, Package, installed, unpacked
from harvesters.python_source import SourceUnreadable
from harvesters.sources import torchtext
from harvesters.sources.base import Page, Start
from harvesters.sources.bundles import read_bundles
from harvesters.sources.torchaudio import Torchaudio, weights_address
from harvesters.sources.torchtext import Torchtext
from tests.harvesters.conftest import LocalServer


def exported(shared: Path, name: str) -> dict[str, dict[str, Any]]:
    (file,) = (shared / "data" / name).glob("export_*.json")
    bundles: dict[str, dict[str, Any]] = json.loads(file.read_text())["bundles"]
    return bundles


def without(entries: list[dict[str, Any]], *fields: str) -> dict[str, dict[str, Any]]:
    return {e["name"]: {k: v for k, v in e.items() if k not in ("name", *fields)} for e in entries}


def records(source: Torchaudio | Torchtext) -> dict[str, ModelRecord]:
    pages = source.pages(None, Start())  # type: ignore[arg-type]
    found = [record for page in pages for record in source.records(page)]
    return {record.external_id: record for record in found if isinstance(record, ModelRecord)}


def wheel(modules: dict[str, str]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for path, text in modules.items():
            archive.writestr(path, text)
    return target.getvalue()


def test_every_field_of_torchaudios_bundles_is_as_exported(shared: Path) -> None:
    entries = read_bundles(installed("torchaudio", "torchaudio"), "torchaudio/pipelines/")
    expected = exported(shared, "torchaudio")
    assert len(entries) == 40
    assert without(entries) == {
        name: {key: entry[key] for key in ("class", "args", "kwargs", "doc")}
        for name, entry in expected.items()
    }


def test_every_field_of_torchtexts_bundles_is_as_exported(shared: Path) -> None:
    entries = read_bundles(installed("torchtext", "torchtext"), "torchtext/models/")
    expected = exported(shared, "torchtext")
    assert len(entries) == 32
    # The export has no texts where torchtext makes them from a template.
    assert without(entries, "doc") == {
        name: {key: entry[key] for key in ("class", "args", "kwargs")}
        for name, entry in expected.items()
    }


def test_a_text_that_torchtext_gives_to_a_wrong_name_is_that_of_the_bundle_before() -> None:
    texts = {e["name"]: e["doc"] for e in read_bundles(installed("torchtext", "torchtext"), "")}
    assert texts["FLAN_T5_BASE"].strip().startswith("FLAN_T5_BASE is an encoder-decoder model")
    assert texts["FLAN_T5_LARGE"].strip().startswith("FLAN_T5_LARGE is an encoder-decoder model")


@pytest.mark.django_db
@pytest.mark.parametrize(("source", "count"), [(Torchaudio(), 40), (Torchtext("https://x"), 32)])
def test_a_harvest_brings_all_and_the_next_one_writes_nothing(
    source: Torchaudio | Torchtext, count: int
) -> None:
    run = harvest(source)
    assert (run.state, run.created, run.rejected) == ("done", count, 0)
    assert PretrainedModel.objects.published().count() == count
    again = harvest(source)
    assert (again.unchanged, again.created, again.updated, again.gone) == (count, 0, 0, 0)


def test_a_bundle_says_task_training_licence_papers_and_where_its_weights_lie() -> None:
    record = records(Torchaudio())["HUBERT_ASR_LARGE"]
    facts = {name: fact.value for name, fact in record.facts.items()}
    assert (facts["task"], facts["license"]) == ("automatic-speech-recognition", "mit")
    assert (facts["architecture"], facts["family"]) == ("hubert_large", "hubert")
    assert facts["training"] == [
        {"stage": "pretrain", "dataset": "libri-light", "method": ""},
        {"stage": "fine-tune", "dataset": "librispeech", "method": ""},
    ]
    assert facts["description"].startswith('HuBERT model ("large" architecture), pre-trained on')
    assert ":cite:" not in facts["description"]
    assert ("2106.07447", "introduces") in {(p.arxiv_id, p.role) for p in record.papers}
    assert record.repositories == ("pytorch/audio", "pytorch/fairseq")
    address = (
        "https://download.pytorch.org/torchaudio/models/hubert_fairseq_large_ll60k_asr_ls960.pth"
    )
    assert record.identity_keys == ("torchaudio:HUBERT_ASR_LARGE", f"weights:{address}")


@pytest.mark.parametrize(
    ("name", "license_", "language"),
    [
        ("VOXPOPULI_ASR_BASE_10K_DE", "cc-by-nc-4.0", ["de"]),
        ("VOXPOPULI_ASR_BASE_10K_EN", "cc-by-nc-4.0", ["en"]),
        ("MMS_FA", "cc-by-nc-4.0", None),
        ("SQUIM_OBJECTIVE", "cc-by-4.0", None),
        ("SQUIM_SUBJECTIVE", "cc-by-nc-4.0", None),
        ("HDEMUCS_HIGH_MUSDB", "", None),
    ],
)
def test_licences_and_languages_are_those_of_the_weights(
    name: str, license_: str, language: list[str] | None
) -> None:
    facts = records(Torchaudio())[name].facts
    assert (facts["license"].value, facts["languages"].value) == (license_, language)


def test_a_stage_that_names_no_data_of_its_own_used_the_same() -> None:
    training = records(Torchaudio())["VOXPOPULI_ASR_BASE_10K_FR"].facts["training"].value
    assert [(step["stage"], step["dataset"]) for step in training] == [
        ("pretrain", "voxpopuli"),
        ("fine-tune", "voxpopuli"),
    ]


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ({"_path": "a.pth"}, "https://download.pytorch.org/torchaudio/models/a.pth"),
        ({"_rnnt_path": "models/a.pt"}, "https://download.pytorch.org/torchaudio/models/a.pt"),
        ({"_path": "https://dl.fbaipublicfiles.com/a.pt"}, "https://dl.fbaipublicfiles.com/a.pt"),
    ],
)
def test_addresses_of_weights_are_completed(given: dict[str, str], address: str) -> None:
    assert weights_address(given) == address


def test_no_two_bundles_share_a_key() -> None:
    found = [*records(Torchaudio()).values(), *records(Torchtext("https://x")).values()]
    keys = [key for record in found for key in record.identity_keys]
    assert len(keys) == len(set(keys)) == 2 * 72


def test_torchtexts_bundles_say_that_the_library_has_ended() -> None:
    found = records(Torchtext("https://x"))
    assert {tuple(record.facts["tags"].value) for record in found.values()} == {("deprecated",)}
    record = found["T5_LARGE_GENERATION"]
    assert record.facts["task"].value == "text-generation"
    assert record.facts["license"].value == "apache-2.0"
    assert record.facts["metrics"].value["embedding_dim"] == 1024
    assert [(paper.arxiv_id, paper.role) for paper in record.papers] == [
        ("1910.10683", "introduces")
    ]


BUNDLER = """
A_ENCODER = RobertaBundle(_path=urljoin(_TEXT_BUCKET, "a.pt"), _encoder_conf=Conf(vocab_size=7))
A_ENCODER.__doc__ = DOC.format("A")
DOC = "{} under MIT License"
raise SystemExit("none of this is run")
"""


@pytest.mark.django_db
def test_where_torchtext_is_not_installed_a_wheel_is_read(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = '_TEXT_BUCKET = "https://weights.example.org/"'
    body = wheel({"torchtext/__init__.py": bucket, "torchtext/models/bundler.py": BUNDLER})
    monkeypatch.setattr(torchtext, "installed", _not_installed)
    monkeypatch.setattr(torchtext, "_SHA256", hashlib.sha256(body).hexdigest())
    server.replies((200, {}, body))
    run = harvest(Torchtext(server.url))
    assert (run.state, run.created) == ("done", 1)
    checkpoint = PretrainedModel.objects.get()
    assert checkpoint.loading["torchtext"]["url"] == "https://weights.example.org/a.pt"
    assert checkpoint.license == "mit"
    assert server.paths == [torchtext._WHEEL]


@pytest.mark.django_db
def test_another_wheel_than_the_published_one_is_not_read(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torchtext, "installed", _not_installed)
    server.replies((200, {}, wheel({"torchtext/x.py": ""})))
    run = harvest(Torchtext(server.url))
    assert run.state == "unreachable"
    assert "its hash is another" in run.message


@pytest.mark.django_db
def test_a_release_of_another_shape_leaves_the_catalogue_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    package = Package("9.9", {"torchaudio/pipelines/impl.py": b"def broken(:"})
    monkeypatch.setattr("harvesters.sources.torchaudio.installed", lambda *_: package)
    run = harvest(Torchaudio())
    assert run.state == "unreachable"
    assert "torchaudio/pipelines/impl.py cannot be read" in run.message


def test_a_bundle_that_is_not_understood_is_rejected_alone() -> None:
    good = {"name": "A", "class": "X", "args": ["a.pth"], "kwargs": {}, "doc": ""}
    body = json.dumps([{**good, "name": "B", "args": []}, good]).encode()
    rejected, record = Torchaudio().records(Page(body))
    assert isinstance(rejected, Rejected)
    assert isinstance(record, ModelRecord)
    assert (rejected.external_id, record.external_id) == ("B", "A")
    assert json.loads(rejected.raw)[0]["name"] == "B"


def test_a_bundle_without_a_text_is_one_all_the_same() -> None:
    source = b'A = XBundle("a.pt")\nB = XBundle("b.pt")\nB.__doc__ = "b"\nC = XBundle("c.pt")\n'
    entries = read_bundles(Package("1", {"p/impl.py": source}), "p/")
    assert [(entry["name"], entry["doc"]) for entry in entries] == [
        ("A", ""),
        ("B", "b"),
        ("C", ""),
    ]


def test_values_are_read_without_running_anything() -> None:
    source = b"BASE = 'https://x/'\nPART = {'a': 1}\nALL = {**PART, 'b': [f'{BASE}y', call(2)]}\n"
    module = Module("x.py", source)
    assert module.plain(module.assigned["ALL"]) == {"a": 1, "b": ["https://x/y", "call(2)"]}


@pytest.mark.parametrize("body", [b"", b"<html>", wheel({"torchtext/x.py": "x" * 1000})[:200]])
def test_what_is_no_wheel_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(SourceUnreadable, match="the wheel cannot be read"):
        unpacked(body, hashlib.sha256(body).hexdigest(), "1")


def _not_installed(*_: str) -> Package:
    raise SourceUnreadable("torchtext is not installed here")
