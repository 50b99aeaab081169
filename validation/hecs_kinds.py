"""Which kind of our tracers HeCS galaxies look like by phase space alone: no mass has a part in it.

Shares of the galaxies of a cylinder far in, far out and fast, their mean over HeCS clusters, beside mock
clusters of each kind, none of them trained on, observed as surveys are and weighted to the same distribution
of velocity dispersions inside 0.8 Mpc/h. Thought of after the masses had been looked at (`validation.hecs`).

Run ``python -m validation.hecs_kinds UNSEEN.npz PAGE.md``; UNSEEN.npz is of `validation.views`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from validation.hecs import MIN_GALAXIES, hecs_clusters, read_planck
from validation.pages import replace_part, table
from validation.posterior import load_views
from zwicky.cosmology import paper_cosmology
from zwicky.estimators import load_model
from zwicky.mocks.conditions import draw_conditions, observe, sample_of
from zwicky.mocks.deep import DeepViews
from zwicky.survey.weigh import cylinder_of
from zwicky.tables import TRACERS, ClusterSample

__all__ = ["dispersion_and_shares", "main", "mock_clusters", "weights_like"]

KINDS = ("all", "red", "blue")
SHARES = ("r < 0.4 Mpc/h", "r < 0.8", "r > 1.2", "faster than 1,500 km/s", "r > 1.0, faster than 1,000")
#: Of the mocks, log10 of Msun/h, and their largest redshift: those of HeCS clusters, with room.
MASSES, MAX_REDSHIFT = (14.3, 15.2), 0.35
#: Looks at each view, and bins of dispersion that hold equally many HeCS clusters.
LOOKS, BINS = 6, 5


def dispersion_and_shares(sample: ClusterSample) -> tuple[np.ndarray, np.ndarray]:
    """Robust dispersion inside 0.8 Mpc/h in km/s, shape (n,), and `SHARES` of all galaxies, shape (n, 5)."""
    r = sample.r_proj_comoving * sample.cosmology.h
    dispersion, shares = np.full(len(sample), np.nan), np.full((len(sample), len(SHARES)), np.nan)
    for i, (a, b) in enumerate(zip(sample.offsets[:-1], sample.offsets[1:], strict=True)):
        mine, v = r[a:b], sample.v_los[a:b].astype(float)
        if (mine < 0.8).sum() < MIN_GALAXIES // 2:
            continue
        fast = np.abs(v - np.median(v[mine < 1.0]))
        dispersion[i] = 1.4826 * np.median(fast[mine < 0.8])
        far = (mine > 1.0) & (fast > 1000.0)
        shares[i] = [x.mean() for x in (mine < 0.4, mine < 0.8, mine > 1.2, fast > 1500.0, far)]
    return dispersion, shares


def mock_clusters(views: DeepViews, kind: str) -> list[ClusterSample]:
    """Mock clusters of a kind of tracer, observed as surveys are to the whole aperture; a sample a look."""
    settings = load_model("posterior").settings.survey
    mass, parts = views.log10_m200c_h, []
    rows = np.flatnonzero((mass > MASSES[0]) & (mass < MASSES[1]) & (views.redshift < MAX_REDSHIFT))
    for look in range(LOOKS):
        fixed = {"tracer": TRACERS.index(kind), "aperture_mpc_h": settings.aperture_mpc_h[1]}
        rng = np.random.default_rng(look)
        drawn = draw_conditions(views, rows, settings, rng=rng, redshift_error_kms=36.0, **fixed)
        seen = observe(views, rows, drawn, settings, seed=look)
        sample = sample_of(views, drawn, seen, paper_cosmology())
        parts.append(sample[np.flatnonzero(sample.n_galaxies >= MIN_GALAXIES)])
    return parts


def weights_like(dispersion: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Weights, of sum 1, that give some dispersions the distribution of others; 0 outside of their range."""
    edges = np.quantile(wanted, np.linspace(0, 1, BINS + 1))
    place = np.clip(np.digitize(dispersion, edges), 0, BINS + 1) - 1
    weight = np.zeros(len(dispersion))
    for k in range(BINS):
        weight[place == k] = 1.0 / max((place == k).sum(), 1)
    return weight / weight.sum()


def main(unseen: Path, page: Path) -> None:
    """Compare, print, and put the table into the page."""
    model = load_model("posterior")
    sample = hecs_clusters(model, read_planck()[0]).sample.in_cylinder(cylinder_of(model))
    dispersion, shares = dispersion_and_shares(sample[np.flatnonzero(sample.n_galaxies >= MIN_GALAXIES)])
    known = np.isfinite(dispersion)
    dispersion, shares = dispersion[known], shares[known]
    mean, error = shares.mean(axis=0), shares.std(axis=0, ddof=1) / np.sqrt(len(shares))
    told = (f"{m:.3f} ± {e:.3f}" for m, e in zip(mean, error, strict=True))
    rows = [[f"HeCS, {len(shares)} clusters", *told, ""]]
    views = load_views(unseen)
    for kind in KINDS:
        found = [dispersion_and_shares(part) for part in mock_clusters(views, kind)]
        theirs, each = (np.concatenate([x[k] for x in found]) for k in (0, 1))
        sound = np.isfinite(theirs)
        expected = weights_like(theirs[sound], dispersion) @ each[sound]
        chi2 = float((((mean - expected) / error) ** 2).sum())
        rows.append([f"mocks, {kind}", *(f"{x:.3f}" for x in expected), f"{chi2:.0f}"])
    text = table(["galaxies", *SHARES, "sum of squared deviations"], rows)
    print(text)
    replace_part(page, "hecs kinds", text)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
