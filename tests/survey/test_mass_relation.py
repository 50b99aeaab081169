"""P(M_pred | M, z, N) from mock clusters whose relation is known, on disk, and as other codes load it."""

import dataclasses
import importlib.util
import tomllib

import h5py
import numpy as np
import pytest
from scipy.stats import norm

from zwicky.cosmology import paper_cosmology
from zwicky.errors import ZwickyError
from zwicky.io.files import read_json
from zwicky.survey import read_relation
from zwicky.survey.kinds import draw_kinds, shared_error
from zwicky.survey.looks import MockLooks
from zwicky.survey.mass_relation import measure_relation, relation_grids
from zwicky.survey.relation_files import RELATION_FILES, murata_parameters, write_relation

LINE, WIDTH, RHO = 0.9, 0.15, 0.6


def looks(n=8000, seed=1, bias=0.0):
    """Clusters with M_pred = 14 + 0.9 (M - 14), N = 30 (M / 10^14)^0.7, residuals correlated by 0.6."""
    rng = np.random.default_rng(seed)
    mass, z = rng.uniform(13.3, 15.3, n), rng.uniform(0.03, 0.4, n)
    one, two = rng.standard_normal((2, n))
    ln_n = np.log(30.0) + 0.7 * np.log(10.0) * (mass - 14.0) + 0.3 * one
    predicted = 14.0 + LINE * (mass - 14.0) + WIDTH * (RHO * one + np.sqrt(1 - RHO**2) * two)
    counts = np.rint(np.exp(ln_n)).astype(int)
    predicted = np.where(counts < 4, np.nan, predicted + bias)
    return MockLooks(np.arange(n) // 3, mass, z, counts, predicted)


@pytest.fixture(scope="module")
def relation():
    return grid_of(looks())


def grid_of(mocks, kinds=None):
    return measure_relation(
        mocks,
        kinds or [looks(600), looks(600)],
        cosmology=paper_cosmology(),
        log10_m200c=np.arange(13.6, 15.11, 0.1),
        redshift=[0.1, 0.3],
        n_galaxies=np.geomspace(5.0, 300.0, 9),
        log10_m_pred=np.linspace(12.5, 16.0, 141),
    )


def whole(mocks, redshift):
    grids = relation_grids(mocks, np.array(redshift))
    return measure_relation(mocks, [looks(600), looks(600)], cosmology=paper_cosmology(), **grids)


def test_moments_are_those_of_the_mocks(relation):
    true = 14.0 + LINE * (relation.log10_m200c - 14.0)
    assert np.allclose(relation.mean_pred, true[:, None], atol=0.03)
    assert np.allclose(relation.std_pred, WIDTH, atol=0.02)
    assert np.allclose(relation.correlation, RHO, atol=0.08)
    assert np.allclose(relation.std_ln_n, 0.3, atol=0.04)
    # Three looks a halo and some hundred halos about each point.
    assert np.all((relation.mean_error > 0.003) & (relation.mean_error < 0.02))
    assert np.all(np.abs(relation.mean_pred - true[:, None]) < 4.5 * relation.mean_error)
    assert np.all(relation.completeness > 0.99)


def test_densities_are_densities_with_those_moments(relation):
    grid = relation.log10_m_pred
    for name in ("p_pred", "p_pred_n"):
        assert np.allclose(np.trapezoid(getattr(relation, name), grid, axis=-1), 1.0)
    mean = np.trapezoid(relation.p_pred * grid, grid, axis=-1)
    assert np.allclose(mean, relation.mean_pred, atol=0.01)
    var = np.trapezoid(relation.p_pred * (grid - mean[..., None]) ** 2, grid, axis=-1)
    assert np.allclose(np.sqrt(var), relation.std_pred, rtol=0.05)


def test_a_rich_cluster_comes_out_heavier_and_less_uncertain(relation):
    grid, i = relation.log10_m_pred, 7
    given = np.trapezoid(relation.p_pred_n[i, 0] * grid, grid, axis=-1)
    away = np.log(relation.n_galaxies) - relation.mean_ln_n[i, 0]
    near = np.abs(away) < 0.8
    assert np.allclose((given - relation.mean_pred[i, 0])[near], RHO * WIDTH / 0.3 * away[near], atol=0.05)
    var = np.trapezoid(relation.p_pred_n[i, 0] * (grid - given[:, None]) ** 2, grid, axis=-1)
    assert np.allclose(np.sqrt(var), WIDTH * np.sqrt(1 - RHO**2), atol=0.02)


def test_chances_of_bins_are_those_of_a_gaussian(relation):
    edges = np.array([13.0, 14.0, 14.2, 14.5, 16.0])
    mass = np.array([14.0, 14.43])
    chance = relation.probability(mass, np.array([0.1, 0.2]), edges)
    mean = 14.0 + LINE * (mass - 14.0)
    expected = np.diff(norm.cdf((edges - mean[:, None]) / WIDTH), axis=1)
    assert np.allclose(chance, expected, atol=0.03)


def test_few_galaxies_make_a_sample_incomplete():
    mocks = looks(4000)
    fewer = mocks.n_galaxies // 8
    predicted = np.where(fewer < 4, np.nan, mocks.predicted)
    few = grid_of(dataclasses.replace(mocks, n_galaxies=fewer, predicted=predicted))
    low, high = few.completeness[np.searchsorted(few.log10_m200c, [13.85, 14.95]), 0]
    assert low < 0.5
    assert high > 0.99


def test_what_all_clusters_share_is_what_counts_feel(relation):
    assert np.all(relation.shared_error == 0)  # twice the same survey
    biases = np.array([-0.06, 0.0, 0.03, 0.05])
    found = grid_of(looks(2000), [looks(2000, bias=b) for b in biases]).shared_error
    assert np.allclose(found, np.std(biases, ddof=1), atol=0.012)
    # One cluster in twenty a dex too heavy: the mean moves by 0.05, counts of heavy ones by far more.
    plain = looks(3000)
    lifted = dataclasses.replace(plain, predicted=plain.predicted + (np.arange(3000) % 20 == 0))
    at, z = np.array([14.2, 14.8]), np.array([0.1])
    grid = np.arange(13.4, 15.21, 0.1)
    error = shared_error([plain, lifted], grid, z, paper_cosmology())[:, 0]
    assert np.all(np.interp(at, grid, error) > 1.5 * 0.05 / np.sqrt(2.0))
    with pytest.raises(ZwickyError, match="1 kinds of galaxies"):
        shared_error([plain], grid, z, paper_cosmology())


def test_kinds_cover_their_ranges_evenly():
    kinds = draw_kinds(10, rng=np.random.default_rng(3))
    interlopers = np.sort([kind.interlopers for kind in kinds])
    assert np.all(np.abs(interlopers - np.linspace(0.735, 1.365, 10)) < 0.0351)
    assert all(0.5 <= kind.concentration <= 1.0 for kind in kinds)
    red = draw_kinds(10, rng=np.random.default_rng(3), tracer="red")
    assert max(kind.concentration for kind in red) > 1.1
    at = kinds[0].conditions(np.array([14.5, 15.5]))["velocity_bias"]
    assert at[0] == kinds[0].velocity_bias
    assert at[1] - at[0] == pytest.approx(kinds[0].velocity_bias_slope)


def test_too_few_halos_are_said():
    with pytest.raises(ZwickyError, match="redshift 2 has fewer than 8 halos"):
        whole(looks(300), [0.1, 2.0])
    with pytest.raises(ZwickyError, match="redshift does not rise"):
        whole(looks(300), [0.3, 0.1])


@pytest.fixture(scope="module")
def folder(relation, tmp_path_factory):
    directory = tmp_path_factory.mktemp("export") / "relation"
    write_relation(directory, relation, {"model": "toy"})
    return directory


def test_files_come_back_and_say_where_they_come_from(relation, folder, tmp_path):
    assert {path.name for path in folder.iterdir()} == set(RELATION_FILES)
    found = read_relation(folder)
    assert np.array_equal(found.p_pred_n, relation.p_pred_n)
    facts = read_json(folder / "provenance.json")
    assert facts["model"] == "toy"
    assert set(facts["sha256"]) == set(RELATION_FILES) - {"provenance.json"}
    with h5py.File(folder / "relation.hdf5") as file:
        assert all(file[name].attrs["about"] for name in file)
    murata = tomllib.loads((folder / "murata.toml").read_text())
    assert murata == murata_parameters(relation)
    mass = murata["predicted_mass"]
    assert mass["mu1"] == pytest.approx(LINE, abs=0.03)
    assert mass["sigma0"] == pytest.approx(np.log(10.0) * WIDTH, rel=0.1)
    assert murata["n_galaxies"]["mu1"] == pytest.approx(0.7, abs=0.03)


def test_damage_and_newer_files_are_one_line(relation, tmp_path):
    with pytest.raises(ZwickyError, match="holds no mass relation"):
        read_relation(tmp_path)
    for damage, expected in (
        (lambda file: file.attrs.__setitem__("zwicky_mass_relation", 99), "use a newer one"),
        (lambda file: file.__delitem__("p_n"), "holds no mass relation"),
        (lambda file: file["p_n"].__setitem__((0, 0, 0), np.nan), "p_n has no finite numbers"),
    ):
        write_relation(tmp_path / "r", relation, {})
        with h5py.File(tmp_path / "r" / "relation.hdf5", "a") as file:
            damage(file)
        with pytest.raises(ZwickyError, match=expected):
            read_relation(tmp_path / "r")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.tex").touch()
    with pytest.raises(ZwickyError, match="holds other things"):
        write_relation(tmp_path / "other", relation, {})


def loaded(path):
    """A file as cosmocnc loads it: by its path."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_crow_gets_the_tables_own_chances(relation, folder):
    crow = loaded(folder / "crow_zwicky.py")
    masses = crow.ZwickyMasses()
    mass, z = np.array([13.9, 14.5, 15.0]), np.array([0.1, 0.15, 0.3])
    ours = relation.probability(mass, z, np.array([14.2, 14.6]))[:, 0]
    complete = crow.ZwickyCompleteness().distribution(mass, z)
    assert np.allclose(masses.distribution(mass, z, (14.2, 14.6)) * complete, ours, atol=2e-3)
    # Its density is one of ln M: integrated over ln M it is one.
    grid = np.linspace(13.0, 16.0, 200)
    on_grids = crow.ZwickyMassesUnbinned()
    density = on_grids.distribution(np.full(200, 14.5), np.full(200, 0.2), grid)
    assert np.trapezoid(density, np.log(10.0) * grid) == pytest.approx(1.0, abs=0.01)
    assert np.array_equal(masses.gaussian_kernel(np.full(200, 14.5), np.full(200, 0.2), grid), density)
    assert np.all(masses.distribution(mass, z, (17.0, 18.0)) == 0)
    masses.parameters["bias"] = on_grids.parameters["bias"] = 0.1
    moved = relation.probability(mass, z, np.array([14.1, 14.5]))[:, 0]
    assert np.allclose(masses.distribution(mass, z, (14.2, 14.6)) * complete, moved, atol=2e-3)
    moved = on_grids.distribution(np.full(200, 14.5), np.full(200, 0.2), grid + 0.1)
    assert np.allclose(moved, density)


def test_cosmocnc_gets_lines_and_their_covariance(relation, folder):
    module = loaded(folder / "survey_sr_zwicky.py")
    settings = {"catalogue_params": {"skyfrac": 0.1}}
    x0 = np.log(10.0) * (np.linspace(13.2, 15.4, 300) - 14.0)
    for name, steep, middle in (("ln_m_zwicky", LINE, 0.0), ("ln_n_zwicky", 0.7, np.log(30.0))):
        line = module.scaling_relations(observable=name, cnc_params=settings)
        line.initialise_scaling_relation()
        line.precompute_scaling_relation(params={})
        x1 = line.eval_scaling_relation(x0, other_params={"zc": 0.2})
        assert np.allclose(x1, middle + steep * x0, atol=0.08)
        assert np.allclose(line.eval_derivative_scaling_relation(x0), steep, atol=0.35)
        assert line.skyfracs == [0.1]
        assert line.get_n_layers() == 1
    moved = module.scaling_relations("ln_m_zwicky", settings)
    moved.initialise_scaling_relation()
    moved.precompute_scaling_relation(params={"bias_ln_m_zwicky": 0.2})
    plain = module.scaling_relations("ln_m_zwicky", settings)
    plain.initialise_scaling_relation()
    at = {"zc": 0.2}
    shift = moved.eval_scaling_relation(x0, other_params=at) - plain.eval_scaling_relation(
        x0, other_params=at
    )
    assert np.allclose(shift, 0.2)
    scatter = module.scatter(params={"log10_m_pivot": 14.3})
    names = ("ln_m_zwicky", "ln_n_zwicky")
    cov = np.array([[scatter.get_cov(a, b) for a in names] for b in names])
    assert np.sqrt(cov[0, 0]) == pytest.approx(np.log(10.0) * WIDTH, rel=0.1)
    assert cov[0, 1] / np.sqrt(cov[0, 0] * cov[1, 1]) == pytest.approx(RHO, abs=0.06)
    assert scatter.get_cov("q_so_sim", names[0]) == 0
