"""Survey conditions: each does to clusters what it says, and nothing else."""

import numpy as np
import pytest

from synthetic_clusters import synthetic_clusters
from zwicky.cosmology import paper_cosmology
from zwicky.errors import ZwickyError
from zwicky.mocks.conditions import draw_conditions, observe, sample_of
from zwicky.mocks.deep import DEPTH_STEPS, DeepViews, InfallHistory, choose_lines, views_of_sample
from zwicky.mocks.survey_settings import SurveySettings

PERFECT = {
    "catastrophic": 0.0,
    "core_loss": 0.0,
    "pair_mpc_h": 0.0,
    "centre_x_mpc_h": 0.0,
    "centre_y_mpc_h": 0.0,
    "centre_kms": 0.0,
    "centre_error_kms": 0.0,
    "recentred": 0.0,
    "velocity_bias": 1.0,
    "bright_share": 0.0,
    "interlopers": 1.0,
    "concentration": 1.0,
    "central_share": 0.0,
    "redshift_error_kms": 0.0,
    "aperture_mpc_h": 1.6,
    "tracer": 0,
}
#: What is computed from other conditions after they are drawn.
DERIVED = ("pair_mpc_h",)


def gaussian_views(n=400, members=300, field=100, sigma=700.0, seed=1):
    """n equal clusters: Gaussian velocities, radii even in the disc, halves of members fallen in early."""
    rng = np.random.default_rng(seed)
    each = members + field
    angle = rng.uniform(0, 2 * np.pi, n * each)
    inside = np.tile(np.arange(each) < members, n)
    r = np.where(inside, 1.0, 2.2) * np.sqrt(rng.random(n * each))
    v = np.where(inside, sigma * rng.standard_normal(n * each), rng.uniform(-3700, 3700, n * each))
    return DeepViews(
        universe=np.zeros(n, dtype=np.int64),
        halo_id=np.arange(n),
        redshift=np.full(n, 0.1),
        log10_m200c_h=np.full(n, 14.5),
        density=np.full(n, 0.1),
        omega_m=np.full(n, 0.3),
        infall_gyr=np.tile([6.0, 0.5, -1.0], (n, 1)),
        infall_share=np.tile([0.2, 0.2, 0.6], (n, 1)),
        offsets=each * np.arange(n + 1),
        x=(r * np.cos(angle)).astype(np.float32),
        y=(r * np.sin(angle)).astype(np.float32),
        v_los=v.astype(np.float32),
        depth=np.where(inside, rng.integers(1, DEPTH_STEPS, n * each), 255).astype(np.uint8),
        infall=np.where(inside, rng.integers(0, 2, n * each), 2).astype(np.uint8),
    )


def in_the_cylinder(views):
    return (np.hypot(views.x.astype(float), views.y) <= 1.6) & (np.abs(views.v_los) <= 2200)


def seen(views, settings=None, seed=3, **conditions):
    settings = settings or SurveySettings(redshift_jitter=0.0)
    rows = np.arange(len(views))
    fixed = {k: v for k, v in (PERFECT | conditions).items() if k not in DERIVED}
    drawn = draw_conditions(views, rows, settings, rng=np.random.default_rng(seed), **fixed)
    for name in DERIVED:
        object.__setattr__(drawn, name, np.full(len(rows), (PERFECT | conditions)[name]))
    return drawn, observe(views, rows, drawn, settings, seed=seed)


def test_nothing_lost_is_everything_in_the_cylinder():
    views = gaussian_views()
    # All that lies in the cylinder is wanted: the chance of every particle is one, but for rounding.
    near = in_the_cylinder(views)
    counts = np.add.reduceat(near.astype(int), views.offsets[:-1])
    _, found = seen(views, n_wanted=float(counts.min()) * (1 - 1e-9))
    fullest = found.n_galaxies / counts[found.row]
    assert len(found) == len(views)
    assert fullest.mean() == pytest.approx(counts.min() / counts.mean(), rel=0.02)
    assert np.all(found.r_mpc_h <= 1.6)
    assert np.all(np.abs(found.v_los) <= 2200)


def test_the_number_of_galaxies_is_the_one_wanted_and_says_the_density():
    views = gaussian_views()
    _, found = seen(views, n_wanted=40.0)
    assert found.n_galaxies.mean() == pytest.approx(40.0, rel=0.02)
    near = in_the_cylinder(views)
    counts = np.add.reduceat(near.astype(int), views.offsets[:-1])
    expected = np.log10(0.1 * 40.0 / counts[found.row])
    assert np.allclose(found.log10_density, expected, atol=1e-9)
    # What is denser than the particles is void, never padded.
    _, none = seen(views, n_wanted=650.0)
    assert len(none) == 0


def test_velocity_bias_errors_and_centre():
    views = gaussian_views(field=0)
    _, plain = seen(views, n_wanted=60.0)
    assert plain.v_los.std() == pytest.approx(700.0, rel=0.02)
    _, slow = seen(views, n_wanted=60.0, velocity_bias=0.9)
    assert slow.v_los.std() == pytest.approx(630.0, rel=0.02)
    _, blurred = seen(views, n_wanted=60.0, redshift_error_kms=300.0)
    assert blurred.v_los.std() == pytest.approx(np.hypot(700.0, 300.0), rel=0.03)
    _, off = seen(views, n_wanted=60.0, centre_kms=500.0)
    assert abs(np.add.reduceat(off.v_los, off.offsets[:-1]) / off.n_galaxies).mean() > 400.0
    _, back = seen(views, n_wanted=60.0, centre_kms=500.0, recentred=1.0)
    medians = np.array(
        [np.median(back.v_los[a:b]) for a, b in zip(back.offsets[:-1], back.offsets[1:], strict=True)]
    )
    assert abs(medians.mean()) < 30.0


def test_crowded_cores_lose_galaxies():
    views = gaussian_views(field=0)
    _, plain = seen(views, n_wanted=100.0)
    _, holed = seen(views, n_wanted=100.0, core_loss=0.9)
    assert (holed.r_mpc_h < 0.2).mean() < 0.7 * (plain.r_mpc_h < 0.2).mean()
    _, apart = seen(views, n_wanted=100.0, pair_mpc_h=0.05)
    assert apart.n_galaxies.mean() < 0.95 * plain.n_galaxies.mean()
    # Of a crowd at one place one galaxy stays.
    together = gaussian_views(n=20, field=0)
    object.__setattr__(together, "x", np.full_like(together.x, 0.1))
    object.__setattr__(together, "y", np.full_like(together.y, 0.1))
    one = SurveySettings(redshift_jitter=0.0, n_min=1)
    _, left = seen(together, one, n_wanted=100.0, pair_mpc_h=0.05)
    assert np.all(left.n_galaxies == 1)


def test_red_galaxies_fell_in_early_and_interlopers_are_few():
    views = gaussian_views()
    _, every = seen(views, n_wanted=60.0)
    red, found = seen(views, n_wanted=60.0, tracer=1)
    assert found.is_member.mean() > every.is_member.mean() + 0.05
    assert np.all(red.infall_accept[:, 0] > red.infall_accept[:, 1])
    blue, late = seen(views, n_wanted=60.0, tracer=2)
    assert late.is_member.mean() < every.is_member.mean() - 0.05
    assert np.allclose(red.accepted_share, red.infall_accept @ [0.2, 0.2, 0.6])
    assert np.all((blue.infall_accept >= 0) & (blue.infall_accept <= 1))


def test_more_interlopers_and_less_concentration():
    views = gaussian_views()
    _, plain = seen(views, n_wanted=60.0)
    _, many = seen(views, n_wanted=60.0, interlopers=1.4)
    odds = [f.is_member.mean() / (1 - f.is_member.mean()) for f in (plain, many)]
    assert odds[0] / odds[1] == pytest.approx(1.4, rel=0.08)


def test_a_look_depends_on_its_seed_and_row_alone():
    views = gaussian_views(n=64)
    settings = SurveySettings()
    rows = np.arange(64)
    drawn = draw_conditions(views, rows, settings, rng=np.random.default_rng(5))
    one = observe(views, rows, drawn, settings, seed=9)
    two = observe(views, rows, drawn, settings, seed=9)
    other = observe(views, rows, drawn, settings, seed=10)
    assert np.array_equal(one.v_los, two.v_los)
    assert not np.array_equal(one.v_los[:50], other.v_los[:50])


def test_conditions_that_do_not_exist_are_refused():
    views = gaussian_views(n=4)
    with pytest.raises(ZwickyError, match="seeing is not a survey condition"):
        draw_conditions(views, np.arange(4), SurveySettings(), rng=np.random.default_rng(1), seeing=1.0)
    with pytest.raises(ZwickyError, match="tracer_shares"):
        SurveySettings(tracer_shares=(0.5, 0.5, 0.5))
    with pytest.raises(ZwickyError, match="looks beyond"):
        SurveySettings(miscentring_mpc_h=(0.0, 2.0))


def test_lines_of_sight_make_the_mass_function_flat():
    rng = np.random.default_rng(2)
    masses = [rng.exponential(0.4, 3000) + 13.0, np.array([14.95, np.nan])]
    edges = np.linspace(13.0, 15.0, 21)
    chosen = choose_lines(masses, edges, per_bin=30, most=40, rng=rng)
    seen_masses = np.concatenate(
        [np.repeat(m[row], lines) for m, (row, lines) in zip(masses, chosen, strict=True)]
    )
    counts = np.histogram(seen_masses, edges)[0]
    filled = np.histogram(np.concatenate(masses), edges)[0] > 0
    assert np.all(counts[filled] == 30)
    assert not np.isnan(seen_masses).any()


def test_infall_is_the_first_output_in_a_halo():
    history = InfallHistory()
    ids = np.array([3, 1, 0])
    history.advance(ids, np.array([True, False, False]), age_gyr=5.0)
    history.advance(ids, np.array([False, True, False]), age_gyr=8.0)
    assert history.lookback_gyr(9.0).tolist() == [4.0, 1.0, -1.0]
    assert history.event(ids).tolist() == [0, 1, 2]


def test_a_cut_sample_serves_as_deep_views():
    sample = synthetic_clusters(50)
    views = views_of_sample(sample)
    assert np.allclose(views.log10_m200c_h, sample.log10_m200c_h)
    assert np.allclose(np.hypot(views.x, views.y), sample.r_proj_comoving * paper_cosmology().h, rtol=1e-6)
    assert np.all((views.depth <= DEPTH_STEPS) == sample.is_member)


def test_the_sample_says_what_the_observer_knows():
    views = gaussian_views(n=30)
    drawn, found = seen(views, n_wanted=40.0, centre_error_kms=50.0)
    sample = sample_of(views, drawn, found, paper_cosmology())
    assert np.allclose(sample.log10_m200c_h, 14.5)
    assert np.allclose(sample.r_proj_comoving * paper_cosmology().h, found.r_mpc_h, rtol=1e-6)
    assert np.allclose(sample.aperture_mpc * paper_cosmology().h, 1.6)
    assert np.all(sample.centre_error_kms == 50.0)
    hidden, found = seen(views, n_wanted=40.0, recentred=1.0)
    assert np.isnan(sample_of(views, hidden, found, paper_cosmology()).centre_error_kms).all()
