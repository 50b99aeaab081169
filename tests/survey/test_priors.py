"""Priors of masses: by number, and from a table."""

import numpy as np
import pytest
from made_clusters import galaxies_of, sample_of

from zwicky.cosmology import paper_cosmology
from zwicky.errors import ZwickyError
from zwicky.estimators import MassPosterior, mass_grid
from zwicky.mass_function import log_mass_function
from zwicky.survey import mass_function_prior, read_prior
from zwicky.survey.priors import prior_named


def test_each_cluster_has_the_mass_function_of_its_redshift():
    rng = np.random.default_rng(1)
    sample = sample_of([galaxies_of(rng) for _ in range(4)], paper_cosmology(), [0.1, 0.5, 0.1, np.nan])
    prior = mass_function_prior(sample)
    for row, z in enumerate((0.1, 0.5, 0.1, 0.0)):
        expected = log_mass_function(mass_grid(), z, paper_cosmology())
        assert np.allclose(prior.log_density[row], expected, atol=1e-6)


def test_masses_of_the_mass_function_are_calibrated_at_fixed_predicted_mass():
    rng = np.random.default_rng(2)
    sample = sample_of([galaxies_of(rng)], paper_cosmology(), 0.1)
    prior = mass_function_prior(sample)
    weight = np.exp(prior.log_density[0]) * (mass_grid() > 13.6)
    mass = rng.choice(mass_grid(), 400_000, p=weight / weight.sum())
    measured = mass + 0.2 * rng.standard_normal(len(mass))
    for low in (14.2, 14.4, 14.6):
        chosen = np.flatnonzero((measured > low) & (measured < low + 0.2))[:2000]
        flat = MassPosterior.from_gaussian(measured[chosen], 0.2)
        by_number = flat.with_prior(mass_function_prior(sample)[np.zeros(len(chosen), dtype=int)])
        error = by_number.median - mass[chosen]
        assert abs(np.median(error)) < 0.02
        assert np.mean(np.abs(error) < by_number.std) == pytest.approx(0.68, abs=0.04)
        assert np.median(flat.median - mass[chosen]) > 0.1


def test_a_prior_from_a_table(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("log10_m200c,density\n13.5,1\n14.5,100\n15.0,0\n")
    prior = read_prior(path)
    assert prior.name == "mine.csv"
    grid = mass_grid()
    assert prior.log_density[np.argmin(np.abs(grid - 14.0))] == pytest.approx(np.log(0.1))
    assert np.isneginf(prior.log_density[(grid < 13.495) | (grid > 15.005)]).all()
    assert prior_named("hmf") == "hmf"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("log10_m200c,density\n14,1\n13,1\n", "does not rise"),
        ("log10_m200c,density\n13,1\n14,-1\n", "negative"),
        ("log10_m200c,p\n13,1\n14,1\n", "has no column density"),
        ("log10_m200c,density\n1,1\n2,1\n", "no mass lies in"),
    ],
)
def test_a_mistaken_prior_is_one_line(tmp_path, text, expected):
    (tmp_path / "p.csv").write_text(text)
    with pytest.raises(ZwickyError, match=expected):
        read_prior(tmp_path / "p.csv")
