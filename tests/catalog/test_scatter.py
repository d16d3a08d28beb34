import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.axes import HEIGHT, WIDTH
from catalog.models import PretrainedModel
from catalog.related import Score
from catalog.scatter import MOST_DOTS, Point, pareto_front, plot_of

SCORE = Score("imagenet-1k", "top1", 80.0)


def point(name: str, parameters: int, score: float, architecture: int | None = None) -> Point:
    return Point(f"s/{name}", name, parameters, score, architecture)


def crowd(number: int) -> list[Point]:
    return [point(f"{n}", 1_000_000 + n * 10_000, 60 + n * 13 % 25) for n in range(number)]


def test_the_front_holds_what_no_smaller_one_beats() -> None:
    points = [point("a", 1, 50), point("b", 2, 40), point("c", 3, 60), point("d", 3, 70)]

    assert [p.name for p in pareto_front(points)] == ["a", "d"]


def test_where_less_is_better_the_front_goes_down() -> None:
    points = [point("a", 1, 5.0), point("b", 2, 6.0), point("c", 3, 1.0)]

    assert [p.name for p in pareto_front(points, less_is_better=True)] == ["a", "c"]


POINTS = st.lists(st.tuples(st.integers(1, 50), st.floats(0, 100)), min_size=1, max_size=40)


@given(POINTS)
def test_every_point_is_matched_by_one_on_the_front(pairs: list[tuple[int, float]]) -> None:
    points = [point(f"{n}", *pair) for n, pair in enumerate(pairs)]
    front = pareto_front(points)

    assert all(any(f.parameters <= p.parameters and f.score >= p.score for f in front) for p in points)  # fmt: skip


def test_of_many_checkpoints_the_front_the_siblings_and_this_one_are_always_drawn() -> None:
    mine, sibling = point("mine", 5_000_000, 61.0, 7), point("sibling", 5_100_000, 60.5, 7)
    points = sorted([*crowd(3000), mine, sibling], key=lambda p: p.parameters)

    plot = plot_of(points, PretrainedModel(slug="s/mine", architecture_id=7), SCORE)

    assert plot
    kinds = {dot.point: dot.kind for dot in plot.dots}
    assert len(kinds) <= MOST_DOTS
    assert (kinds[mine], kinds[sibling]) == ("this", "sibling")
    assert set(plot.front) <= kinds.keys()
    assert plot.total == 3002


@given(POINTS)
def test_every_dot_lies_inside_the_plot(pairs: list[tuple[int, float]]) -> None:
    points = [point(f"{n}", *pair) for n, pair in enumerate([*pairs, *[(5, 50.0)] * 5])]
    plot = plot_of(points, PretrainedModel(slug="s/0"), SCORE)

    assert plot
    assert all(0 <= dot.x <= WIDTH and 0 <= dot.y <= HEIGHT for dot in plot.dots)
    assert all(0 <= tick.at <= HEIGHT for tick in plot.y_ticks)


@pytest.mark.parametrize("number", [0, 1, 4])
def test_a_handful_of_checkpoints_is_no_plot(number: int) -> None:
    assert plot_of(crowd(number), PretrainedModel(slug="s/0"), SCORE) is None


def test_a_better_score_lies_higher_and_more_parameters_further_right() -> None:
    points = [*crowd(10), point("best", 900_000_000, 99.0)]
    plot = plot_of(points, PretrainedModel(slug="s/best"), SCORE)

    assert plot
    best = next(dot for dot in plot.dots if dot.kind == "this")
    assert best.y == min(dot.y for dot in plot.dots)
    assert best.x == max(dot.x for dot in plot.dots)
