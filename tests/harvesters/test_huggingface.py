"""The Hub's list of models, walked over recorded ones: counts, moments, increments, breaks, renames, refusals."""

import csv
import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import stamina
from django.urls import reverse

from catalog.models import Listing, PretrainedModel
from harvesters.engine import Wishes, harvest
from harvesters.models import Checkpoint, RejectedRecord
from harvesters.sources.huggingface import HuggingFace
from tests.harvesters.hub_for_tests import address, model, models_of, serving
from tests.harvesters.replay import Asked, ReplayServer, Reply
from tests.harvesters.replay_huggingface import HubReplay, recorded_hub
from tests.harvesters.replay_huggingface_data import Item

pytestmark = pytest.mark.django_db
FULL = Wishes(full=True)


@pytest.fixture(scope="module")
def recorded(shared: Path) -> HubReplay:
    return recorded_hub(shared / "data")


@pytest.fixture
def hub(recorded: HubReplay) -> Iterator[ReplayServer]:
    recorded.become(0)
    with serving(recorded) as server:
        yield server


def small(*moments: list[Item], **settings: Any) -> HubReplay:
    return HubReplay(lambda moment: moments[moment], **settings)


def walks(server: ReplayServer) -> list[str]:
    """The list addresses that were asked for, but for the one that asks for the latest change."""
    return [
        path
        for path in server.asked
        if path.startswith("/hf/api/models?") and "limit=1&" not in path
    ]


# --- The recorded Hub ------------------------------------------------------------------------------


def test_a_walk_brings_every_model_once_and_another_one_writes_nothing(hub: ReplayServer) -> None:
    source = models_of(hub, "author=TheBloke", page_size=200)
    run = harvest(source)
    assert (run.state, run.created, run.rejected, run.pages) == ("done", 796, 0, 4)
    before = dict(Listing.objects.values_list("external_id", "changed_at"))
    again = harvest(source, FULL)
    assert (again.created, again.updated, again.unchanged, again.gone) == (0, 0, 796, 0)
    assert dict(Listing.objects.values_list("external_id", "changed_at")) == before


def test_a_model_of_the_longest_name_the_hub_has_is_listed_and_its_pages_open(
    shared: Path, client: Any
) -> None:
    names = shared / "data/huggingface/whole_hub_2022/models_with_downloads.derived.csv.gz"
    with gzip.open(names, "rt") as rows:
        longest = max((row["model"] for row in csv.DictReader(rows)), key=len)
    assert len(longest) == 257
    with serving(small([model(longest, library_name="transformers")])) as server:
        assert harvest(models_of(server)).rejected == 0
    pretrained = PretrainedModel.objects.get(slug=f"huggingface/{longest}")
    page = client.get(pretrained.get_absolute_url()).content.decode()
    assert f"AutoModel.from_pretrained(&quot;{longest}&quot;" in page
    assert "huggingface_hub refuses names of more than 96 characters" in page
    assert client.get(reverse("inference:try", args=[pretrained.slug])).status_code == 200


def test_an_id_longer_than_any_is_rejected_and_can_be_told_from_others() -> None:
    names = ["a" * 300 + "/" + "b" * 150 + end for end in "cd"]
    with serving(small([model(name) for name in [*names, "a/b"]])) as server:
        run = harvest(models_of(server))
    assert (run.created, run.rejected) == (1, 2)
    assert RejectedRecord.objects.count() == 2


def test_the_hub_of_three_moments_changes_grows_loses_and_renames(
    hub: ReplayServer, recorded: HubReplay
) -> None:
    source = models_of(hub, "author=TheBloke", page_size=1000)
    seen = []
    for moment in (0, 1, 2):
        recorded.become(moment)
        run = harvest(source, FULL)
        seen.append((run.seen, run.created, run.gone))
    assert seen == [(796, 796, 0), (2292, 1513, 17), (3863, 1611, 40)]
    # 32 of the 57 names that vanished were given up for another one.
    assert PretrainedModel.objects.filter(merged_into=None, gone_since__isnull=False).count() == 25
    assert PretrainedModel.objects.filter(merged_into=None, gone_since=None).count() == 3863


def test_what_vanished_and_returns_is_there_again() -> None:
    both = [model("a/one"), model("a/two")]
    hub = small(both, both[:1])
    with serving(hub) as server:
        harvest(models_of(server))
        hub.become(1)
        assert harvest(models_of(server), FULL).gone == 1
        hub.become(0)
        run = harvest(models_of(server), FULL)
    assert (run.created, run.updated, run.gone) == (0, 1, 0)
    assert PretrainedModel.objects.filter(gone_since=None).count() == 2


def test_a_broken_off_walk_goes_on_where_it_was(recorded: HubReplay) -> None:
    recorded.become(0)
    asked_for: list[str] = []

    def breaks(asked: Asked) -> Reply:
        asked_for.append(asked.path)
        return (503, {}, b"") if len(asked_for) > 3 else recorded(asked)

    with serving(breaks) as server, stamina.set_testing(testing=True, attempts=1):
        source = models_of(server, "author=TheBloke", page_size=200)
        run = harvest(source)
        assert (run.state, run.seen) == ("partial", 400)
        server.routes = {"/hf": recorded}
        rest = harvest(source)
    assert (rest.state, rest.seen, rest.created) == ("done", 396, 396)
    assert Listing.objects.count() == 796


def test_models_of_two_queries_are_one(hub: ReplayServer) -> None:
    run = harvest(models_of(hub, "search=resnet50.a&author=timm", "search=resnet50.&author=timm"))
    names = set(Listing.objects.values_list("external_id", flat=True))
    assert run.created == len(names)
    assert "timm/resnet50.a1_in1k" in names


# --- Changes ---------------------------------------------------------------------------------------


def test_after_a_full_walk_only_what_changed_is_asked_for() -> None:
    old = [model(f"a/m{n}", f"2026-01-{n + 1:02}") for n in range(30)]
    new = [model("a/m7", "2026-03-01", likes=5), model("a/new", "2026-03-02")]
    hub = small(old, [*[m for m in old if m["id"] != "a/m7"], *new])
    with serving(hub) as server:
        source = models_of(server, page_size=10)
        assert harvest(source).created == 30
        hub.become(1)
        server.asked.clear()
        run = harvest(source)
    assert (run.kind, run.created, run.updated, run.gone) == ("incremental", 1, 1, 0)
    assert len(walks(server)) == 1
    assert "sort=lastModified" in walks(server)[0]
    assert Listing.objects.get(external_id="a/m7").facts["likes"]["value"] == 5


def test_what_changed_while_the_last_walk_was_on_is_not_missed() -> None:
    hub = small([model("a/one", "2026-01-01"), model("a/two", "2026-02-01")])
    with serving(hub) as server:
        harvest(models_of(server))
        watermark = Checkpoint.objects.get().watermark
    assert watermark.startswith("2026-02-01T12:00:00")


def test_with_other_queries_everything_is_read_and_nothing_is_gone() -> None:
    items = [model("a/one", tags=["x"]), model("b/two", tags=["y"])]
    with serving(small(items)) as server:
        harvest(models_of(server, "filter=x"))
        run = harvest(models_of(server, "filter=y"))
    assert (run.created, run.gone) == (1, 0)
    assert "sort=createdAt" in walks(server)[-1]


def test_a_renamed_model_keeps_its_page_and_both_addresses_lead_there(client: Any) -> None:
    before = model("old/name", _id="a" * 24, likes=1)
    after = {**before, "id": "new/name", "modelId": "new/name", "author": "new"}
    hub = small([before], [after], renamed={"old/name": "new/name"})
    with serving(hub) as server:
        harvest(models_of(server))
        hub.become(1)
        run = harvest(models_of(server), FULL)
    assert (run.created, run.gone) == (1, 1)
    pretrained = PretrainedModel.objects.get()
    assert (pretrained.name, pretrained.gone_since) == ("new/name", None)
    assert pretrained.listings.count() == 2
    canonical = pretrained.get_absolute_url()
    assert canonical == "/models/huggingface/new/name/"
    assert client.get("/models/huggingface/old/name/").headers["Location"] == canonical
    assert client.get(canonical).status_code == 200


def test_with_a_limit_the_most_downloaded_of_each_query_are_taken() -> None:
    items = [
        model(f"a/m{n}", downloads=n, tags=["even" if n % 2 == 0 else "odd"]) for n in range(30)
    ]
    with serving(small(items)) as server:
        run = harvest(models_of(server, "filter=even", "filter=odd", limit=5, page_size=2))
        again = harvest(models_of(server, "filter=even", "filter=odd", limit=3))
    names = set(Listing.objects.values_list("external_id", flat=True))
    assert names == {f"a/m{n}" for n in range(20, 30)}
    assert (run.seen, again.gone, again.kind) == (10, 0, "full")


def test_what_only_the_tokens_owner_sees_stays_out() -> None:
    with serving(small([model("a/open"), model("a/secret", private=True)])) as server:
        run = harvest(models_of(server, token="hf_own"))
    assert (run.seen, run.rejected) == (1, 0)
    assert list(Listing.objects.values_list("external_id", flat=True)) == ["a/open"]


# --- What the Hub may answer ------------------------------------------------------------------------


def is_list(asked: Asked) -> bool:
    return asked.path == "/api/models" and asked.value("limit") != "1"


def test_a_page_that_is_too_much_for_the_hub_is_asked_for_in_smaller_ones() -> None:
    hub = small([model(f"a/m{n}", config={"model_type": "vit"}) for n in range(250)])

    def too_much(asked: Asked) -> Reply:
        if is_list(asked) and (
            int(asked.value("limit")) > 60 or "config" in asked.values("expand")
        ):
            return 504, {}, b""
        return hub(asked)

    with serving(too_much) as server, stamina.set_testing(testing=True, attempts=1):
        run = harvest(models_of(server, page_size=250))
    assert (run.state, run.created) == ("done", 250)


def test_a_cursor_that_the_hub_no_longer_knows_begins_the_query_again() -> None:
    hub = small([model(f"a/m{n}") for n in range(30)])
    refused = [(400, {}, b'{"error":"Invalid cursor"}')]

    def forgets(asked: Asked) -> Reply:
        return refused.pop() if asked.value("cursor") and refused else hub(asked)

    with serving(forgets) as server:
        run = harvest(models_of(server, page_size=10))
    assert (run.state, run.created) == ("done", 30)


def test_the_oldest_models_come_first_or_in_the_hubs_own_order_where_it_takes_no_wish() -> None:
    hub = small([model(f"a/m{day}", f"2026-01-0{day}") for day in range(1, 4)])

    def without_wishes(asked: Asked) -> Reply:
        return (400, {}, b'{"error":"direction"}') if asked.value("direction") else hub(asked)

    firsts = []
    for route in (hub, without_wishes):
        with serving(route) as server:
            run = harvest(models_of(server, page_size=1))
        assert (run.state, run.seen) == ("done", 3)
        firsts.append(server.asked[-3])
    assert ["direction=1" in address for address in firsts] == [True, False]
    in_order = Listing.objects.order_by("pk").values_list("external_id", flat=True)
    assert list(in_order) == ["a/m1", "a/m2", "a/m3"]


def test_a_cursor_of_another_hub_is_not_followed() -> None:
    with serving(small([model("a/one")])) as server:
        source = models_of(server)
        harvest(source)
        elsewhere = "https://elsewhere.example/api/models?cursor=x#query=0&taken=0&plan=0"
        Checkpoint.objects.update(cursor=elsewhere)
        assert harvest(source, FULL).state == "done"


def test_a_walk_that_broke_off_begins_anew_with_other_queries() -> None:
    items = [model(f"a/m{n}", tags=["even" if n % 2 == 0 else "odd"]) for n in range(40)]
    with serving(small(items)) as server:
        harvest(models_of(server, "filter=even", page_size=10), Wishes(limit=10))
        assert Checkpoint.objects.get().cursor
        run = harvest(models_of(server, "filter=odd", page_size=10))
    assert (run.state, run.created) == ("done", 20)


def test_a_link_to_another_host_is_not_followed_and_shows_no_token() -> None:
    hub = small([model(f"a/m{n}") for n in range(30)])
    foreign = '<https://evil.example/api/models?cursor=x>; rel="next"'

    def leads_away(asked: Asked) -> Reply:
        status, headers, body = hub(asked)
        return status, {**headers, "Link": foreign} if is_list(asked) else headers, body

    with serving(leads_away) as server:
        run = harvest(models_of(server, page_size=10, token="hf_own"))
    assert "evil.example" in run.message
    assert "was not asked" in run.message


@pytest.mark.parametrize(
    "body", [b"<html><title>maintenance</title></html>", b"", b'{"error":"x"}']
)
def test_another_answer_than_a_list_is_not_read(body: bytes) -> None:
    with serving(lambda asked: (200, {"Content-Type": "text/html"}, body)) as server:
        run = harvest(models_of(server))
    assert run.state == "unreachable"
    assert "something else than a list of models" in run.message


def test_a_refused_token_is_named() -> None:
    with serving(lambda asked: (401, {}, b'{"error":"Invalid credentials"}')) as server:
        run = harvest(models_of(server, token="hf_old"))
    assert run.state == "unreachable"
    assert "HF_TOKEN" in run.message


def test_a_query_that_means_nothing_is_named() -> None:
    with serving(small([])) as server:
        run = harvest(models_of(server, "image-classification"))
    assert run.state == "not set up"
    assert "'image-classification' is not understood" in run.message
    assert "filter=image-classification" in run.message


def test_queries_that_find_nothing_do_not_look_like_going_in_circles() -> None:
    with serving(small([model("a/one", tags=["x"])])) as server:
        run = harvest(models_of(server, *[f"filter=none{n}" for n in range(9)], "filter=x"))
    assert (run.state, run.seen) == ("done", 1)


def test_without_a_network_the_run_says_so() -> None:
    with stamina.set_testing(testing=True, attempts=2):
        run = harvest(HuggingFace("http://127.0.0.1:9"))
    assert run.state == "unreachable"
    assert "could not be read" in run.message


def test_an_address_of_the_hub_stands_before_every_listing(hub: ReplayServer) -> None:
    harvest(models_of(hub, "search=resnet50.a1_in1k"))
    assert (
        Listing.objects.get(external_id="timm/resnet50.a1_in1k").url
        == f"{address(hub)}/timm/resnet50.a1_in1k"
    )
