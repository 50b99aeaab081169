import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from zwicky.universe.cells import cell_sort, reorder


@given(
    hnp.arrays(
        np.float32,
        st.tuples(st.integers(0, 60), st.just(3)),
        elements=st.floats(0, 1, width=32, exclude_max=True),
    ),
    st.integers(1, 7),
)
def test_sort_is_stable_and_complete(position, n_cells):
    order, starts = cell_sort(position, 1.0, n_cells)
    index = np.minimum((position * n_cells).astype(int), n_cells - 1)
    cell = (index[:, 0] * n_cells + index[:, 1]) * n_cells + index[:, 2]
    assert np.array_equal(order, np.argsort(cell, kind="stable"))
    assert np.array_equal(np.diff(starts), np.bincount(cell, minlength=n_cells**3))
    assert np.array_equal(reorder(position, order), position[order])
