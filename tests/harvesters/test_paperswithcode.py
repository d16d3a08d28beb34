"""The archive of Papers with Code, from a folder and over the network: whole, resumed, broken in parts."""

import gzip
import json
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import date
from itertools import islice
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from catalog.models import (
    Dataset,
    Leaderboard,
    Paper,
    PaperListing,
    PaperRepository,
    PublishedResult,
)
from harvesters import wanted
from harvesters.engine import harvest
from harvesters.http import Http
from harvesters.models import Checkpoint, HarvestRun, RejectedRecord
from harvesters.sources.base import Page, Start, Unreachable
from harvesters.sources.paperswithcode import PapersWithCode
from harvesters.sources.paperswithcode_archive import entries
from harvesters.sources.paperswithcode_tables import Flattened, number_of
from tests.harvesters.conftest import LocalServer
from tests.harvesters.replay import ReplayServer
from tests.harvesters.replay_paperswithcode import archive as replayed
from tests.harvesters.replay_paperswithcode import write_archive

pytestmark = pytest.mark.django_db
PWC = "https://paperswithcode.com/paper/"
# Synthetic, in the fields of the dumps.
DENSE = {
    "paper_url": f"{PWC}densely-connected",
    "arxiv_id": "1608.06993",
    "title": "Densely Connected Convolutional Networks",
    "abstract": "Recent work has shown ...",
    "url_abs": "http://arxiv.org/abs/1608.06993v5",
    "proceeding": "CVPR 2017 7",
    "authors": ["Gao Huang", "Zhuang Liu"],
    "tasks": ["Image Classification"],
    "date": "2016-08-25",
    "methods": [{"name": "Dense Block", "full_name": "Dense Block"}, {"name": "Softmax"}],
}
OLD = {
    "paper_url": f"{PWC}gradient-based-learning",
    "arxiv_id": None,
    "title": "Gradient-Based Learning",
    "abstract": None,
    "url_abs": "https://doi.org/10.1109/5.726791",
    "authors": None,
    "tasks": "not a list",
    "date": "1998-11-01",
    "methods": [],
}
TITLED = {**OLD, "paper_url": f"{PWC}titled", "title": "Only a Title", "url_abs": None}


def link(slug: str, repository: str, **more: Any) -> dict[str, Any]:
    return {
        "paper_url": PWC + slug,
        "paper_title": "A title",
        "paper_arxiv_id": None,
        "repo_url": f"https://github.com/{repository}",
        "is_official": False,
        "mentioned_in_paper": False,
        "mentioned_in_github": True,
        "framework": "pytorch",
        **more,
    }


def task(rows: list[Any], name: str = "Image Classification", **more: Any) -> dict[str, Any]:
    sota = {"metrics": ["Top 1 Accuracy"], "rows": rows}
    return {"task": name, "datasets": [{"dataset": "ImageNet", "sota": sota}], **more}


def row(model: str, value: Any, **more: Any) -> dict[str, Any]:
    return {"model_name": model, "metrics": {"Top 1 Accuracy": value}, **more}


@pytest.fixture
def archive(tmp_path: Path) -> Callable[..., PapersWithCode]:
    """Writes the parts given as .json.gz and makes the source that reads them."""

    def made(**parts: list[Any]) -> PapersWithCode:
        for name, items in parts.items():
            file = tmp_path / f"{name.replace('_', '-')}.json.gz"
            file.write_bytes(gzip.compress(json.dumps(items).encode()))
        return source_of(tmp_path)

    return made


def source_of(archive: Path | str, *redirects: str) -> PapersWithCode:
    return PapersWithCode(str(archive), redirects, wanted.keys_at_paperswithcode)


@pytest.fixture
def recorded(shared: Path, tmp_path: Path) -> Path:
    """The recorded rows of links and all recorded tables, in the files' own form."""
    write_archive(shared / "data" / "paperswithcode", tmp_path)
    return tmp_path


def counts() -> tuple[int, ...]:
    rows = PublishedResult.objects.values("leaderboard", "row").distinct()
    return (
        PaperListing.objects.count(),
        PaperRepository.objects.count(),
        Leaderboard.objects.count(),
        rows.count(),
        PublishedResult.objects.count(),
    )


def test_the_recorded_archive_is_read_whole_and_a_second_time_nothing_is_written(
    recorded: Path,
) -> None:
    run = harvest(source_of(recorded))
    # 2,298 rows of links: 2,297 links of 2,200 papers, and the heading of the table once more.
    assert (run.state, run.rejected) == ("done", 1)
    assert counts() == (2200, 2297, 326, 3826, 6747)
    assert PaperRepository.objects.filter(is_official=True).count() == 1421
    assert run.message.startswith("The archive has no papers-with-abstracts, no datasets.")

    again = harvest(source_of(recorded))
    assert (again.state, again.kind, again.seen) == ("done", "incremental", 0)

    Checkpoint.objects.update(watermark="")
    whole = harvest(source_of(recorded))
    assert (whole.created, whole.updated, whole.unchanged) == (0, 0, run.created)


def test_the_tree_of_tasks_is_walked_to_its_leaves(recorded: Path) -> None:
    flattened = Flattened()
    tables = [
        table
        for entry in entries(recorded / "evaluation-tables.json")
        for table in flattened.of(entry)
    ]
    assert (flattened.tasks, flattened.rows, len(tables)) == (194, 3826, 326)
    assert len({table["id"] for table in tables}) == 326


def test_a_walk_that_was_stopped_goes_on_after_its_last_page(recorded: Path) -> None:
    whole = list(source_of(recorded).pages(Http(), Start()))
    assert len(whole) > 6

    class Stopped(PapersWithCode):
        def pages(self, http: Http, start: Start) -> Iterator[Page]:
            yield from islice(super().pages(http, start), 3)
            raise Unreachable("The power went out.")

    assert harvest(Stopped(str(recorded), (), wanted.keys_at_paperswithcode)).state == "partial"
    rest = harvest(source_of(recorded))
    assert (rest.state, rest.pages) == ("done", len(whole) - 3)
    assert counts() == (2200, 2297, 326, 3826, 6747)
    assert HarvestRun.objects.count() == 2


def test_papers_are_known_by_arxiv_id_else_doi_else_title_and_year(archive: Any) -> None:
    harvest(archive(papers_with_abstracts=[DENSE, OLD, TITLED]))
    keys = dict(PaperListing.objects.values_list("external_id", "paper__key"))
    assert keys == {
        "densely-connected": "1608.06993",
        "gradient-based-learning": "doi:10.1109/5.726791",
        "titled": "title:only-a-title-1998",
    }
    paper = Paper.objects.get(key="1608.06993")
    assert (paper.published, paper.venue) == (date(2016, 8, 25), "CVPR 2017 7")
    assert paper.listings.get().facts["methods"]["value"] == ["Dense Block", "Softmax"]


def test_what_other_files_call_by_its_page_there_is_the_same_paper(archive: Any) -> None:
    tables = [task([row("LeNet", "70.1%", paper_url=OLD["paper_url"])])]
    introduced = {"title": "Gradient-Based Learning", "url": OLD["paper_url"]}
    mnist = {
        "name": "MNIST",
        "url": "https://paperswithcode.com/dataset/mnist",
        "paper": introduced,
    }
    harvest(
        archive(
            papers_with_abstracts=[OLD],
            links_between_paper_and_code=[link("gradient-based-learning", "Someone/LeNet")],
            datasets=[mnist],
            evaluation_tables=tables,
        )
    )
    paper = Paper.objects.get()
    assert paper.repository_links.get().repository.full_name == "someone/lenet"
    assert paper.results.get().value == 70.1
    assert Dataset.objects.get(slug="mnist").paper == paper


def test_a_papers_links_are_gathered_from_the_whole_file(archive: Any) -> None:
    harvest(
        archive(
            links_between_papers_and_code=[
                link("a", "one/a", is_official="true", framework="none"),
                link("b", "one/b"),
                link("a", "Two/A.git", framework="tf", mentioned_in_paper=True),
                link("a", "one/a", is_official=False),
            ]
        )
    )
    found = PaperRepository.objects.filter(stated_by="a/code").order_by("repository__full_name")
    assert [(x.repository.full_name, x.is_official, x.framework, x.note) for x in found] == [
        ("one/a", True, "", "named on GitHub"),
        ("two/a", False, "tensorflow", "named in the paper and on GitHub"),
    ]
    assert Paper.objects.filter(key="title:paperswithcode-a").exists()


def test_bad_entries_are_kept_aside_and_the_others_are_read(archive: Any) -> None:
    run = harvest(
        archive(
            papers_with_abstracts=[DENSE, "no object", {**OLD, "paper_url": "elsewhere"}],
            links_between_papers_and_code=[
                link("a", "one/a"),
                link("a", "", repo_url="https://gitlab.com/one/b"),
                7,
            ],
            evaluation_tables=[
                task([row("A", "1")]),
                task(["no row"], "Broken"),
                "no task",
                {"task": "Other", "datasets": [{"dataset": "漢", "sota": {"rows": [row("B", 2)]}}]},
            ],
        )
    )
    assert (run.state, run.rejected) == ("done", 7)
    assert counts()[:3] == (2, 1, 1)
    reasons = " ".join(RejectedRecord.objects.values_list("reason", flat=True))
    assert "no repository on GitHub: 'https://gitlab.com/one/b'" in reasons
    assert "row 0: expected an object" in reasons


def test_a_rejected_entry_can_be_tried_again_by_itself(archive: Any) -> None:
    source = archive(evaluation_tables=[task([row("A", "1"), "no row"])])
    harvest(source)
    raw = json.loads(RejectedRecord.objects.get().raw)
    raw["entries"][0]["sota"]["rows"].pop()
    record = next(source.records(Page(json.dumps(raw).encode())))
    assert record.external_id == "Image Classification / ImageNet"


def test_the_same_table_below_two_tasks_is_one_and_another_of_its_name_is_not(archive: Any) -> None:
    same = task([row("A", "1")])
    harvest(archive(evaluation_tables=[same, task([row("B", "2")], subtasks=[same])]))
    assert set(Leaderboard.objects.values_list("external_id", flat=True)) == {
        "Image Classification / ImageNet",
        "Image Classification / ImageNet (2)",
    }


def test_a_part_of_a_data_set_is_a_data_set_of_its_own(archive: Any) -> None:
    sota = {"metrics": ["F0.5"], "rows": [{"model_name": "A", "metrics": {"F0.5": "9"}}]}
    part = {"subdataset": "Restricted", "sota": sota}
    harvest(
        archive(
            evaluation_tables=[
                {"task": "GEC", "datasets": [{"dataset": "CoNLL / 14", "subdatasets": [part]}]}
            ]
        )
    )
    assert Leaderboard.objects.get().dataset.slug == "conll-14-restricted"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("90.2%", 90.2),
        ("20.0 ± 1.2", 20.0),
        ("**71.5**", 71.5),
        ("82.3*", 82.3),
        ("\ufeff3.1", 3.1),
        ("−0.5", -0.5),
        ("1,013.5", 1013.5),
        ("65M", 65e6),
        ("0.6B", 0.6e9),
        ("81.2 (measured by others)", 81.2),
        (".33", 0.33),
        ("1e-3", 0.001),
        ("-", None),
        ("", None),
        ("76.2/83.1", None),
        ("43B?", None),
        ("(32 26)", None),
        ("Yes", None),
        ("nan", None),
        ("9" * 400, None),
    ],
)
def test_a_value_is_the_number_its_text_says_or_none(text: str, value: float | None) -> None:
    assert number_of(text) == value


def test_a_value_that_is_no_number_keeps_its_text(archive: Any) -> None:
    harvest(archive(evaluation_tables=[task([row("A", "76.2/83.1"), row("B", None)])]))
    result = PublishedResult.objects.get()
    assert (result.text, result.value) == ("76.2/83.1", None)


def test_a_large_file_is_not_held_in_memory(tmp_path: Path) -> None:
    file = tmp_path / "papers-with-abstracts.json.gz"
    one = json.dumps({**DENSE, "abstract": "x" * 2_000}).encode()
    with gzip.open(file, "wb", compresslevel=1) as out:
        out.write(b"[" + b",\n".join([one] * 20_000) + b"]")  # 47 MB
    tracemalloc.start()
    assert sum(1 for _ in entries(file)) == 20_000
    assert tracemalloc.get_traced_memory()[1] < 12_000_000
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'[{"a": 1}, {"b": ', "is broken off or is no JSON"),
        (b"<html>moved</html>", "does not begin as a JSON list"),
        (b"", "does not begin as a JSON list"),
        (b"[" * 100_000, "is broken off or is no JSON"),
    ],
)
def test_a_file_that_is_broken_ends_the_run_with_a_sentence(
    tmp_path: Path, content: bytes, said: str
) -> None:
    (tmp_path / "papers-with-abstracts.json").write_bytes(content)
    run = harvest(source_of(tmp_path))
    assert run.state == "unreachable"
    assert said in run.message


def test_a_compressed_file_that_breaks_off_keeps_what_came_before(
    archive: Any, tmp_path: Path
) -> None:
    papers = [
        {**DENSE, "paper_url": f"{PWC}p{n}", "arxiv_id": f"2001.{n:05}", "abstract": "x" * 3_000}
        for n in range(1_500)
    ]
    source = archive(papers_with_abstracts=papers)
    file = tmp_path / "papers-with-abstracts.json.gz"
    file.write_bytes(file.read_bytes()[:-2000])
    run = harvest(source)
    assert run.state == "partial"
    assert "cannot be read to its end" in run.message
    assert PaperListing.objects.count() >= 500


def test_without_an_archive_the_run_says_what_to_set(tmp_path: Path) -> None:
    run = harvest(source_of(""))
    assert run.state == "not set up"
    assert run.message.startswith("PWC_ARCHIVE is not set")
    assert Checkpoint.objects.get().completed_at is None
    absent = harvest(source_of(tmp_path / "absent"))
    assert absent.state == "unreachable"
    assert "make that folder or correct the setting" in absent.message


def test_the_hubs_parquet_files_are_fetched_and_read(server: LocalServer, tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="the group `archive` is not installed")
    parquet = pytest.importorskip("pyarrow.parquet")
    paper = {**DENSE, "date": date(2016, 8, 25)}
    parquet.write_table(pyarrow.Table.from_pylist([paper]), tmp_path / "papers.parquet")
    listed = "/api/datasets/pwc-archive/papers-with-abstracts/parquet"

    def answer(path: str) -> tuple[int, dict[str, str], bytes]:
        if path == f"{listed}/default/train/0.parquet":
            return 302, {"Location": "/cdn/papers"}, b""
        if path == "/cdn/papers":
            return 200, {}, (tmp_path / "papers.parquet").read_bytes()
        files = [f"{server.url}{listed}/default/train/0.parquet"] if path == listed else []
        return 200, {}, json.dumps({"default": {"train": files}}).encode()

    server.answer = answer
    run = harvest(source_of(server.url))
    assert (run.state, run.created) == ("done", 1)
    listing = PaperListing.objects.get()
    assert listing.facts["methods"]["value"] == ["Dense Block", "Softmax"]
    assert Paper.objects.get().published == date(2016, 8, 25)


def test_the_recorded_archive_is_read_over_the_network(shared: Path) -> None:
    route = replayed(shared / "data" / "paperswithcode")
    with ReplayServer({"/pwc": route}) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        run = harvest(source_of(f"{server.url}/pwc"))
        server.shutdown()
    assert run.message.startswith("The archive has no papers-with-abstracts, no datasets.")
    assert counts() == (2200, 2297, 326, 3826, 6747)


def test_an_answer_that_is_no_list_of_files_is_not_read(server: LocalServer) -> None:
    server.replies((200, {}, b"<html>"))
    run = harvest(source_of(server.url))
    assert run.state == "unreachable"
    assert "is not a list of files" in run.message
