"""The numbers that Ho et al. (2019) published, to stand beside ours.

They were measured on MDPL2 + UniverseMachine mocks. Numbers from different mocks are not comparable
line by line: they set the scene, they are not a target to hit to the last digit.
"""

from __future__ import annotations

from types import MappingProxyType

__all__ = [
    "PAPER_RANGE_LOG10_M200C_H",
    "PAPER_TABLE1",
    "PAPER_TABLE2",
    "PAPER_TIMES_S",
    "paper_scatter_ratio",
]

#: Range of true log10 M200c [Msun/h] over which the paper evaluates (Sec. 2.3).
PAPER_RANGE_LOG10_M200C_H = (14.0, 15.0)

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

#: Times in seconds on 28 cores (Secs. 3.3 and 5.5): ten folds of one network, and one image.
PAPER_TIMES_S = MappingProxyType({"cnn_ten_folds": 600.0, "image_1d": 73e-6, "image_2d": 410e-6})


def paper_scatter_ratio(numerator: str, denominator: str) -> float:
    """Ratio of two methods' published scatters (Table 2).

    >>> round(paper_scatter_ratio("cnn_2d", "m_sigma_contaminated"), 3)
    0.418
    """
    return PAPER_TABLE2[numerator]["scatter"] / PAPER_TABLE2[denominator]["scatter"]
