"""The numbers that Ho et al. (2019) published, to stand beside ours.

They were measured on MDPL2 + UniverseMachine mocks. Numbers from different mocks are not comparable
line by line: they set the scene, they are not a target to hit to the last digit.
"""

from __future__ import annotations

from types import MappingProxyType

__all__ = [
    "MDPL2_PARTICLE_MSUN_H",
    "PAPER_EDGEWORTH",
    "PAPER_INTRINSIC_SHARE",
    "PAPER_RANGE_LOG10_M200C_H",
    "PAPER_TABLE1",
    "PAPER_TABLE2",
    "PAPER_TABLE3",
    "PAPER_TABLE4",
    "PAPER_TIMES_S",
    "paper_scatter_ratio",
]

#: Range of true log10 M200c [Msun/h] over which the paper evaluates (Sec. 2.3).
PAPER_RANGE_LOG10_M200C_H = (14.0, 15.0)

#: Mass of a particle of the paper's simulation (Sec. 2.1).
MDPL2_PARTICLE_MSUN_H = 1.51e9

#: Table 1: fits of the M-sigma relation above 10^14.5 Msun/h (Eqs. 5-7).
PAPER_TABLE1 = MappingProxyType(
    {
        "pure": {"sigma15_kms": 1078.0, "alpha": 0.345, "scatter_dex": 0.056},
        "contaminated": {"sigma15_kms": 971.0, "alpha": 0.254, "scatter_dex": 0.059},
    }
)


def _row(median: float, p84: float, p16: float, scatter: float, skewness: float, kurtosis: float) -> dict:
    return {
        "median": median,
        "p16": p16,
        "p84": p84,
        "scatter": scatter,
        "skewness": skewness,
        "kurtosis": kurtosis,
    }


#: Table 2: residuals in dex; `p16` and `p84` are offsets from the median.
PAPER_TABLE2 = MappingProxyType(
    {
        "cnn_1d": _row(-0.003, 0.173, -0.163, 0.174, 0.419, 0.826),
        "cnn_2d": _row(-0.003, 0.119, -0.125, 0.132, 0.221, 1.600),
        "m_sigma_pure": _row(0.006, 0.179, -0.195, 0.193, -0.262, 0.417),
        "m_sigma_contaminated": _row(-0.016, 0.300, -0.290, 0.316, 0.225, 0.647),
        "sdm_1d": _row(-0.039, 0.229, -0.187, 0.226, 0.646, 1.183),
        "sdm_2d": _row(-0.018, 0.149, -0.148, 0.159, 0.309, 1.459),
    }
)

#: What non-Gaussian residuals do to cluster counts at slope 2, without sign (Sec. 5.2).
PAPER_EDGEWORTH = MappingProxyType(
    {
        "cnn_1d": 0.050,
        "cnn_2d": 0.017,
        "m_sigma_pure": 0.020,
        "m_sigma_contaminated": 0.23,
        "sdm_1d": 0.178,
        "sdm_2d": 0.038,
    }
)


def _estimate(median: float, p84: float, p16: float) -> dict[str, float]:
    return {"median": median, "p16": p16, "p84": p84}


#: Table 3: mass and richness dependence; `p16` and `p84` are offsets from the median, 0.00 as printed.
PAPER_TABLE3 = MappingProxyType(
    {
        "cnn_1d": {
            "pivot_log10_m200c_h": 14.17,
            "n_true_median": 40.0,
            "mu_0": _estimate(0.01, 0.03, -0.02),
            "sigma_0": _estimate(0.15, 0.0, 0.0),
            "sigma_1": _estimate(0.05, 0.0, 0.0),
            "alpha_0": _estimate(1.0, 0.0, 0.0),
        },
        "cnn_2d": {
            "pivot_log10_m200c_h": 14.17,
            "n_true_median": 40.0,
            "mu_0": _estimate(0.03, 0.03, -0.02),
            "sigma_0": _estimate(0.11, 0.0, 0.0),
            "sigma_1": _estimate(0.05, 0.0, 0.0),
            "alpha_0": _estimate(1.0, 0.0, 0.0),
        },
    }
)

#: Share of the scatter that is intrinsic at the median richness, as the text of Sec. 5.3 has it. It does not
#: follow from Table 3 and Eq. 13: see `zwicky.ho2019.richness_posterior.share_as_published`.
PAPER_INTRINSIC_SHARE = MappingProxyType({"cnn_1d": 0.55, "cnn_2d": 0.47})


def _window(median: float, p84: float, p16: float, width: float) -> dict[str, float]:
    return {"window_median": median, "window_p16": p16, "window_p84": p84, "window_width": width}


#: Table 4: subsampled mass deviations at rates of 0.6 to 0.8, dex; offsets from the median.
PAPER_TABLE4 = MappingProxyType(
    {
        "cnn_1d": _window(-0.049, 0.069, -0.100, 0.168),
        "cnn_2d": _window(-0.026, 0.053, -0.073, 0.126),
        "m_sigma_pure": _window(0.005, 0.077, -0.102, 0.179),
        "m_sigma_contaminated": _window(0.006, 0.095, -0.121, 0.216),
        "sdm_1d": _window(0.017, 0.126, -0.118, 0.244),
        "sdm_2d": _window(-0.013, 0.133, -0.135, 0.268),
    }
)

#: Times in seconds on 28 cores (Secs. 3.3, 4.2, 5.5 and 6): ten folds and one fold of a network, ten folds of
#: a support distribution machine, and one cluster's image and pass through a network.
PAPER_TIMES_S = MappingProxyType(
    {
        "cnn_ten_folds": 600.0,
        "cnn_fold": 60.0,
        "sdm_ten_folds": 6 * 3600.0,
        "image_1d": 73e-6,
        "image_2d": 410e-6,
        "network": 44e-6,
    }
)


def paper_scatter_ratio(numerator: str, denominator: str) -> float | None:
    """Ratio of two methods' published scatters (Table 2); None where the paper does not have both.

    >>> round(paper_scatter_ratio("cnn_2d", "m_sigma_contaminated"), 3)
    0.418
    """
    if not {numerator, denominator} <= PAPER_TABLE2.keys():
        return None
    return PAPER_TABLE2[numerator]["scatter"] / PAPER_TABLE2[denominator]["scatter"]
