"""The posterior: mixtures against numerical integration, layers against PyTorch, and what it learns."""

import dataclasses

import numpy as np
import pytest
from scipy.interpolate import RegularGridInterpolator
from scipy.stats import multivariate_normal, norm

from synthetic_clusters import synthetic_clusters
from zwicky.errors import ZwickyError
from zwicky.estimators import build_estimator
from zwicky.estimators.posterior.calibration import Calibration
from zwicky.estimators.posterior.features import conditions, galaxy_features
from zwicky.estimators.posterior.forward import network_output, weight_shapes
from zwicky.estimators.posterior.mixture import Mixture, to_unit_density, to_unit_mass, unpack
from zwicky.estimators.posterior.settings import PosteriorSettings

torch = pytest.importorskip("torch")

GRID = np.linspace(12.8, 15.4, 1301)
SMALL = PosteriorSettings(members=2, width=16, context=8, hidden=32, components=3, epochs=40, batch=64)


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
        torch.from_numpy(to_unit_mass(mass).astype(np.float32)),
        torch.from_numpy(to_unit_density(density).astype(np.float32)),
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


def test_numpy_layers_are_pytorchs():
    from zwicky.estimators.posterior.network import EnsembleNetwork

    torch.manual_seed(1)
    network = EnsembleNetwork(SMALL).eval()
    weights = {name: value.detach().numpy() for name, value in network.state_dict().items()}
    assert {name: value.shape for name, value in weights.items()} == weight_shapes(SMALL)
    rng = np.random.default_rng(2)
    counts = rng.integers(3, 400, 60)
    offsets = np.concatenate([[0], np.cumsum(counts)])
    r, v = rng.random(offsets[-1]).astype(np.float32), rng.normal(0, 800, offsets[-1]).astype(np.float32)
    features = galaxy_features(r, v, np.full(len(r), 1.6, dtype=np.float32))
    n = len(counts)
    known = conditions(
        counts, rng.random(n), np.full(n, 1.6), np.where(rng.random(n) < 0.5, np.nan, 40.0),
        rng.integers(-1, 3, n), rng.random(n) < 0.5, rng.random(n) * 300,
    )  # fmt: skip
    found = network_output(weights, features, known, offsets, with_members=True)
    most = counts.max()
    present = np.arange(most) < counts[:, None]
    padded = np.zeros((n, most, features.shape[1]), dtype=np.float32)
    padded[present] = features
    with torch.no_grad():
        raw, logit = network(
            torch.from_numpy(padded), torch.from_numpy(known), torch.from_numpy(present.astype(np.float32))
        )
    member = logit[:, torch.from_numpy(present)]
    assert np.abs(found.mixture - raw.numpy()).max() < 1e-4
    assert np.abs(found.member - member.numpy()).max() < 1e-4
    ours, theirs = (unpack(x, 12.8, 15.4).log_mass_density(GRID) for x in (found.mixture, raw.numpy()))
    medians = [
        GRID[np.argmax(np.cumsum(np.exp(d), axis=1) > 0.5 * np.exp(d).sum(axis=1)[:, None], axis=1)]
        for d in (ours, theirs)
    ]
    assert np.abs(medians[0] - medians[1]).max() <= 0.0021


@pytest.fixture(scope="module")
def trained():
    survey = dataclasses.replace(SMALL.survey, n_galaxies=(8.0, 60.0))
    estimator = build_estimator("posterior", dataclasses.replace(SMALL, survey=survey))
    sample = synthetic_clusters(1200, log10_m200c_h=(13.2, 15.2))
    return estimator.fit(sample, rng=np.random.default_rng(1))


def test_it_learns_and_knows_how_well(trained):
    test = synthetic_clusters(600, seed=7, log10_m200c_h=(13.2, 15.2))
    posterior = trained.predict(test)
    error = posterior.median - test.log10_m200c
    # Survey conditions blur what it learned from, and the test sample has none: a toy's lean is allowed.
    assert abs(np.median(error)) < 0.25
    assert np.std(error) < 0.4  # the sample itself spreads by 0.58
    low, high = posterior.interval(0.68)
    inside = np.mean((test.log10_m200c > low) & (test.log10_m200c < high))
    assert 0.5 < inside < 0.9
    assert trained.losses.train[-1] < trained.losses.train[0] - 0.5
    member = trained.membership(test)
    assert member[test.is_member].mean() > member[~test.is_member].mean() + 0.2


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
    _, told = trained.given_density(test, views_density, 0.02)
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
    assert np.allclose(wide.rho * wide.mass_std, mixture.rho * mixture.mass_std)
    with pytest.raises(ZwickyError, match="stretch"):
        Calibration(stretch=0.0)
