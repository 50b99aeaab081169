"""Every remark that a flag can have is explained, with what to do next."""

import numpy as np
import pytest
from made_clusters import sample_of, training_range

from zwicky.cosmology import paper_cosmology
from zwicky.images import galaxy_moments
from zwicky.survey.quality import Problem
from zwicky.survey.remarks import joined, remarks_on_data, remarks_on_mass, remarks_on_posterior
from zwicky.survey.words import explain
from zwicky.tables import Cylinder

CYLINDER = Cylinder.in_mpc_h(1.6, v_cut_kms=2200.0, h=0.678)


def every_remark():
    """Made by the checks themselves, so that a new wording has to be explained."""
    r, v = np.full(60, 0.9), np.tile([-100.0, 2900.0, 2900.0], 20)
    strict = training_range(
        redshift=(0.1, 0.12), n_galaxies=(100.0, 200.0), sigma_v_kms=(10.0, 20.0), log10_m200c_h=(14.0, 15.0)
    )

    def of_data(redshift, **more):
        sample = sample_of([(r, v)], paper_cosmology(), redshift)
        return remarks_on_data(sample, galaxy_moments(sample), cylinder=CYLINDER, training=strict, **more)

    one = np.ones(1)
    found = [
        of_data(0.8),
        of_data(0.1, units={"r_proj": "Mpc"}),
        remarks_on_mass(15.5 * one, 13.0 * one, strict),
        remarks_on_posterior(0.5 * one, 0.001 * one),
    ]
    return [remark for some in found for remark in joined(some, 1)[0].split("; ")]


@pytest.mark.parametrize("remark", every_remark())
def test_every_remark_is_explained(remark):
    (found,) = explain(remark)
    assert found.remark == remark
    assert len(found.meaning) > 40
    assert len(found.advice) > 40


def test_the_checks_above_make_every_kind_of_remark():
    assert len({explain(remark)[0].meaning for remark in every_remark()}) == 10


def test_ok_needs_no_words_and_a_problem_has_its_own():
    assert explain("ok") == ()
    (found,) = explain("no galaxies", Problem("no galaxies", "check the centre"))
    assert found.advice == "Check the centre."
