"""The best value over time: which results are steps, in either direction, and what is left out."""

from dataclasses import replace
from datetime import date

import pytest

from catalog.axes import HEIGHT, WIDTH
from catalog.leaderboards import Board, Row
from catalog.timeline import MOST_DOTS, Timeline, record_setters, timeline_of

MORE = Board("", "top1", frozenset(), frozenset(), 0, 0)
LESS = replace(MORE, metric="top-1-error")


def row(number: int, day: date | None, value: float | None, *, bound: bool = False) -> Row:
    return Row(
        number, True, f"m{number}", value, slug=f"s/m{number}", day=day, is_lower_bound=bound
    )


def drawn(rows: list[Row], board: Board = MORE) -> Timeline:
    plot = timeline_of(rows, board)
    assert plot is not None
    return plot


ROWS = [row(n, date(2015 + n, 1, 1), value) for n, value in enumerate((70, 75, 72, 80))]


def test_the_steps_are_the_results_that_beat_all_before_them() -> None:
    assert [one.name for one in drawn(ROWS).records] == ["m0", "m1", "m3"]


def test_where_less_is_better_the_steps_go_down() -> None:
    plot = drawn([row(n, date(2015 + n, 1, 1), value) for n, value in enumerate((9, 11, 5))], LESS)
    assert [one.name for one in plot.records] == ["m0", "m2"]
    heights = {dot.row.name: dot.y for dot in plot.dots}
    assert heights["m2"] < heights["m0"] < heights["m1"]  # the best lies on top


def test_of_one_day_only_the_best_is_a_step() -> None:
    day = date(2020, 1, 1)
    found = record_setters([row(1, day, 70), row(2, day, 71)], MORE)
    assert [one.name for one in found] == ["m2"]


def test_a_result_dated_by_its_architecture_is_no_step_of_the_solid_line() -> None:
    early = row(9, date(2014, 1, 1), 90, bound=True)
    plot = drawn([*ROWS, early])
    assert [one.name for one in plot.records] == ["m0", "m1", "m3"]
    assert plot.bound_line
    assert {dot.row.name: dot.kind for dot in plot.dots}["m9"] == "bound"


def test_what_has_no_date_or_no_number_is_not_drawn_but_counted() -> None:
    plot = drawn([*ROWS, row(8, None, 99), row(9, date(2020, 1, 1), None)])
    assert (plot.total, plot.undated) == (4, 1)


@pytest.mark.parametrize("rows", [[], ROWS[:2], [row(n, None, 1) for n in range(5)]])
def test_too_few_results_make_no_plot(rows: list[Row]) -> None:
    assert timeline_of(rows, MORE) is None


def test_many_results_are_thinned_out_but_never_the_steps() -> None:
    many = [row(n, date(2000, 1, 1).replace(year=2000 + n % 20), n % 97) for n in range(3_000)]
    plot = drawn(many)
    assert len(plot.dots) <= MOST_DOTS + len(plot.records)
    assert {one.key for one in plot.records} <= {dot.row.key for dot in plot.dots}


def test_outliers_lie_on_the_edge_and_everything_is_inside_the_picture() -> None:
    many = [row(n, date(2000 + n % 20, 1, 1), 70 + n % 20) for n in range(100)]
    plot = drawn([*many, row(999, date(2010, 1, 1), -1e6)])
    assert plot.beyond >= 1
    assert all(0 <= dot.x <= WIDTH and 0 <= dot.y <= HEIGHT for dot in plot.dots)


@pytest.mark.parametrize("years", [1, 3, 12, 70])
def test_there_are_a_few_ticks_whatever_the_span(years: int) -> None:
    rows = [row(n, date(1950 + n * years // 3, 6, 1), n) for n in range(4)]
    plot = drawn(rows)
    assert 1 <= len(plot.x_ticks) <= 12
    assert 2 <= len(plot.y_ticks) <= 14


def test_level_values_on_one_day_are_drawn_all_the_same() -> None:
    plot = drawn([row(n, date(2020, 1, 1), 5) for n in range(3)])
    assert len(plot.dots) == 3
