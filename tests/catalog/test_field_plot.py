"""The plot of a list."""

import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from catalog.facets import count, read
from catalog.field_plot import FAMILIES, MOST_ROWS, FieldPlot, field_plot
from catalog.models import PretrainedModel
from catalog.thinning import MOST_DOTS
from tests.factories import make_pretrained

pytestmark = pytest.mark.django_db


def plot_of(query: str = "view=plot") -> FieldPlot:
    filters = read(query)
    return field_plot(filters, count(filters))


def make_many(number: int, **columns: object) -> None:
    PretrainedModel.objects.bulk_create(
        PretrainedModel(
            **{
                "name": f"m{n:05}",
                "slug": f"timm/m{n:05}",
                "sources": ["timm"],
                "parameters": 10**6 + 1000 * (n * 7919 % number),
                "top1": 50 + 40 * (n * 104729 % number) / number,
                "family": "resnet",
                **columns,
            }
        )
        for n in range(number)
    )


# --- What is drawn ---------------------------------------------------------------------------------------


def test_every_model_that_the_filters_leave_and_that_has_both_numbers_is_a_dot() -> None:
    make_pretrained(name="in", parameters=25_557_032, top1=80.2, task="a")
    make_pretrained(name="other task", parameters=1, top1=80.0, task="b")
    make_pretrained(name="no parameters", top1=80.0, task="a")
    make_pretrained(name="no score", parameters=5, task="a")
    plot = plot_of("task=a&view=plot")
    assert [dot.name for family in plot.families for dot in family.dots] == ["in"]
    assert (plot.total, plot.known, plot.without_up, plot.without_across) == (3, 1, 1, 1)


def test_rows_without_a_number_are_not_counted_twice() -> None:
    make_pretrained(parameters=5, top1=80.0)
    make_pretrained()
    plot = plot_of("view=plot&x=gmacs")
    assert (plot.known, plot.without_up, plot.without_across) == (0, 1, 1)


def test_a_bound_on_the_score_leaves_none_without_it() -> None:
    make_pretrained(parameters=5, top1=80.0)
    make_pretrained(parameters=5)
    plot = plot_of("view=plot&top1=70..")
    assert (plot.total, plot.without_up, plot.without_across) == (1, 0, 0)


def test_a_better_score_lies_higher_and_a_higher_cost_further_right() -> None:
    make_pretrained(name="small", gmacs=0.5, top5=90.0)
    make_pretrained(name="large", gmacs=50.0, top5=95.0)
    small, large = plot_of("view=plot&x=gmacs&y=top5").front
    assert (small.name, large.name) == ("small", "large")
    assert small.x < large.x
    assert small.y > large.y
    assert (large.across, large.up) == ("50.0", "95.00")


def test_the_front_is_what_the_filter_keeps() -> None:
    make_many(300)
    plot = plot_of()
    alone = read("best=params,top1").apply(PretrainedModel.objects.published())
    assert {dot.name for dot in plot.front} == {row.name for row in alone}
    assert len(plot.rings) == plot.front_total == len(plot.front)
    assert plot.front_url == "/models/?best=params,top1"
    assert plot.line.count(",") == plot.front_total


def test_a_long_front_is_listed_in_part_and_says_so(client: Client) -> None:
    make_many(MOST_ROWS + 1, parameters=7, top1=70.0)
    plot = plot_of()
    assert (len(plot.front), plot.front_total) == (MOST_ROWS, MOST_ROWS + 1)
    assert f"the first {MOST_ROWS} are shown" in client.get("/models/?view=plot").text


def test_families_with_most_dots_have_colour_and_shape_and_the_rest_comes_last() -> None:
    for number in range(FAMILIES + 1):
        for _ in range(FAMILIES + 1 - number):
            make_pretrained(family=f"f{number}", parameters=5, top1=70.0)
    make_pretrained(parameters=5, top1=70.0)
    legend = plot_of().legend
    assert [family.label for family in legend] == [*(f"f{n}" for n in range(FAMILIES)), "Others"]
    assert [family.number for family in legend] == [*range(1, FAMILIES + 1), 0]
    assert [len(family.dots) for family in legend][-2:] == [2, 2]


def test_few_low_scores_do_not_squeeze_the_rest() -> None:
    make_many(200)
    make_pretrained(name="broken", parameters=10**6, top1=0.1)
    plot = plot_of()
    assert plot.below == 1
    assert max(dot.y for family in plot.families for dot in family.dots) == plot.frame.bottom


# --- Many ------------------------------------------------------------------------------------------------


def test_of_too_many_the_front_and_the_best_of_each_square_are_drawn_and_it_says_so(
    client: Client,
) -> None:
    make_many(MOST_DOTS + 100)
    page = client.get("/models/?view=plot").text
    said = re.search(
        r"of ([\d,]+) models.\s*<strong>([\d,]+) of them are drawn:</strong> all that", page
    )
    assert said
    assert said[1] == f"{MOST_DOTS + 100:,}"
    drawn = re.findall(r"<use href=\"#mark-1\" x", page)
    assert f"{len(drawn):,}" == said[2]
    assert 100 < len(drawn) <= MOST_DOTS


def test_a_plot_costs_two_queries_however_many_dots_it_has(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    make_many(50)
    filters = read("view=plot&best=params,top5")
    counts = count(filters)
    with django_assert_num_queries(1):  # without a row nothing is looked up by name
        field_plot(filters, counts)
    filters = read("view=plot")
    with django_assert_num_queries(2):
        field_plot(filters, counts)


# --- The page --------------------------------------------------------------------------------------------


def test_dots_are_links_with_titles_that_tab_passes_by(client: Client) -> None:
    make_pretrained(
        name="<b>resnet", slug="timm/a b", parameters=25_557_032, top1=80.216, family="resnet"
    )
    page = client.get("/models/?view=plot").text
    assert '<a href="/models/timm/a%20b/" tabindex="-1">' in page
    title = "<title>&lt;b&gt;resnet: Top-1 80.22 %, parameters 25.6 M, ResNet</title>"
    assert title in page


def test_what_has_no_number_is_said(client: Client) -> None:
    make_many(3)
    make_pretrained(top1=70.0)
    make_pretrained(parameters=3)
    page = " ".join(client.get("/models/?view=plot").text.split())
    assert "of 3 models; 1 of 5 have no top-1, 1 of the others no number of parameters." in page


def test_without_any_number_it_says_what_to_do(client: Client) -> None:
    make_pretrained(task="a")
    page = client.get("/models/?view=plot").text
    assert "None of these models has both numbers. Choose another axis, or fewer filters." in page


def test_the_axes_can_be_chosen_and_stay_when_the_view_changes(client: Client) -> None:
    make_pretrained(gmacs=4.0, top5=93.0)
    page = client.get("/models/?view=plot&x=gmacs&y=top5").text
    assert '<option value="gmacs" selected>Compute, GMACs</option>' in page
    assert '<option value="top5" selected>Top-5</option>' in page
    assert 'href="/models/?x=gmacs&amp;y=top5"' in page  # the table
    table = client.get("/models/?x=gmacs&y=top5&sort=name").text
    assert '<input type="hidden" name="x" value="gmacs">' in table


def test_the_order_of_the_table_survives_the_plot(client: Client) -> None:
    make_pretrained(parameters=4, top1=93.0)
    page = client.get("/models/?sort=name&view=plot").text
    assert '<input type="hidden" name="sort" value="name">' in page


def test_the_filter_for_what_nothing_beats_is_a_field_of_the_form(client: Client) -> None:
    make_pretrained(size_bytes=4, top1=93.0)
    page = client.get("/models/?best=size,top1", headers={"HX-Request": "true"}).text
    assert '<option value="size,top1" selected>Weights and top-1</option>' in page
    assert 'id="best-of" hx-swap-oob="true"' in page


def test_lists_without_axes_have_neither_plot_nor_filter(client: Client) -> None:
    page = client.get("/papers/").text
    assert 'id="best-of"' not in page
    assert "plot.js" not in page
