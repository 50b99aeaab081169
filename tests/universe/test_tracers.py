import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from sampled_halos import LINKING, MASS, SOFTENING, background, nfw_halo, snapshot_of, together
from scipy.stats import kstest

from zwicky.cosmology import cosmology_named, paper_cosmology
from zwicky.errors import ZwickyError
from zwicky.tables import columns_of
from zwicky.universe.fof import friends_of_friends
from zwicky.universe.overdensity import find_halos
from zwicky.universe.tracers import make_galaxies, richness, tracer_density_for_richness, uniform_of_id


def universe(parts, snapshot):
    """The arguments of `make_galaxies` but for density and seed."""
    position, velocity = together(*parts)
    group = friends_of_friends(position, snapshot.box_size, LINKING)
    halos, member_of = find_halos(snapshot, position, velocity, group, MASS, SOFTENING)
    particle_id = np.random.default_rng(0).permutation(len(position))
    return [snapshot, position, velocity, particle_id, group, member_of, halos]


@pytest.fixture(scope="module")
def small():
    rng = np.random.default_rng(1)
    snapshot = snapshot_of(40.0)
    halos = [nfw_halo(rng, n, rng.random(3) * 40, snapshot) for n in (100, 300, 1000)]
    return universe([background(rng, snapshot), *halos], snapshot)


def own_density(arguments):
    return len(arguments[1]) / arguments[0].volume_mpc_h3


def test_galaxies_are_particles_and_centrals(small):
    snapshot, position, velocity, particle_id, group, member_of, halos = small
    galaxies = make_galaxies(*small, 0.3 * own_density(small), seed=3)
    drawn = ~galaxies.is_central
    row = np.argsort(particle_id)[galaxies.galaxy_id[drawn]]
    assert np.array_equal(galaxies.position[drawn], position[row])
    assert np.array_equal(galaxies.velocity[drawn], velocity[row])
    assert np.array_equal(galaxies.host_id[drawn], member_of[row])
    assert np.array_equal(galaxies.fof_id[drawn], group[row])
    assert np.array_equal(galaxies.host_id[~drawn], halos.halo_id)
    assert np.allclose(galaxies.position[~drawn], halos.position, atol=1e-5)
    assert np.allclose(galaxies.velocity[~drawn], halos.velocity, atol=1e-3)
    assert len(np.unique(galaxies.galaxy_id)) == len(galaxies)
    assert np.all((galaxies.position >= 0) & (galaxies.position < snapshot.box_size))


@settings(max_examples=25, deadline=None)
@given(share=st.floats(0.02, 1.0), seed=st.integers(-(2**63), 2**70))
def test_density_is_met_within_its_binomial_noise(small, share, seed):
    n = len(small[1])
    drawn = (~make_galaxies(*small, share * own_density(small), seed).is_central).sum()
    assert abs(drawn - share * n) <= 5 * np.sqrt(n * share * (1 - share)) + 1e-6


def test_all_particles_can_be_galaxies_but_no_more(small):
    density = own_density(small)
    assert len(make_galaxies(*small, density, seed=0)) == len(small[1]) + len(small[-1])
    for wrong in (1.001 * density, 0.0, -1.0, np.nan):
        with pytest.raises(ZwickyError, match=r"density_h3_mpc3 = .* the density of the particles"):
            make_galaxies(*small, wrong, seed=0)


def test_order_of_particles_changes_nothing(small):
    snapshot, *columns, halos = small
    order = np.random.default_rng(4).permutation(len(columns[0]))
    galaxies = make_galaxies(*small, 0.002, seed=5)
    shuffled = make_galaxies(snapshot, *[c[order] for c in columns], halos, 0.002, seed=5)
    for name in columns_of(galaxies):
        assert np.array_equal(getattr(galaxies, name), getattr(shuffled, name))


def test_thin_samples_lie_inside_dense_ones_and_seeds_differ(small):
    thin, dense, other = (
        make_galaxies(*small, share * own_density(small), seed).galaxy_id
        for share, seed in ((0.1, 1), (0.4, 1), (0.4, 2))
    )
    assert np.all(np.isin(thin, dense))
    both = np.isin(dense, other).mean()
    assert both == pytest.approx(0.4, abs=0.05)


def test_hash_is_uniform_and_blind_to_its_neighbours():
    n = 200_000
    u = uniform_of_id(np.arange(n), seed=11)
    assert kstest(u, "uniform").pvalue > 1e-3
    assert abs(np.corrcoef(u[:-1], u[1:])[0, 1]) < 4 / np.sqrt(n)
    assert abs(np.corrcoef(u, uniform_of_id(np.arange(n), seed=12))[0, 1]) < 4 / np.sqrt(n)
    assert uniform_of_id(np.array([7], dtype=np.uint32), seed=11)[0] == u[7]


def test_richness_counts_galaxies_by_host(small):
    galaxies, halos = make_galaxies(*small, 0.01, seed=6), small[-1]
    counts = richness(galaxies, halos)
    assert np.array_equal(counts, [(galaxies.host_id == i).sum() for i in halos.halo_id])
    assert counts.min() >= 1


def test_default_density_is_the_prototypes():
    assert tracer_density_for_richness(paper_cosmology()) == pytest.approx(0.023, rel=0.05)
    # Twice the members, the same density at twice the mass; more matter, more particles a mass.
    double = tracer_density_for_richness(paper_cosmology(), 79.0, 14.17 + np.log10(2))
    assert double == pytest.approx(tracer_density_for_richness(paper_cosmology()))
    ratio = tracer_density_for_richness(cosmology_named("WMAP9")) / tracer_density_for_richness(
        paper_cosmology()
    )
    assert ratio == pytest.approx(cosmology_named("WMAP9").Om0 / 0.307)
    with pytest.raises(ZwickyError, match=r"n_true = 1; give a number above 1"):
        tracer_density_for_richness(paper_cosmology(), 1)


def test_default_density_gives_the_papers_richness():
    rng = np.random.default_rng(12)
    snapshot = snapshot_of(60.0)
    n = 10**14.17 / 0.678 / MASS
    centres = 12.0 * np.stack(np.meshgrid(*[np.arange(5)] * 3), axis=-1).reshape(-1, 3) + 6
    # The rest of the matter, far from the halos, is not needed: what counts is the share of particles.
    arguments = universe([nfw_halo(rng, n, c, snapshot) for c in centres], snapshot)
    share = tracer_density_for_richness(snapshot.cosmology) * 0.678**3
    share /= 0.307 * 2.77536627e11 * 0.678**2 / MASS
    assert len(arguments[-1]) == 125
    measured = [
        np.median(richness(make_galaxies(*arguments, share * own_density(arguments), seed), arguments[-1]))
        for seed in range(8)
    ]
    assert np.mean(measured) == pytest.approx(40.0, abs=1.0)
