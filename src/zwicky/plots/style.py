"""How every figure looks: fonts, sizes, and one colour and line style a method.

The colours follow the paper (green, blue, violet, orange, yellow, pink) in shades that also differ in
lightness wherever they meet in one panel, so that a grey print keeps them apart; line styles say the same
thing again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

__all__ = ["GREY", "INTERLOPERS", "MEMBERS", "METHODS", "Method", "new_figure", "report_style"]

#: Theory, reference lines and annotations.
GREY = "#5f6368"

#: Galaxies of an example cluster: true members (filled) and interlopers (open).
MEMBERS = "#0b4f8a"
INTERLOPERS = "#d9541a"


@dataclass(frozen=True)
class Method:
    """A mass estimator as figures and tables show it."""

    label: str
    html: str
    colour: str
    line: str | tuple


_SIGMA = r"$M$–$\sigma$"

METHODS = {
    "cnn_1d": Method(r"CNN$_{\rm 1D}$", "CNN<sub>1D</sub>", "#2a9d76", "--"),
    "cnn_2d": Method(r"CNN$_{\rm 2D}$", "CNN<sub>2D</sub>", "#083d73", "-"),
    "m_sigma_pure": Method(f"{_SIGMA} pure", "<i>M</i>–σ, pure", "#8a4f9e", "-."),
    "m_sigma_contaminated": Method(f"{_SIGMA} contaminated", "<i>M</i>–σ, contaminated", "#f0a818", ":"),
    "sdm_1d": Method(r"SDM$_{\rm 1D}$", "SDM<sub>1D</sub>", "#d9b100", (0, (3, 1, 1, 1, 1, 1))),
    "sdm_2d": Method(r"SDM$_{\rm 2D}$", "SDM<sub>2D</sub>", "#bf223e", (0, (6, 2))),
}

_RC = {
    "axes.axisbelow": True,
    "axes.edgecolor": "#333333",
    "axes.labelsize": 10.5,
    "axes.linewidth": 0.8,
    "axes.titlesize": 10.5,
    "figure.dpi": 100,
    "figure.facecolor": "white",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # ships with matplotlib: the same picture on every machine
    "font.size": 10,
    "grid.color": "#e3e3e3",
    "grid.linewidth": 0.6,
    "legend.fontsize": 9,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "mathtext.fontset": "dejavusans",
    "pdf.fonttype": 42,
    "savefig.dpi": 150,
    "xtick.direction": "in",
    "xtick.minor.visible": True,
    "xtick.top": True,
    "ytick.direction": "in",
    "ytick.minor.visible": True,
    "ytick.right": True,
}


@contextlib.contextmanager
def report_style() -> Iterator[None]:
    """The report's matplotlib settings inside the block, the caller's own again after it."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_RC)
        yield


def new_figure(width: float = 7.0, height: float = 4.4) -> Figure:
    """An empty figure of `width` by `height` inches that no window and no global state knows about."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure
