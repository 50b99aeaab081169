"""The light mass function against colossus's."""

import numpy as np
import pytest

from zwicky.cosmology import cosmology_named, deferred_cosmology, paper_cosmology
from zwicky.mass_function import log_mass_function, transfer_function

MASS = np.linspace(13.0, 15.5, 26)


@pytest.mark.parametrize("redshift", [0.0, 0.1, 0.5, 1.2])
@pytest.mark.parametrize("name", ["ho2019", "WMAP9"])
def test_it_is_colossuss_to_a_few_per_cent(redshift, name):
    pytest.importorskip("colossus")
    from zwicky.theory import mass_function

    cosmology = cosmology_named(name)
    ours = log_mass_function(MASS, redshift, cosmology, 0.81, 0.965)
    theirs = np.log(mass_function(10**MASS, redshift, cosmology, 0.81, 0.965))
    assert np.abs(ours - theirs).max() < 0.05  # a per cent in sigma is ten in the number of the rarest


def test_the_transfer_function_is_colossuss():
    pytest.importorskip("colossus")
    from zwicky.theory import linear_power

    cosmology = paper_cosmology()
    h = cosmology.h
    k = np.geomspace(1e-3, 20.0, 200)
    theirs = linear_power(k * h, cosmology, 0.8, 0.96, transfer="eisenstein98")
    ours = k**0.96 * transfer_function(k, h, cosmology.Om0, cosmology.Ob0) ** 2
    ratio = ours / theirs
    assert np.abs(ratio / np.median(ratio) - 1.0).max() < 0.005


def test_the_deferred_cosmology_is_enough():
    deferred = deferred_cosmology("ho2019")
    assert np.allclose(
        log_mass_function(MASS, 0.3, deferred), log_mass_function(MASS, 0.3, paper_cosmology())
    )
