"""The browse page as a client meets it."""

from urllib.parse import quote, urlencode

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from catalog.completions import gather_everything
from catalog.facets.columns import COLUMNS, SORTS
from catalog.facets.declarations import FACET, RANGE
from catalog.facets.models import MODELS
from catalog.facets.results import PER_PAGE
from catalog.models import PretrainedModel
from catalog.search import refresh_search
from tests.factories import make_architecture, make_pretrained

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
BEST_OPEN = (
    "/models/?task=image-classification&library=pytorch&dataset=imagenet-1k&license=open"
    "&size=..100MB&sort=-top1"
)
SMALL_OWN = "/models/?task=image-classification&library=torchvision&params=..10M&sort=params"


def shown(client: Client, url: str, **headers: str) -> list[str]:
    page = client.get(url, headers=headers).text
    return [part.partition("</a>")[0] for part in page.split("data-row>")[1:]]


def make_many(number: int, **columns: object) -> None:
    PretrainedModel.objects.bulk_create(
        PretrainedModel(name=f"m{n:04}", slug=f"timm/m{n:04}", sources=["timm"], **columns)
        for n in range(number)
    )
    refresh_search(PretrainedModel.objects.values_list("pk", flat=True))


# --- The exercises of a workshop: one address each -------------------------------------------------------


def make_workshop() -> None:
    every = {
        "task": "image-classification",
        "libraries": ["pytorch", "torchvision"],
        "datasets": ["imagenet-1k"],
        "license": "bsd-3-clause",
        "size_bytes": 20_000_000,
        "parameters": 5_000_000,
        "top1": 75.0,
    }
    make_pretrained(**every, name="middle")
    make_pretrained(**{**every, "top1": 80.0, "parameters": 9_000_000}, name="best")
    make_pretrained(**{**every, "top1": None, "parameters": 1_000_000}, name="tiny")
    make_pretrained(**{**every, "size_bytes": 100_000_001, "parameters": 10_000_001}, name="big")
    make_pretrained(**{**every, "license": "cc-by-nc-4.0"}, name="closed")
    make_pretrained(**{**every, "license": ""}, name="unknown licence")
    make_pretrained(**{**every, "datasets": ["coco"]}, name="other data")
    make_pretrained(**{**every, "task": "object-detection"}, name="other task")
    make_pretrained(**{**every, "libraries": ["pytorch", "timm"]}, name="other library")


def test_exercise_image_classification_pytorch_imagenet_open_under_100_mb_best_first(
    client: Client,
) -> None:
    make_workshop()
    response = client.get(BEST_OPEN)
    assert response.status_code == 200
    assert shown(client, BEST_OPEN) == ["best", "middle", "other library", "tiny"]


def test_exercise_a_small_classifier_of_pytorchs_own_libraries(client: Client) -> None:
    make_workshop()
    assert shown(client, SMALL_OWN) == [
        "tiny", "closed", "middle", "other data", "unknown licence", "best",
    ]  # fmt: skip


# --- Address -------------------------------------------------------------------------------------------------


def test_a_submitted_form_ends_at_the_address_without_empty_boxes(client: Client) -> None:
    response = client.get("/models/?q=&size-min=&size-max=100&task=x&sort=&find-task=&columns=top1")
    assert response.status_code == 302
    assert response.headers["Location"] == "/models/?task=x&size=..100MB&columns=top1"


def test_filters_typed_into_the_search_box_become_parameters(client: Client) -> None:
    response = client.get("/models/?" + urlencode({"q": "resnet size<100MB license:open"}))
    assert response.headers["Location"] == "/models/?q=resnet&license=open&size=..100MB"


def test_another_order_is_answered_and_names_the_canonical_address(client: Client) -> None:
    response = client.get("/models/?size=..100MB&task=x")
    assert response.status_code == 200
    assert '<link rel="canonical" href="/models/?task=x&amp;size=..100MB">' in response.text


def test_what_was_left_out_is_said_on_the_page(client: Client) -> None:
    response = client.get("/models/?colour=%3Cb%3Ered&size=abc")
    assert response.status_code == 200
    assert "“colour” is not the name of a filter; it was left out." in response.text
    assert "“size=abc” was left out" in response.text


def test_words_that_look_like_filters_are_searched_for_and_said(client: Client) -> None:
    response = client.get("/models/?q=foo:bar")
    assert response.status_code == 200
    assert "was searched for as words" in response.text


# --- htmx ----------------------------------------------------------------------------------------------------


def test_htmx_gets_the_parts_and_the_canonical_address(client: Client) -> None:
    make_pretrained(name="a", task="x")
    response = client.get("/models/?q=&task=x&size-max=", headers=HTMX)
    assert response.status_code == 200
    assert response.headers["HX-Push-Url"] == "/models/?task=x"
    assert response.text.startswith('<section class="stack" id="results"')
    assert "<html" not in response.text
    assert '<span id="count" hx-swap-oob="true">' in response.text
    assert 'id="facet-task" hx-swap-oob="true"' in response.text
    assert 'id="range-size" hx-swap-oob="true"' in response.text


def test_the_same_address_is_not_pushed_twice(client: Client) -> None:
    headers = {**HTMX, "HX-Current-URL": "http://testserver/models/?task=x"}
    response = client.get("/models/?q=&task=x", headers=headers)
    assert "HX-Push-Url" not in response.headers


def test_a_history_restore_gets_the_whole_page_and_caches_are_told(client: Client) -> None:
    headers = {**HTMX, "HX-History-Restore-Request": "true"}
    response = client.get("/models/?task=x", headers=headers)
    assert "<html" in response.text
    assert "hx-swap-oob" not in response.text
    assert "HX-Request" in response.headers["Vary"]


def test_every_part_that_htmx_swaps_is_on_the_page_exactly_once(client: Client) -> None:
    make_pretrained(name="a", task="x", size_bytes=5)
    partial = client.get("/models/", headers=HTMX).text
    page = client.get("/models/").text
    ids = [part.split('id="')[-1].split('"')[0] for part in partial.split(" hx-swap-oob=")[:-1]]
    assert len(ids) == len(set(ids)) == len(FACET) + len(MODELS.stored_ranges) + 5
    assert all(page.count(f'id="{name}"') == 1 for name in [*ids, "results"])


def test_every_link_for_htmx_is_a_link_for_people(client: Client) -> None:
    make_many(70, task="x")
    page = client.get("/models/?task=x&-license=mit&size=unknown").text
    links = [part.split(">")[0] for part in page.split("<a ")[1:]]
    live = [link for link in links if "hx-get" in link]
    assert len(live) > 10
    assert all(link.count(link.split('href="')[1].split('"')[0]) == 2 for link in live)


# --- Results ---------------------------------------------------------------------------------------------------


def test_values_are_in_their_columns_and_unknown_is_a_dash(client: Client) -> None:
    make_pretrained(name="a", parameters=25_557_032, size_bytes=102_540_417, license="mit",
                    commercial_use="yes")  # fmt: skip
    page = client.get("/models/?columns=params,size,year,license").text
    row = page.split("<tbody>")[1].split("</tbody>")[0]
    assert '<td class="num" data-label="Params M">25.6</td>' in row
    assert '<td class="num" data-label="Size MB">103</td>' in row
    assert 'title="unknown year">–</span>' in row
    assert (
        'class="verdict verdict-yes" title="Commercial use: yes"><a href="/licenses/mit/">MIT</a>'
        in row
    )


@pytest.mark.parametrize("column", COLUMNS)
def test_every_column_can_be_shown(client: Client, column: str) -> None:
    make_pretrained(name="a", task="x", family="f", organization="o", architecture="r",
                    datasets=["d"], top1=1, top5=1, gmacs=1, input_size=1, year=2020)  # fmt: skip
    row = client.get(f"/models/?columns={column}").text.split("<tbody>")[1].split("</tbody>")[0]
    assert row.count("<td") == 1


@pytest.mark.parametrize("sort", [name for name in SORTS if name])
@pytest.mark.parametrize("view", ["", "&view=cards"])
def test_every_order_and_view_is_answered(client: Client, sort: str, view: str) -> None:
    make_pretrained(name="a")
    assert shown(client, f"/models/?sort={sort}{view}") == ["a"]


def test_a_header_sorts_the_way_that_is_useful_first_and_then_turns(client: Client) -> None:
    make_pretrained(name="a")
    page = client.get("/models/?sort=params").text
    assert 'class="num" aria-sort="ascending"><a href="/models/?sort=-params"' in page
    assert '<a href="/models/?sort=-top1"' in page


def test_pages_are_numbered_and_keep_the_filters(client: Client) -> None:
    make_many(PER_PAGE * 2 + 1, task="x")
    first = client.get("/models/?task=x&sort=name").text
    assert 'href="/models/?task=x&amp;sort=name&amp;page=3"' in first
    assert shown(client, "/models/?task=x&sort=name&page=3") == ["m0060"]


@pytest.mark.parametrize("number", ["3", "100", "101", "9" * 200])
def test_a_page_beyond_the_last_shows_the_last_and_one_line_says_so(
    client: Client, number: str
) -> None:
    make_many(PER_PAGE + 1)
    page = client.get(f"/models/?page={number}&sort=name").text
    assert page.count('class="notice"') == 1
    assert "The list ends with page 2, which is shown here." in page
    assert "data-row>m0030<" in page


def test_of_a_long_list_the_first_hundred_pages_can_be_opened(client: Client) -> None:
    make_many(PER_PAGE * 100 + 1)
    page = client.get("/models/?page=101&sort=name").text
    assert "Only the first 100 pages can be opened; narrow the list down instead." in page
    assert "data-row>m2999<" in page
    assert "Page 100 is the last of 101 that can be opened." in page
    assert "narrow the list down with words or filters" in client.get("/models/?page=100").text
    assert "The first 100 of 101 pages can be opened." in client.get("/models/").text


def test_of_a_list_whose_pages_can_all_be_opened_nothing_of_that_is_said(client: Client) -> None:
    make_many(PER_PAGE + 1)
    assert "can be opened" not in client.get("/models/").text
    assert "can be opened" not in client.get("/models/?page=2").text


@pytest.mark.parametrize(
    ("number", "said"), [(1, ">1 model<"), (30, ">30 models<"), (31, ">1–30 of 31 models<")]
)
def test_where_the_rows_shown_are_all_no_range_of_them_is_named(
    client: Client, number: int, said: str
) -> None:
    make_many(number)
    assert said in client.get("/models/").text.split('id="results"')[1]


def test_without_results_several_words_are_said_to_be_all_asked_for(client: Client) -> None:
    make_many(1)
    assert "<code>bird OR swin</code>" in client.get("/models/?q=bird+swin+-x").text
    assert "All words must occur. " not in client.get("/models/?q=bird+-swin").text
    assert "All words must occur. " not in client.get("/models/?q=bird+OR+swin").text


def test_symbols_alone_are_no_filter(client: Client) -> None:
    page = client.get("/models/?q=((((").text
    assert "“((((” has no letters or digits; it was left out." in page
    assert "Filters that are set" not in page


def test_a_range_says_that_its_ends_belong_to_it_and_a_box_is_read_as_it_was_written(
    client: Client,
) -> None:
    page = client.get("/models/?size=..1000000MB").text
    assert "Ranges include both ends." in page
    assert 'name="size-max" id="size-max" value="1000000MB"' in page
    assert "Ranges include" not in client.get("/models/").text


def test_chips_lead_to_the_address_without_them(client: Client) -> None:
    make_pretrained(name="a b", task="x")
    page = client.get("/models/?q=a&task=x&-license=mit&size=..5MB").text
    chips = page.split('aria-label="Filters that are set"')[1].split("</ul>")[0]
    assert 'href="/models/?task=x&amp;-license=mit&amp;size=..5MB"' in chips
    assert 'href="/models/?q=a&amp;-license=mit&amp;size=..5MB"' in chips
    assert 'href="/models/?q=a&amp;task=x&amp;size=..5MB"' in chips
    assert 'href="/models/?q=a&amp;task=x&amp;-license=mit"' in chips
    assert "not Licence: MIT License" in chips


def test_without_results_each_filter_says_what_would_be_left_without_it(client: Client) -> None:
    make_pretrained(name="a", task="x", license="mit")
    make_pretrained(name="b", task="x", license="mit")
    make_pretrained(name="c", task="y")
    page = client.get("/models/?task=y&license=mit&-source=torchvision").text
    assert "Without Task: Y</a>: <b>2</b> models" in page
    assert "Without Licence: MIT License</a>: <b>1</b> model<" in page
    assert "Without Source: not torchvision</a>: <b>0</b> models" in page


def test_a_misspelt_word_is_answered_with_a_suggestion(client: Client) -> None:
    make_pretrained(name="resnet50", architecture="resnet50")
    gather_everything()
    page = client.get("/models/?q=resmet50").text
    assert (
        'Did you mean <a href="/models/?q=resnet50" hx-get="/models/?q=resnet50">resnet50' in page
    )


def test_so_few_rows_may_be_there_by_the_same_slip(client: Client) -> None:
    for number in range(25):
        make_pretrained(name=f"mobilenet_{number}")
    make_pretrained(name="mobilnet")
    gather_everything()
    page = client.get("/models/?q=mobilnet").text
    assert "<td" in page
    assert 'Did you mean <a href="/models/?q=mobilenet"' in page
    assert "Did you mean" not in client.get("/models/?q=mobilenet").text


def test_an_empty_catalogue_says_what_to_do(client: Client) -> None:
    page = client.get("/models/").text
    assert "The catalogue is empty" in page
    assert "manage.py harvest" in page


def test_names_and_values_are_escaped(client: Client) -> None:
    make_pretrained(name="<script>alert(1)</script>", task='"><img src=x>', slug="timm/x")
    page = client.get("/models/?columns=task&" + urlencode({"task": '"><img src=x>'})).text
    assert "<script>alert" not in page
    assert "<img" not in page


# --- Cost --------------------------------------------------------------------------------------------------------

MANY_FILTERS = (
    "/models/?q=m&task=x&task=y&-task=z&library=a&library=unknown&-dataset=d&license=open&license=unknown"
    "&params=1M..&size=..5MB&sort=-top1&columns=dataset,source,architecture,family"
)


@pytest.mark.parametrize(
    ("url", "queries"),
    # Counts, rows, devices; whether words name a class is one more.
    [("/models/", 3), ("/models/?view=cards", 3), ("/models/?q=m", 4), (MANY_FILTERS, 4)],
)
@pytest.mark.parametrize("number", [1, 100])
def test_three_queries_whatever_the_number_of_rows_and_filters(
    client: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
    url: str,
    queries: int,
    number: int,
) -> None:
    architecture = make_architecture("resnet50")
    make_many(number, task="x", size_bytes=1, parameters=2_000_000, architecture=architecture)
    with django_assert_num_queries(queries):
        assert "data-row" in client.get(url).text


def test_three_queries_without_results_too(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    # Two more: whether the words name a class, and whether another word was meant.
    with django_assert_num_queries(5):
        client.get("/models/?q=nothing&task=x")


# --- Hostile addresses -------------------------------------------------------------------------------------------

NAMES = [*FACET, *(f"-{name}" for name in FACET), *RANGE, *(f"{name}-min" for name in RANGE),
         *(f"find-{name}" for name in FACET), "q", "sort", "view", "columns", "page", "live",
         "", "\x00", "task[]", "__proto__"]  # fmt: skip
VALUES = ["", "\x00", "..", "1..2", "2..1", "-1..", "1e999", "nan", "9" * 400, "10000000000000000",
          "..9999999999999", "open", "unknown", "' OR 1=1 --", "%", "\\", "{}", "{{7*7}}", "\ud800",
          "task:x", "size<1", '"', "a" * 10_000, "‮", "-", "!&|():*<->", "1000000000", "-top1"]  # fmt: skip


def _settled(client: Client, url: str) -> bool:
    """Whether an address that was redirected to is answered without another redirect."""
    return client.get(url).status_code == 200


PAIRS = st.tuples(
    st.one_of(st.sampled_from(NAMES), st.text(max_size=10)),
    st.one_of(st.sampled_from(VALUES), st.text(max_size=30)),
)
ADDRESSES = st.one_of(
    st.lists(PAIRS, max_size=10).map(lambda pairs: urlencode(pairs, errors="replace")),
    st.binary(max_size=60).map(lambda raw: raw.decode("latin-1")),
    st.binary(max_size=60).map(lambda raw: "q=" + quote(raw)),
)


@given(query=ADDRESSES, headers=st.sampled_from([{}, HTMX]))
@settings(
    max_examples=500,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_no_address_breaks_the_page(client: Client, query: str, headers: dict[str, str]) -> None:
    response = client.get("/models/", QUERY_STRING=query, headers=headers)
    assert response.status_code in (200, 302)
    assert "Location" not in response.headers or _settled(client, response.headers["Location"])


@pytest.mark.parametrize(
    "query",
    [
        "page=1000000000",
        "&".join(f"task={n}" for n in range(10_000)),
        "&".join(f"x{n}=1" for n in range(10_000)),
        "q=" + "a" * 1_000_000,
        "q=" + quote("(a+)+$ " * 40),
        "task=%00&%00=%00",
        "input=..9999999999&year=..9999999999999999&size=9999999999MB..",
        "task=%ff%fe&q=%ed%a0%80",
    ],
)
def test_huge_and_hostile_addresses_are_answered(client: Client, query: str) -> None:
    make_pretrained(name="a")
    assert client.get("/models/", QUERY_STRING=query).status_code == 200


def test_only_reading_is_allowed(client: Client) -> None:
    assert client.post("/models/").status_code == 405
