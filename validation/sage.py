"""Another simulation, cosmology and galaxy model: SAGE on mini-Millennium, weighed with the shipped networks.

Semi-analytic galaxies (Croton et al. 2016) in 62.5 Mpc/h at z = 0 with Omega_m = 0.25, h = 0.73 and sigma8
= 0.9 (Springel et al. 2005), imported through a column map, mock-observed along the three axes, and
weighed. The true mass is the M200c that the catalogue has for the central galaxy of each halo.

The box holds fourteen halos between 10^13.5 and 10^14 Msun/h and none above: the lightest masses of the
training sample, where its flat prior ends and pulls predictions up. In so narrow a range a method that gave
the same mass for all would scatter little, so the scatter of the true masses and the correlation with them
stand beside. A cylinder of +-2200 km/s is 44 Mpc/h long, two thirds of the box, so that interlopers are
many and the halos share them. The networks were trained at z = 0.117; at fixed dispersion M200c goes as 1 /
E(z), which alone makes them 0.025 dex low at z = 0. Satellites whose halo is disrupted are not in this
catalogue.

Run ``python -m validation.sage``.
"""

from __future__ import annotations

import tempfile
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np

from validation.data import catalogue
from zwicky.diagnostics import residual_statistics, residuals
from zwicky.estimators import load_model
from zwicky.io.files import read_json
from zwicky.mocks import Mocks, MockSettings, make_mocks
from zwicky.simulations import ImportSettings, import_catalogs, read_column_map
from zwicky.simulations.mapped import MappedReader
from zwicky.units import log10_msun_h
from zwicky.universe import read_galaxies, read_halos

__all__ = ["MODELS", "STELLAR_MASS_CUTS", "import_sage", "main", "observe", "weigh"]

MODELS = ("posterior", "cnn_2d", "cnn_1d", "m_sigma")
#: Least stellar masses of a galaxy in Msun: the paper's, and one to either side.
STELLAR_MASS_CUTS = (1e9, 10**9.5, 1e10)
#: Groups that count, log10 of M200c in Msun/h: what the networks were trained on, up to what the box holds.
MASSES = (13.5, 14.0)


def import_sage(directory: Path, min_stellar_mass_msun: float) -> Path:
    """Import the catalogue into a directory as ``zwicky import`` does, with the column map that ships."""
    table = catalogue("sage_minimillennium_z0", "galaxies_z0.csv.gz")
    with as_file(files("zwicky.simulations") / "examples" / "sage_minimillennium.toml") as path:
        column_map = read_column_map(path)
    readers = (MappedReader(column_map, kind, table) for kind in ("halos", "galaxies"))
    settings = ImportSettings(min_stellar_mass_msun=min_stellar_mass_msun, sigma8=0.9)
    return import_catalogs(*readers, settings, directory)


def observe(universe: Path, seed: int = 1) -> Mocks:
    """Three lines of sight of every group; the paper's cylinder, and at least ten galaxies in it."""
    low, high = MASSES
    settings = MockSettings(
        min_log10_m200c_h=low,
        test_min_log10_m200c_h=low,
        test_max_log10_m200c_h=high,
        # The training sample is not used; in so small a box it is empty at the paper's density.
        flat_density=1e-3,
        n_folds=2,
    )
    halos, galaxies = read_halos(universe, 0.0), read_galaxies(universe, 0.0)
    return make_mocks(halos, galaxies, settings, rng=np.random.default_rng(seed))


def weigh(mocks: Mocks, models: tuple[str, ...] = MODELS, seed: int = 1) -> dict[str, dict[str, float]]:
    """Median residual, scatter and correlation of each model, with errors from a bootstrap over halos."""
    test = mocks.test
    found = {}
    for name in models:
        predicted = log10_msun_h(load_model(name).predict(test).log10_m200c, test.cosmology.h)
        epsilon = residuals(predicted, test.log10_m200c_h)
        row = residual_statistics(epsilon, test.halo_id, rng=np.random.default_rng(seed))
        found[name] = {
            "n": row.n,
            "n_halos": row.n_halos,
            "n_galaxies": float(np.median(test.n_galaxies)),
            "n_true": float(np.median(test.n_true)),
            "median": row.median,
            "median_error": row.median_error,
            "scatter": row.scatter,
            "scatter_error": row.scatter_error,
            "correlation": float(np.corrcoef(predicted, test.log10_m200c_h)[0, 1]),
            "scatter_true": float(np.std(test.log10_m200c_h, ddof=1)),
        }
    return found


def main(cuts: tuple[float, ...] = STELLAR_MASS_CUTS) -> dict[float, dict[str, dict[str, float]]]:
    """Print bias and scatter of each model at each cut on the stellar mass; returns the same."""
    results = {}
    print(
        f"{'M* above':>9} {'':8} {'clusters':>8} {'halos':>5} {'galaxies':>8} {'members':>7} "
        f"{'median, dex':>18} {'scatter, dex':>16} {'correlation':>11}"
    )
    with tempfile.TemporaryDirectory() as folder:
        for cut in cuts:
            universe = import_sage(Path(folder) / f"{cut:.0f}", cut)
            for warning in read_json(universe / "provenance.json")["warnings"]:
                print(f"warning: {warning}")
            results[cut] = weigh(observe(universe))
            for name, row in results[cut].items():
                print(
                    f"{cut:9.2g} {name:8} {row['n']:8d} {row['n_halos']:5d} {row['n_galaxies']:8.0f} "
                    f"{row['n_true']:7.0f} {row['median']:+10.3f} +/- {row['median_error']:.3f} "
                    f"{row['scatter']:8.3f} +/- {row['scatter_error']:.3f} {row['correlation']:11.2f}"
                )
    print(f"scatter of the true masses: {row['scatter_true']:.3f} dex")
    return results


if __name__ == "__main__":
    main()
