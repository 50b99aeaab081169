"""How every figure looks: fonts, sizes, and one colour and line style a method.

The colours follow the paper (green, blue, violet, orange, yellow, pink) in shades that also differ in
lightness wherever they meet in one panel, so that a grey print keeps them apart; line styles say the same
thing again.
"""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import matplotlib
from markupsafe import Markup, escape
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

__all__ = [
    "GREY",
    "INTERLOPERS",
    "MEMBERS",
    "METHODS",
    "Method",
    "in_order",
    "method_style",
    "new_figure",
    "report_style",
]

#: Theory, reference lines and annotations.
GREY = "#5f6368"

#: Galaxies of an example cluster: true members (filled) and interlopers (open).
MEMBERS = "#0b4f8a"
INTERLOPERS = "#d9541a"


@dataclass(frozen=True)
class Method:
    """A mass estimator as figures (`label`), pages (`html`) and plain text (`text`) show it."""

    label: str
    html: str
    text: str
    colour: str
    line: str | tuple


_SIGMA = r"$M$–$\sigma$"

METHODS = {
    name: Method(label, Markup(html), text, colour, line)
    for name, label, html, text, colour, line in (
        ("cnn_1d", r"CNN$_{\rm 1D}$", "CNN<sub>1D</sub>", "CNN_1D", "#2a9d76", "--"),
        ("cnn_2d", r"CNN$_{\rm 2D}$", "CNN<sub>2D</sub>", "CNN_2D", "#083d73", "-"),
        ("m_sigma_pure", f"{_SIGMA} pure", "<i>M</i>–σ, pure", "M-sigma (pure)", "#8a4f9e", "-."),
        (
            "m_sigma_contaminated",
            f"{_SIGMA} contaminated",
            "<i>M</i>–σ, contaminated",
            "M-sigma (contaminated)",
            "#f0a818",
            ":",
        ),
        ("sdm_1d", r"SDM$_{\rm 1D}$", "SDM<sub>1D</sub>", "SDM_1D", "#d9b100", (0, (3, 1, 1, 1, 1, 1))),
        ("sdm_2d", r"SDM$_{\rm 2D}$", "SDM<sub>2D</sub>", "SDM_2D", "#bf223e", (0, (6, 2))),
        ("posterior", "posterior", "Posterior", "posterior", "#0e7c8b", (0, (5, 1))),
        ("counts", "counts", "Counts", "counts", "#8c8c8c", (0, (1, 1))),
        ("counts_inner", "counts, inner", "Counts, inner", "counts (inner)", "#3d3d3d", (0, (4, 1, 1, 1))),
    )
}

#: Colours of estimators that this package does not know by name.
_SPARE = ("#6a8f1f", "#a14d2b", "#3b8ea5", "#c2548f", "#555b8a")


def method_style(name: str) -> Method:
    """How a method is shown; one of somebody else's goes by its name, always in the same colour.

    Parameters
    ----------
    name
        A key of `METHODS`, or any other name.

    Returns
    -------
    Method
        Its label in figures, on pages and in plain text, its colour and its line.

    Examples
    --------
    >>> method_style("cnn_2d").text
    'CNN_2D'
    """
    if name in METHODS:
        return METHODS[name]
    colour = _SPARE[zlib.crc32(name.encode()) % len(_SPARE)]
    return Method(name.replace("$", r"\$"), escape(name), name, colour, (0, (8, 1, 1, 1)))


def in_order(names: Iterable[str]) -> list[str]:
    """Methods as every table has them: the known ones in the order of `METHODS`, then the others.

    >>> in_order(["toy", "cnn_2d", "cnn_1d"])
    ['cnn_1d', 'cnn_2d', 'toy']
    """
    given = list(names)
    return [name for name in METHODS if name in given] + [name for name in given if name not in METHODS]


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
    """The report's matplotlib settings inside the block, the caller's own again after it.

    Yields
    ------
    None
        Nothing: it is the settings that change.

    Examples
    --------
    >>> import matplotlib
    >>> with report_style():
    ...     inside = matplotlib.rcParams["font.size"]
    >>> inside
    10.0
    """
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_RC)
        yield


def new_figure(width: float = 7.0, height: float = 4.4) -> Figure:
    """An empty figure of `width` by `height` inches that no window and no global state knows about."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure
