"""The posterior: mixtures against numerical integration, layers against PyTorch, and what it learns."""

import dataclasses

import numpy as np
import pytest
from scipy.interpolate import RegularGridInterpolator
from scipy.stats import multivariate_normal, norm

from synthetic_clusters import synthetic_clusters
from zwicky.cosmology import paper_cosmology
from zwicky.errors import ZwickyError
from zwicky.estimators import build_estimator
from zwicky.estimators.posterior.calibration import Calibration
from zwicky.estimators.posterior.forward import network_output, weight_shapes
from zwicky.estimators.posterior.histogram import (
    N_CELLS,
    N_RADIUS,
    N_VELOCITY,
    at_galaxies,
    phase_space_histogram,
)
from zwicky.estimators.posterior.mixture import Mixture, to_unit_density, to_unit_mass, unpack
from zwicky.estimators.posterior.settings import PosteriorSettings
from zwicky.estimators.posterior.told import conditions
from zwicky.mocks.conditions import draw_conditions, observe, sample_of
from zwicky.mocks.deep import views_of_sample

torch = pytest.importorskip("torch")

GRID = np.linspace(12.8, 15.4, 1301)
SMALL = PosteriorSettings(members=2, distilled_epochs=0, hidden=64, components=3, epochs=24, batch=64)


def some_mixture():
    return Mixture(
        log_weight=np.log([[0.7, 0.3], [0.5, 0.5]]),
        mass=np.array([[14.0, 14.6], [12.7, 13.0]]),
        density=np.array([[-2.0, -2.5], [-1.5, -1.8]]),
        mass_std=np.array([[0.2, 0.1], [0.3, 0.2]]),
        density_std=np.array([[0.3, 0.2], [0.2, 0.4]]),
        rho=np.array([[-0.8, 0.3], [0.0, -0.5]]),
        low=12.8,
        high=15.4,
    )


def joint_on_grid(mixture, row, mass, density):
    """By scipy, on a grid of masses inside the range, normalised by the sum."""
    points = np.stack(np.meshgrid(mass, density, indexing="ij"), axis=-1)
    total = np.zeros(points.shape[:2])
    for k in range(mixture.mass.shape[1]):
        sm, sd, rho = mixture.mass_std[row, k], mixture.density_std[row, k], mixture.rho[row, k]
        covariance = [[sm**2, rho * sm * sd], [rho * sm * sd, sd**2]]
        mean = [mixture.mass[row, k], mixture.density[row, k]]
        total += np.exp(mixture.log_weight[row, k]) * multivariate_normal(mean, covariance).pdf(points)
    return total / (np.trapezoid(np.trapezoid(total, density, axis=1), mass))


def test_marginal_slice_and_evidence_are_the_integrals():
    mixture = some_mixture()
    density = np.linspace(-4.5, 0.5, 1001)
    for row in range(2):
        joint = joint_on_grid(mixture, row, GRID, density)
        marginal = np.trapezoid(joint, density, axis=1)
        found = np.exp(mixture.log_mass_density(GRID)[row])
        assert np.allclose(found, marginal, atol=2e-3 * marginal.max())
        prior = norm(-1.9, 0.25).pdf(density)
        weighted = joint * prior
        evidence = np.trapezoid(np.trapezoid(weighted, density, axis=1), GRID)
        log_evidence, told = mixture.given_density(-1.9, 0.25)
        assert log_evidence[row] == pytest.approx(np.log(evidence), abs=3e-3)
        after = np.trapezoid(weighted, density, axis=1) / evidence
        assert np.allclose(np.exp(told.log_mass_density(GRID)[row]), after, atol=3e-3 * after.max())
        mean = np.trapezoid(joint.sum(axis=0) * density, density) / np.trapezoid(joint.sum(axis=0), density)
        assert mixture.density_moments()[0][row] == pytest.approx(mean, abs=2e-3)


def test_draws_have_the_mixtures_moments():
    mixture = some_mixture()
    drawn = mixture.sample(40_000, rng=np.random.default_rng(6))
    density = np.exp(mixture.log_mass_density(GRID))
    mean = np.trapezoid(density * GRID, GRID, axis=1)
    assert drawn[:, :, 0].mean(axis=1) == pytest.approx(mean, abs=0.01)
    assert np.all((drawn[:, :, 0] >= mixture.low) & (drawn[:, :, 0] <= mixture.high))
    mean, std = mixture.density_moments()
    assert drawn[:, :, 1].mean(axis=1) == pytest.approx(mean, abs=0.01)
    assert drawn[:, :, 1].std(axis=1) == pytest.approx(std, rel=0.02)
    # Drawn together: with the density known to lie in a slice the masses are those of the slice.
    _, told = mixture.given_density(-2.0, 0.0)
    near = np.abs(drawn[0, :, 1] + 2.0) < 0.02
    slice_mean = np.trapezoid(np.exp(told.log_mass_density(GRID)[0]) * GRID, GRID)
    assert drawn[0, near, 0].mean() == pytest.approx(slice_mean, abs=0.02)


def test_a_gaussian_outside_the_range_of_mass_spoils_no_moments():
    """A narrow one fifteen widths outside, where the share of it that is inside underflows."""
    near = Mixture(*(np.array([[x]]) for x in (0.0, 14.0, -2.0, 0.2, 0.3, 0.5)), 12.8, 15.4)
    columns = ("log_weight", "mass", "density", "mass_std", "density_std", "rho")
    far = dict(zip(columns, (-1.0, 12.5, -1.0, 0.02, 0.3, 0.9), strict=True))
    both = Mixture(*(np.append(getattr(near, c), [[far[c]]], axis=1) for c in columns), 12.8, 15.4)
    assert np.allclose(both.density_moments(), near.density_moments())


def test_a_known_density_is_the_limit_of_a_narrow_prior():
    mixture = some_mixture()
    narrow, sharp = mixture.given_density(-2.0, 1e-4), mixture.given_density(-2.0, 0.0)
    assert np.allclose(narrow[0], sharp[0], atol=1e-4)
    assert np.allclose(
        narrow[1].log_mass_density(GRID)[:, 200:900], sharp[1].log_mass_density(GRID)[:, 200:900], atol=1e-3
    )


def test_loss_is_minus_the_mixtures_log_density():
    from zwicky.estimators.posterior.network import mixture_loss

    rng = np.random.default_rng(4)
    raw = (0.4 * rng.normal(size=(1, 5, 18))).astype(np.float32)
    mass, density = rng.uniform(13.7, 14.5, 5), rng.uniform(-2.4, -1.6, 5)
    low, high = 12.8, 15.4
    loss = mixture_loss(
        torch.from_numpy(raw),
        torch.from_numpy(to_unit_mass(mass).astype(np.float32))[:, None],
        torch.from_numpy(to_unit_density(density).astype(np.float32))[:, None],
        float(to_unit_mass(low)),
        float(to_unit_mass(high)),
    )[0].numpy()
    mixture = unpack(raw, low, high)
    for row in range(5):
        # Bilinear between the points of a grid that is 0.002 by 0.005 dex.
        axis = np.linspace(-12.0, 8.0, 4001)
        with np.errstate(divide="ignore"):
            log_joint = np.log(joint_on_grid(mixture, row, GRID, axis))
        at = RegularGridInterpolator((GRID, axis), log_joint)([[mass[row], density[row]]])[0]
        # In the network's units a density is smaller by the units' scales, 0.5 and 0.7 dex.
        found = at + np.log(0.5 * 0.7)
        assert -loss[row] == pytest.approx(found, abs=0.03)


def some_clusters(n=60):
    """Radii, velocities, offsets and conditions of n clusters of nothing in particular."""
    rng = np.random.default_rng(2)
    counts = rng.integers(3, 400, n)
    offsets = np.concatenate([[0], np.cumsum(counts)])
    r, v = 1.6 * rng.random(offsets[-1]), rng.normal(100, 800, offsets[-1]).clip(-2200, 2200)
    known = conditions(
        counts, rng.random(n), np.full(n, 1.6), np.where(rng.random(n) < 0.5, np.nan, 40.0),
        rng.integers(-1, 3, n), rng.random(n) < 0.5, rng.random(n) * 300,
    )  # fmt: skip
    return r, v, offsets, known


def nodes():
    """Where the histogram's nodes lie, by the formulas of its docstring."""
    radius = 1.6 * (np.arange(N_RADIUS) / (N_RADIUS - 1)) ** 2
    edge = np.arcsinh(2200.0 / 400.0)
    return radius, 400.0 * np.sinh(np.linspace(-edge, edge, N_VELOCITY))


def test_the_histogram_is_scipys_interpolation_turned_round():
    r, v, offsets, _ = some_clusters(8)
    found = phase_space_histogram(r, v, offsets)
    assert np.allclose(found.sum(axis=1), 1.0, atol=1e-5)
    radius, velocity = nodes()
    # A galaxy's share at a node is what interpolating the node's indicator gives at the galaxy.
    indicators = np.eye(N_CELLS).reshape(N_RADIUS, N_VELOCITY, N_CELLS)
    at = RegularGridInterpolator((np.sqrt(radius), np.arcsinh(velocity / 400.0)), indicators)
    for i in range(8):
        rows = slice(offsets[i], offsets[i + 1])
        lean = np.tanh(v[rows] / 500.0).sum()
        u = v[rows] if lean >= 0 else -v[rows]
        shares = at(np.stack([np.sqrt(r[rows]), np.arcsinh(u / 400.0)], axis=1))
        assert np.allclose(found[i], shares.mean(axis=0), atol=1e-5)


def test_a_map_is_read_where_the_galaxies_lie():
    r, v, offsets, _ = some_clusters(8)
    radius, velocity = nodes()
    # Bilinear in sqrt(R) and asinh(v / 400): such a map is read exactly.
    x, y = np.sqrt(radius)[:, None], np.arcsinh(velocity / 400.0)[None, :]
    maps = np.tile((1.0 + 2.0 * x + 0.5 * y + x * y).reshape(1, N_CELLS), (8, 1))
    lean = np.add.reduceat(np.tanh(v / 500.0), offsets[:-1])
    u = v * np.repeat(np.where(lean >= 0, 1.0, -1.0), np.diff(offsets))
    x, y = np.sqrt(r), np.arcsinh(u / 400.0)
    assert np.allclose(at_galaxies(maps, r, v, offsets), 1.0 + 2.0 * x + 0.5 * y + x * y, atol=1e-4)


def test_numpy_layers_are_pytorchs():
    from zwicky.estimators.posterior.network import EnsembleNetwork

    torch.manual_seed(1)
    network = EnsembleNetwork(SMALL).eval()
    weights = {name: value.detach().numpy() for name, value in network.state_dict().items()}
    assert {name: value.shape for name, value in weights.items()} == weight_shapes(SMALL)
    r, v, offsets, known = some_clusters(150)
    histogram = phase_space_histogram(r, v, offsets)
    found = network_output(weights, histogram, known, with_maps=True)
    with torch.no_grad():
        seen = torch.from_numpy(histogram), torch.from_numpy(known)
        (raw, logit), score = network(*seen), network.score(*seen)
    assert np.abs(found.score - score.numpy()).max() < 1e-4
    assert np.abs(found.mixture - raw.numpy()).max() < 1e-4
    assert np.abs(found.maps - logit.numpy()).max() < 1e-4
    ours, theirs = (unpack(x, 12.8, 15.4).log_mass_density(GRID) for x in (found.mixture, raw.numpy()))
    medians = [
        GRID[np.argmax(np.cumsum(np.exp(d), axis=1) > 0.5 * np.exp(d).sum(axis=1)[:, None], axis=1)]
        for d in (ours, theirs)
    ]
    assert np.abs(medians[0] - medians[1]).max() <= 0.0021
    # What a cluster gets does not depend on the clusters beside it.
    for rows in (slice(0, 1), slice(70, 150), slice(63, 66)):
        alone = network_output(weights, histogram[rows], known[rows], with_maps=True)
        assert np.array_equal(alone.mixture, found.mixture[:, rows])
        assert np.array_equal(alone.maps, found.maps[:, rows])
        assert np.array_equal(alone.score, found.score[:, rows])


def test_member_loss_bounds_the_galaxies_cross_entropy():
    from zwicky.estimators.posterior.network import member_loss

    r, v, offsets, _ = some_clusters(20)
    member = np.random.default_rng(3).random(len(r)) < 0.6
    maps = np.random.default_rng(4).normal(0.0, 0.5, (1, 20, N_CELLS)).astype(np.float32)
    every, inside = (phase_space_histogram(r, v, offsets, x) for x in (None, member))
    found = member_loss(*(torch.from_numpy(x) for x in (maps, inside, every)))[0].numpy()
    logit = at_galaxies(maps[0], r, v, offsets)
    each = np.where(member, np.logaddexp(0, -logit), np.logaddexp(0, logit))
    exact = np.add.reduceat(each, offsets[:-1]) / np.diff(offsets)
    assert np.all(found > exact)
    assert np.all(found < exact + 0.05)


@pytest.fixture(scope="module")
def trained():
    survey = dataclasses.replace(
        SMALL.survey, n_galaxies=(20.0, 60.0), redshift_error_kms=(5.0, 50.0), miscentred_share=0.0
    )
    estimator = build_estimator("posterior", dataclasses.replace(SMALL, survey=survey))
    # Dense enough for light clusters to have 60 galaxies: how many are seen says nothing of the mass.
    sample = synthetic_clusters(1200, interlopers=5, log10_m200c_h=(13.2, 15.2), dense=3)
    return estimator.fit(sample, rng=np.random.default_rng(1))


def observed_clusters(settings, n=1000, seed=7):
    """New clusters under survey conditions, as a sample that says what the observer knows."""
    sample = synthetic_clusters(n, seed=seed, interlopers=5, log10_m200c_h=(13.2, 15.2), dense=3)
    views = views_of_sample(sample)
    rng = np.random.default_rng(100 + seed)  # not the stream that drew the masses
    drawn = draw_conditions(views, np.arange(n), settings.survey, rng=rng)
    seen = observe(views, np.arange(n), drawn, settings.survey, seed=seed)
    sample = sample_of(views, drawn, seen, paper_cosmology())
    return sample[sample.n_galaxies >= 4]


def test_it_learns_and_knows_how_well(trained):
    test = observed_clusters(trained.settings)
    posterior = trained.predict(test)
    error = posterior.median - test.log10_m200c
    assert abs(np.median(error)) < 0.08
    assert np.std(error) < 0.54  # the sample itself spreads by 0.58
    assert np.corrcoef(posterior.median, test.log10_m200c)[0, 1] > 0.4
    low, high = posterior.interval(0.68)
    inside = np.mean((test.log10_m200c > low) & (test.log10_m200c < high))
    assert 0.58 < inside < 0.78
    assert trained.losses.train[-1] < trained.losses.train[0] - 0.5
    member = trained.membership(test)
    assert member[test.is_member].mean() > member[~test.is_member].mean() + 0.2


def test_one_network_says_what_the_ensemble_says(trained):
    from zwicky.estimators.posterior.distil import distil

    settings = dataclasses.replace(trained.settings, distilled_epochs=30)
    sample = synthetic_clusters(1200, interlopers=5, log10_m200c_h=(13.2, 15.2))
    weights, losses = distil(
        trained.weights(), views_of_sample(sample), settings, rng=np.random.default_rng(2)
    )
    assert {name: value.shape for name, value in weights.items()} == weight_shapes(settings)
    assert losses["train"][-1] < losses["train"][0] - 0.5
    one = type(trained)(settings)
    one.restore(trained.numbers(), weights)
    one.training, one.cylinder = trained.training, trained.cylinder
    test = observed_clusters(settings)
    told, said = one.predict(test), trained.predict(test)
    assert np.corrcoef(told.median, said.median)[0, 1] > 0.97
    assert np.median(np.abs(told.median - said.median)) < 0.1
    assert np.median(told.std / said.std) == pytest.approx(1.0, abs=0.1)
    assert np.abs(one.membership(test) - trained.membership(test)).mean() < 0.1


def test_order_and_mirror_of_galaxies_do_not_matter(trained):
    test = synthetic_clusters(20, seed=8)
    shuffled = np.concatenate(
        [
            np.random.default_rng(1).permutation(np.arange(a, b))
            for a, b in zip(test.offsets[:-1], test.offsets[1:], strict=True)
        ]
    )
    other = dataclasses.replace(
        test, r_proj_comoving=test.r_proj_comoving[shuffled], v_los=test.v_los[shuffled]
    )
    assert np.abs(trained.predict(test).median - trained.predict(other).median).max() < 1e-4


def test_a_known_density_narrows(trained):
    test = synthetic_clusters(200, seed=9)
    views_density = trained.joint(test).density_moments()[0]
    told = trained.mass_posterior(trained.joint(test).given_density(views_density, 0.02)[1], test)
    assert np.median(told.std) < np.median(trained.predict(test).std)


def test_too_few_galaxies_and_other_apertures_are_faults(trained):
    test = synthetic_clusters(3, seed=10)
    keep = np.ones(test.offsets[-1], dtype=bool)
    keep[test.offsets[0] + 3 : test.offsets[1]] = False
    few = test.select_galaxies(keep)
    assert "give at least 4" in trained.faults(few)[0]
    with pytest.raises(ZwickyError, match="give at least 4"):
        trained.predict(few)
    narrow = dataclasses.replace(test, aperture_mpc=np.full(3, 0.1))
    assert "cut it there" in trained.faults(narrow)[1]


def test_parts_give_it_back_and_training_resumes(trained, tmp_path):
    again = type(trained).from_parts(trained.configuration(), trained.normalisation(), trained.weights())
    test = synthetic_clusters(10, seed=11)
    assert np.array_equal(again.predict(test).log_density, trained.predict(test).log_density)
    sample = synthetic_clusters(300)
    whole = build_estimator("posterior", dataclasses.replace(SMALL, epochs=4))
    whole.fit(sample, rng=np.random.default_rng(1))

    class Killed(Exception):
        pass

    def kill(stage, done, total, text=""):
        if done == 2:
            raise Killed

    part = build_estimator("posterior", dataclasses.replace(SMALL, epochs=4))
    with pytest.raises(Killed):
        part.fit(sample, rng=np.random.default_rng(1), checkpoint=tmp_path / "state", progress=kill)
    part.fit(sample, rng=np.random.default_rng(1), checkpoint=tmp_path / "state")
    for name, value in whole.weights().items():
        assert np.array_equal(value, part.weights()[name]), name


def test_calibration_widens():
    mixture = some_mixture()
    wide = Calibration(stretch=1.2, floor_dex=0.05).apply(mixture)
    assert np.allclose(wide.mass_std, np.hypot(1.2 * mixture.mass_std, 0.05))
    # The floor is shared with nothing; a stretch keeps correlations, also one below one.
    assert np.allclose(wide.rho * wide.mass_std, mixture.rho * 1.2 * mixture.mass_std)
    assert np.allclose(Calibration(stretch=0.7).apply(mixture).rho, mixture.rho)
    # What is known of the mass alone does not change by what density is worth.
    loose = Calibration(density_stretch=1.5).apply(mixture)
    assert np.allclose(loose.log_mass_density(GRID), mixture.log_mass_density(GRID))
    assert np.allclose(loose.density_std, 1.5 * mixture.density_std)
    with pytest.raises(ZwickyError, match="stretch"):
        Calibration(stretch=0.0)
