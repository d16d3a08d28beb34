"""Fronts, against the definition itself."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from catalog.pareto import Contest, on_front

# Few values, so that rows are often level.
ROWS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(0, 3)), max_size=40)


def beats(one: tuple[int, int, int], other: tuple[int, int, int]) -> bool:
    level = one[0] >= other[0] and one[1] >= other[1]
    return one[2] == other[2] and level and one[:2] != other[:2]


@given(ROWS)
def test_the_front_of_each_group_is_what_no_other_row_of_it_beats(
    rows: list[tuple[int, int, int]],
) -> None:
    x, y, groups = (np.array([row[n] for row in rows], dtype=float) for n in range(3))

    found = Contest(x, y).on_front(np.arange(len(rows)), groups.astype(np.int64))

    assert found.tolist() == [not any(beats(other, row) for other in rows) for row in rows]


def test_without_groups_all_rows_are_one() -> None:
    assert on_front(np.array([1.0, 2, 2, 3]), np.array([5.0, 4, 4, 4])).tolist() == [
        True, False, False, True,
    ]  # fmt: skip
