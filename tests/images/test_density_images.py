import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import gaussian_kde

from zwicky.cosmology import paper_cosmology
from zwicky.errors import ZwickyError
from zwicky.images import ImageSettings, phase_space_images, velocity_images
from zwicky.images.density import image_faults
from zwicky.tables import Cylinder

PAPER = ImageSettings()
CYLINDER = Cylinder.in_mpc_h(1.6, 2200.0, paper_cosmology().h)


def centres(cells):
    step = (np.arange(cells.n_cells) + 0.5) / cells.n_cells
    return (2 * step - 1) * CYLINDER.v_cut_kms, step * CYLINDER.aperture_mpc


def direct(v, r, cells):
    """Eqs. 1 and 2 in float64, written out."""
    v, r = v.astype(float), r.astype(float)
    grid_v, grid_r = centres(cells)
    kernel_v = np.exp(-0.5 * ((grid_v[:, None] - v) / (cells.bandwidth * v.std(ddof=1))) ** 2)
    kernel_r = np.exp(-0.5 * ((grid_r[:, None] - r) / (cells.bandwidth * r.std(ddof=1))) ** 2)
    one, two = kernel_v.sum(1), kernel_v @ kernel_r.T
    return one / one.sum(), two / two.sum()


def with_members(sample, v, r):
    """One cluster with these galaxies."""
    arrays = {"v_los": np.asarray(v), "r_proj_comoving": np.asarray(r), "is_member": np.zeros(len(v), bool)}
    return dataclasses.replace(sample[:1], offsets=np.array([0, len(v)]), **arrays)


def with_galaxies(sample, order, **changes):
    members = {name: getattr(sample, name)[order] for name in ("v_los", "r_proj_comoving", "is_member")}
    return dataclasses.replace(sample, **(members | changes))


@pytest.mark.parametrize("n_cells", [48, 30, 7])
@pytest.mark.parametrize("bandwidth", [0.25, 0.7])
def test_product_kernel_equals_the_equations(clusters, n_cells, bandwidth):
    cells = dataclasses.replace(PAPER, n_cells=n_cells, bandwidth=bandwidth)
    sample = clusters(40, seed=1)
    one, two = velocity_images(sample, CYLINDER, cells), phase_space_images(sample, CYLINDER, cells)
    assert one.dtype == two.dtype == np.float32
    assert one.shape == (40, n_cells)
    assert two.shape == (40, n_cells, n_cells)
    for i, (a, b) in enumerate(zip(sample.offsets[:-1], sample.offsets[1:], strict=True)):
        expected_one, expected_two = direct(sample.v_los[a:b], sample.r_proj_comoving[a:b], cells)
        assert np.abs(one[i] - expected_one).max() < 1e-5 * expected_one.max()
        assert np.abs(two[i] - expected_two).max() < 1e-5 * expected_two.max()


def test_full_kernel_equals_scipy(clusters):
    cells = dataclasses.replace(PAPER, kernel="full")
    sample = clusters(20, seed=2)
    images = phase_space_images(sample, CYLINDER, cells)
    grid = np.array([g.ravel() for g in np.meshgrid(*centres(cells), indexing="ij")])
    for i, (a, b) in enumerate(zip(sample.offsets[:-1], sample.offsets[1:], strict=True)):
        members = np.array([sample.v_los[a:b], sample.r_proj_comoving[a:b]], dtype=float)
        density = gaussian_kde(members, bw_method=cells.bandwidth)(grid).reshape(images[i].shape)
        density /= density.sum()
        assert np.abs(images[i] - density).max() < 1e-5 * density.max()


def test_velocity_image_equals_scipy(clusters):
    sample = clusters(20, seed=3)
    images = velocity_images(sample, CYLINDER, PAPER)
    for i, (a, b) in enumerate(zip(sample.offsets[:-1], sample.offsets[1:], strict=True)):
        density = gaussian_kde(sample.v_los[a:b].astype(float), bw_method=0.25)(centres(PAPER)[0])
        assert images[i] == pytest.approx(density / density.sum(), abs=1e-5 * (density / density.sum()).max())


@settings(max_examples=40, deadline=None)
@given(
    n=st.integers(3, 300),
    sigma=st.floats(40, 3000),
    centre=st.floats(-1500, 1500),
    seed=st.integers(0, 2**31),
)
def test_any_cluster_gives_a_finite_image_that_sums_to_one(clusters, n, sigma, centre, seed):
    rng = np.random.default_rng(seed)
    v = np.clip(rng.normal(centre, sigma, n), -2200, 2200)
    r = CYLINDER.aperture_mpc * rng.random(n) ** rng.uniform(0.3, 3)
    one = with_members(clusters(1), v, r)
    if image_faults(one, CYLINDER, PAPER):
        with pytest.raises(ZwickyError, match="row 0"):
            phase_space_images(one, CYLINDER, PAPER)
        return
    velocity, phase_space = velocity_images(one, CYLINDER, PAPER), phase_space_images(one, CYLINDER, PAPER)
    assert np.isfinite(phase_space).all()
    assert velocity.sum() == pytest.approx(1, abs=1e-5)
    assert phase_space.sum() == pytest.approx(1, abs=1e-5)
    expected_one, expected_two = direct(one.v_los, one.r_proj_comoving, PAPER)
    assert np.abs(velocity[0] - expected_one).max() < 1e-5 * expected_one.max()
    assert np.abs(phase_space[0] - expected_two).max() < 1e-5 * expected_two.max()


def test_order_of_galaxies_does_not_matter(clusters):
    sample = clusters(5, seed=4)
    rng = np.random.default_rng(0)
    order = np.concatenate(
        [a + rng.permutation(b - a) for a, b in zip(sample.offsets[:-1], sample.offsets[1:], strict=True)]
    )
    shuffled = with_galaxies(sample, order)
    a, b = phase_space_images(sample, CYLINDER, PAPER), phase_space_images(shuffled, CYLINDER, PAPER)
    assert np.abs(a - b).max() < 2e-6 * a.max()


def test_mirrored_velocities_give_the_mirrored_image(clusters):
    sample = clusters(5, seed=5)
    mirrored = dataclasses.replace(sample, v_los=-sample.v_los)
    a, b = phase_space_images(sample, CYLINDER, PAPER), phase_space_images(mirrored, CYLINDER, PAPER)
    assert np.abs(a[:, ::-1] - b).max() < 2e-6 * a.max()


def test_number_of_threads_does_not_matter(clusters, monkeypatch):
    sample = clusters(50, seed=6)
    before = phase_space_images(sample, CYLINDER, PAPER)
    monkeypatch.setattr("zwicky.images.density.available_cores", lambda: 7)
    monkeypatch.setattr("zwicky.images.moments.available_cores", lambda: 7)
    assert np.array_equal(before, phase_space_images(sample, CYLINDER, PAPER))


def test_no_clusters_no_images(clusters):
    empty = clusters(3)[:0]
    assert velocity_images(empty, CYLINDER, PAPER).shape == (0, 48)
    assert phase_space_images(empty, CYLINDER, PAPER).shape == (0, 48, 48)


@pytest.mark.parametrize(
    ("v", "r", "reason"),
    [
        ([100, -100], [0.5, 1.0], "has 2 galaxies; an image needs at least 3"),
        ([], [], "has 0 galaxies"),
        ([300, 300, 300, 300], [0.5, 1.0, 1.5, 0.2], "velocities with no spread"),
        ([300, -200, 100], [0.5, 0.5, 0.5], "radii with no spread"),
        ([300, np.nan, 100], [0.5, 0.6, 0.9], "not finite"),
        ([300, -200, 100], [0.5, np.inf, 0.9], "not finite"),
        ([300, -2300, 100], [0.5, 0.6, 0.9], "2300 km/s; cut at 2200 km/s"),
        ([300, -200, 100], [0.5, 2.5, 0.9], "2.5 Mpc; cut at 0 to 2.36 Mpc"),
        ([300, -200, 100], [0.5, -0.1, 0.9], "r_proj_comoving = -0.1"),
    ],
)
def test_what_makes_no_image_is_named(clusters, v, r, reason):
    sample = clusters(4)
    bad = with_members(sample, v, r)
    with pytest.raises(ZwickyError, match=reason) as error:
        phase_space_images(bad, CYLINDER, PAPER)
    assert "cluster 1000 (row 0)" in str(error.value)
    assert "\n" not in str(error.value)
    assert reason in image_faults(bad, CYLINDER, PAPER)[0]


def test_galaxies_on_a_line_have_no_full_kernel(clusters):
    line = with_members(clusters(1), [-300, 0, 300, 600], [0.3, 0.6, 0.9, 1.2])
    with pytest.raises(ZwickyError, match="on a line"):
        phase_space_images(line, CYLINDER, dataclasses.replace(PAPER, kernel="full"))
    assert phase_space_images(line, CYLINDER, PAPER).sum() == pytest.approx(1, abs=1e-5)


def test_one_radius_still_gives_a_velocity_image(clusters):
    one = with_members(clusters(1), [300, -200, 100], [0.5, 0.5, 0.5])
    assert not image_faults(one, CYLINDER, PAPER, radii=False)
    assert velocity_images(one, CYLINDER, PAPER).sum() == pytest.approx(1, abs=1e-5)


def test_images_show_the_cylinder_whatever_its_h(clusters):
    """The same sky in another h: lengths in Mpc differ, the images do not."""
    sample = clusters(5, seed=3)
    theirs = sample.cosmology.clone(H0=100.0, name="h1")
    ratio = sample.cosmology.h
    same_sky = dataclasses.replace(sample, cosmology=theirs, r_proj_comoving=sample.r_proj_comoving * ratio)
    a, b = (phase_space_images(s, CYLINDER) for s in (sample, same_sky))
    assert np.abs(a - b).max() < 2e-5 * a.max()


@pytest.mark.parametrize("change", [{"n_cells": 3}, {"bandwidth": 0.0}, {"kernel": "square"}])
def test_wrong_settings_are_refused(change):
    with pytest.raises(ZwickyError, match=next(iter(change))):
        ImageSettings(**change)
