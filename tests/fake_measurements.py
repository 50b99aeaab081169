"""Made-up measurements of a complete run, each with numbers that a test can look for."""

from __future__ import annotations

import numpy as np

__all__ = ["CLAIMS", "LEAKAGE", "PARAMETERS", "SCATTER", "TIMING", "calibration", "table3", "table4"]

#: Scatter in dex that the made-up predictions have.
SCATTER = {
    "cnn_1d": 0.17,
    "cnn_2d": 0.12,
    "m_sigma_contaminated": 0.30,
    "m_sigma_pure": 0.19,
    "sdm_1d": 0.22,
    "sdm_2d": 0.15,
}

PARAMETERS = ("mu_0", "sigma_0", "sigma_1", "alpha_0", "w_c")

TIMING = {
    "universe_s": 98.4,
    "mocks_s": 1.21,
    "train_cnn_1d_s": 21.5,
    "train_cnn_2d_s": 30.0,
    "train_sdm_1d_s": 612.0,
    "fold_cnn_2d_s": 6.0,
    "per_cluster_us": {"image_1d": 0.73, "image_2d": 4.1, "cnn_2d": 11.0, "weigh_m_sigma": 0.11},
}

LEAKAGE = {
    "cnn_1d": {
        "halo_folds": 0.17,
        "spatial_folds": 0.1706,
        "ratio": 1.0035,
        "low": 0.98,
        "high": 1.02,
        "level": 0.95,
    },
    "cnn_2d": {
        "halo_folds": 0.12,
        "spatial_folds": 0.126,
        "ratio": 1.05,
        "low": 1.03,
        "high": 1.07,
        "level": 0.95,
    },
}

CLAIMS = [
    {
        "number": 1,
        "claim": "CNN_2D reduces the scatter of CNN_1D",
        "unit": "%",
        "paper": 24.1,
        "ours": 29.4,
        "error": 1.2,
        "sigma": 4.4,
        "verdict": "stronger",
        "text": "The size is not the paper's: M-sigma <is> not asked.",
    },
    {
        "number": 1,
        "claim": "CNN_1D does not overfit",
        "unit": "%",
        "paper": None,
        "ours": -1.2,
        "error": 0.4,
        "sigma": None,
        "verdict": "agrees",
        "text": "It holds.",
    },
    {
        "number": 7,
        "claim": "CNN_2D: an image of one cluster",
        "unit": "us",
        "paper": 410.0,
        "ours": 4.1,
        "error": None,
        "sigma": None,
        "verdict": "agrees",
        "text": "100 times faster here.",
    },
]


def table3() -> dict[str, dict]:
    """Of the networks alone; one of them has not converged."""

    def estimate(median: float, width: float) -> dict[str, float]:
        return {"median": median, "p16": -width, "p84": width}

    rows = {}
    for name, sigma_0 in (("cnn_1d", 0.15), ("cnn_2d", 0.104)):
        errors = {"halo_bootstrap_error": 0.0062}
        rows[name] = {
            "pivot_log10_m200c_h": 14.21,
            "n_true_median": 38.0,
            "mu_0": estimate(-0.012, 0.003) | errors,
            "sigma_0": estimate(sigma_0, 0.004) | errors,
            "sigma_1": estimate(0.051, 0.005) | errors,
            "alpha_0": estimate(1.013, 0.006) | errors,
            "w_c": estimate(0.001, 0.001),
            "intrinsic_share_of_scatter": estimate(0.62, 0.03),
            "share_as_published": estimate(0.44, 0.02),
            "n_clusters": 300,
            "autocorrelation_time": 41.0,
            "n_steps": 2600,
            "acceptance": 0.23,
            "converged": name == "cnn_2d",
        }
    return rows


def table4() -> dict[str, dict]:
    """Bands that widen as galaxies go missing; one drawing is wider than the mean of ten."""
    rates = np.arange(1, 11) / 10
    rows = {}
    for name, width in SCATTER.items():
        half = 0.3 * width * np.sqrt(1 / rates - 1)
        bands = {
            "median": (0.1 * (rates - 1)).tolist(),
            "p16": (-half).tolist(),
            "p84": (1.5 * half).tolist(),
            "window_median": -0.03,
            "window_p16": -0.3 * width,
            "window_p84": 0.45 * width,
            "window_width": 0.75 * width,
            "window_width_error": 0.004,
        }
        single = bands | {"window_width": 2 * width}
        about = {"rates": rates.tolist(), "n_draws": 10, "n_clusters": 300, "window": [0.6, 0.8]}
        rows[name] = {**bands, **about, "one_draw": single}
    return rows


def calibration() -> dict:
    """A posterior that holds a little too much, under two priors, and a network that leans."""

    def judged(median: float, inside: float, n: int = 300) -> dict:
        numbers = {"median": median, "median_error": 0.011, "scatter": 0.171, "scatter_error": 0.009}
        shares = {"inside": [inside, 0.91, 0.953], "inside_error": [0.031, 0.02, None]}
        return {"n": n, "n_halos": n // 3, "width": 0.1825, **numbers, **shares}

    def row(method: str, prior: str, median: float, inside: float) -> dict:
        pit = {"pit": [0.05] * 5 + [0.15] * 5, "pit_error": [0.01] * 10}
        bins = [{"low": low, "high": 2 * low, **judged(median, inside, 150)} for low in (20.0, 40.0)]
        by = {"by_richness": bins, "by_mass": []}
        return {"method": method, "prior": prior, "n_left_out": 0, **judged(median, inside), **pit, **by}

    def percentiles(method: str, prior: str, median: float) -> dict:
        offsets = {"p025": -0.4, "p16": -0.2, "median": 0.0, "p84": 0.2, "p975": 0.4}
        return {"method": method, "prior": prior, **{name: median + x for name, x in offsets.items()}}

    which = [("posterior", "flat", 0.042), ("posterior", "sample", 0.013), ("cnn_2d", "training", -0.061)]
    return {
        "levels": [0.68, 0.9, 0.95],
        "models": {"posterior": "0" * 64},
        "rows": [row(method, prior, median, 0.737) for method, prior, median in which],
        "cluster": {
            "cluster_id": 27000,
            "redshift": 0.117,
            "n_galaxies": 112,
            "log10_m200c_h": 14.497,
            "rows": [percentiles(method, prior, 14.45 + median) for method, prior, median in which],
        },
    }
