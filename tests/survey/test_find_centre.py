"""A centre that is proposed is where the cluster was put, and it is said that it is a proposal."""

import numpy as np
import pytest

from sky_field import CENTRE, field, write_text
from zwicky.cosmology import paper_cosmology
from zwicky.errors import ZwickyError
from zwicky.io.observed import SkyList, read_observed
from zwicky.survey.figure import write_figure
from zwicky.survey.find_centre import find_centre
from zwicky.survey.observe import clusters_of

from made_clusters import virial_model  # isort: skip


def cluster_in_a_field(seed, n=120, n_field=300, other=40):
    """A cluster, a poorer one behind it, and galaxies everywhere."""
    rng = np.random.default_rng(seed)
    # As many galaxies at every radius, nearly as in projected NFW profiles.
    r, phi = rng.uniform(0, 0.4, n + other), rng.uniform(0, 2 * np.pi, n + other)
    ra = np.repeat([150, 151.2], [n, other]) + r * np.cos(phi)
    dec = np.repeat([2, 2.8], [n, other]) + r * np.sin(phi)
    z = np.concatenate([rng.normal(c, 0.0025, k) for c, k in ((0.08, n), (0.12, other))])
    spread = rng.uniform([148, 0, 0.02], [152, 4, 0.2], (n_field, 3))
    order = rng.permutation(n + other + n_field)
    return SkyList(*(np.concatenate([a, b])[order] for a, b in zip((ra, dec, z), spread.T, strict=True)))


@pytest.mark.parametrize("seed", range(8))
def test_the_richest_cluster_is_found(seed):
    found = find_centre(cluster_in_a_field(seed), "A", cosmology=paper_cosmology())
    assert found.ra[0] == pytest.approx(150, abs=0.06)
    assert found.dec[0] == pytest.approx(2, abs=0.06)
    assert found.z[0] == pytest.approx(0.08, abs=0.001)
    assert "proposed centre" in found.notes[0]
    assert "check it" in found.notes[0]


def test_at_the_seam_and_for_galaxies_without_redshifts():
    galaxies = cluster_in_a_field(1)
    moved = SkyList((galaxies.ra - 150) % 360, galaxies.dec, np.where(galaxies.z > 0.15, np.nan, galaxies.z))
    found = find_centre(moved, "A", cosmology=paper_cosmology())
    assert abs((found.ra[0] + 180) % 360 - 180) < 0.06


def test_too_few_galaxies_are_no_cluster():
    with pytest.raises(ZwickyError, match="too few to find a centre; give --centre"):
        find_centre(SkyList(*np.ones((3, 9))), "A", cosmology=paper_cosmology())


def test_the_proposal_is_used_said_and_drawn(tmp_path):
    write_text(tmp_path / "abell.csv", ["ra", "dec", "z"], field(120))
    galaxies, centres = read_observed(tmp_path / "abell.csv", h=0.678, without_centre=True)
    assert centres is None
    found = clusters_of(galaxies, None, cosmology=paper_cosmology(), model=virial_model())
    assert found.label.tolist() == ["abell"]
    assert found.sample.redshift[0] == pytest.approx(CENTRE[2], abs=0.001)
    assert "abell.csv: proposed centre" in found.notes[0]
    from zwicky.survey.masses import weigh

    table = weigh(found, virial_model(), virial_model())
    write_figure(tmp_path / "p.svg", found, table, virial_model().cylinder)
    assert "proposed centre" in (tmp_path / "p.svg").read_text()


def test_one_centre_is_not_enough_for_galaxies_of_two_clusters():
    galaxies = cluster_in_a_field(1)
    ids = np.array(["A", "B"])[np.arange(len(galaxies.z)) % 2]
    two = SkyList(galaxies.ra, galaxies.dec, galaxies.z, cluster_id=ids)
    with pytest.raises(ZwickyError, match="of 2 clusters; one centre is not enough"):
        clusters_of(two, None, cosmology=paper_cosmology(), model=virial_model())
