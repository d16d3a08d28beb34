"""Similar papers: compared in the background, only what is new, never in a process that serves pages."""

import subprocess
import sys
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from catalog.alone import AlreadyAtWork
from catalog.models import Paper, SimilarPapers, Source
from catalog.records import Fact
from catalog.reference_records import PaperRecord
from catalog.services import upsert
from catalog.similar import MOST, find_similar
from catalog.tasks import similar_papers

pytestmark = pytest.mark.django_db
VISION = "residual networks classify images of animals with convolutions"
SPEECH = "recurrent transducers recognise spoken words from audio spectrograms"


@pytest.fixture
def arxiv() -> Source:
    return Source.objects.create(name="arxiv", title="arXiv", kind=Source.Kind.PAPERS)


def add(arxiv: Source, key: str, abstract: str) -> None:
    facts = {"title": Fact(key), "abstract": Fact(abstract)}
    upsert(arxiv, [PaperRecord(key, key, facts=facts)])


def nearest(key: str) -> list[str]:
    row = SimilarPapers.objects.get(paper__key=key)
    keys = dict(Paper.objects.values_list("pk", "key"))
    return [keys[pk] for pk in row.others]


@pytest.fixture
def papers(arxiv: Source) -> None:
    add(arxiv, "2001.00001", VISION)
    add(arxiv, "2001.00002", "residual networks classify images of plants, words and audio")
    add(arxiv, "2001.00003", SPEECH)
    add(arxiv, "2001.00004", f"{SPEECH} of many languages")
    add(arxiv, "2001.00005", "")


@pytest.mark.usefixtures("papers")
def test_papers_with_the_same_words_are_similar_and_the_others_are_not() -> None:
    assert find_similar() == 4
    assert nearest("2001.00001") == ["2001.00002"]
    assert nearest("2001.00003") == ["2001.00004", "2001.00002"]
    row = SimilarPapers.objects.get(paper__key="2001.00003")
    assert 1 >= row.scores[0] > 0.9 > 0.5 > row.scores[1] > 0


@pytest.mark.usefixtures("papers")
def test_what_was_compared_is_not_compared_again() -> None:
    find_similar()
    assert find_similar() == 0
    assert find_similar(full=True) == 4


@pytest.mark.usefixtures("papers")
def test_a_new_paper_is_taken_up_by_those_that_it_is_closer_to(arxiv: Source) -> None:
    find_similar()
    add(arxiv, "2001.00006", VISION)
    assert find_similar() == 1
    assert nearest("2001.00006")[0] == "2001.00001"
    assert nearest("2001.00001") == ["2001.00006", "2001.00002"]
    assert "2001.00006" not in nearest("2001.00003")


@pytest.mark.usefixtures("papers")
def test_a_paper_whose_abstract_changed_is_compared_again(arxiv: Source) -> None:
    find_similar()
    add(arxiv, "2001.00002", f"{SPEECH} again")
    assert find_similar() == 1
    assert "2001.00003" in nearest("2001.00002")


def test_no_more_than_ten_are_kept_however_many_come_one_by_one(arxiv: Source) -> None:
    for number in range(MOST + 4):
        add(arxiv, f"2001.000{number:02}", f"{VISION} topic{number} topic{number + 1}")
    find_similar()
    add(arxiv, "2001.00099", VISION)
    find_similar()
    lengths = {len(row.others) for row in SimilarPapers.objects.all()}
    assert lengths == {MOST}
    assert all("2001.00099" in nearest(f"2001.000{n:02}") for n in range(MOST + 4))


def test_one_paper_alone_is_similar_to_none(arxiv: Source) -> None:
    add(arxiv, "2001.00001", VISION)
    assert find_similar() == 1
    assert nearest("2001.00001") == []


@pytest.mark.usefixtures("papers")
def test_the_page_shows_them_with_how_alike_they_are(client: Client) -> None:
    find_similar()
    page = client.get("/papers/2001.00001/").text
    similar = page.split('id="similar"')[1]
    assert 'href="/papers/2001.00002/"' in similar
    score = SimilarPapers.objects.get(paper__key="2001.00001").scores[0]
    assert f", {score:.2f}</span>" in similar or f">{score:.2f}</span>" in similar


@pytest.mark.usefixtures("papers")
def test_the_task_and_the_command_compare_and_say_how_many(capsys: Any) -> None:
    similar_papers()
    assert SimilarPapers.objects.count() == 4
    call_command("similar_papers", "--full")
    assert capsys.readouterr().out.startswith("4 papers compared in ")


@pytest.mark.django_db(transaction=True)
def test_two_processes_do_not_compare_at_once() -> None:
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended('catalog.similar', 0))")
        try:
            with pytest.raises(AlreadyAtWork):
                find_similar()
            similar_papers()  # only says so
        finally:
            other.close()


def test_no_page_and_no_task_loads_scikit_learn_or_a_tokenizer_until_it_is_needed() -> None:
    script = """
import sys, django
django.setup()
from django.urls import get_resolver
from config.celery import app
get_resolver().url_patterns
app.loader.import_default_modules()
print([name for name in ("sklearn", "scipy", "tokenizers") if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip().endswith("[]")
