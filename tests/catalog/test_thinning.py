"""Which dots of a crowded plot are drawn."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.pareto import on_front
from catalog.thinning import MOST_DOTS, Thinned, thinned


def crowd(number: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Places in a picture of 720 x 420, the best first, as a plot has them, and which are on the front."""
    chance = np.random.default_rng(seed)
    x = np.round(np.clip(chance.normal(400, 120, number), 52, 708), 1)
    y = np.round(np.clip(200 - x / 5 + chance.exponential(40, number), 26, 368), 1)
    order = np.lexsort((x, y))
    x, y = x[order], y[order]
    return x, y, np.flatnonzero(on_front(-x, -y))


def test_two_thousand_are_all_drawn() -> None:
    found = thinned(*crowd(MOST_DOTS, 1))
    assert (len(found.kept), found.side) == (MOST_DOTS, 0)


@given(st.integers(MOST_DOTS + 1, 30_000), st.integers(0, 9))
@settings(max_examples=20, deadline=None)
def test_of_more_the_front_and_the_best_of_each_square_are_drawn(number: int, seed: int) -> None:
    x, y, front = crowd(number, seed)

    found = thinned(x, y, front)

    places = set(zip(x[found.kept], y[found.kept], strict=True))
    squares = np.stack([x // found.side, y // found.side])
    _, best = np.unique(squares, axis=1, return_index=True)  # the first of each, so its best
    assert len(found.kept) <= MOST_DOTS
    assert set(zip(x[front], y[front], strict=True)) <= places
    assert set(best.tolist()) <= set(found.kept.tolist())
    assert found.keeps_front


def test_the_squares_are_as_small_as_they_can_be() -> None:
    x, y, front = crowd(30_000, 3)
    found = thinned(x, y, front)
    finer = thinned(x, y, front, most=len(x))
    assert len(finer.kept) == len(x)
    assert len(found.kept) > MOST_DOTS / 3


def test_the_same_rows_are_drawn_every_time() -> None:
    assert np.array_equal(thinned(*crowd(9000, 5)).kept, thinned(*crowd(9000, 5)).kept)


def a_front_only(number: int) -> Thinned:
    x = np.linspace(700, 60, number)
    return thinned(x, np.linspace(26, 368, number), np.arange(number))


def test_a_front_that_fills_the_plot_is_thinned_too_and_that_is_known() -> None:
    found = a_front_only(9000)
    assert len(found.kept) <= MOST_DOTS
    assert not found.keeps_front


def test_rows_at_the_very_same_place_are_one_dot() -> None:
    found = thinned(np.full(5000, 100.0), np.full(5000, 100.0), np.arange(5000))
    assert len(found.kept) == 1
