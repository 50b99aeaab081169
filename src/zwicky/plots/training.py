"""How the networks learn: loss by epoch (Fig. 5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from zwicky.plots.style import GREY, method_style

__all__ = ["draw_losses"]


def draw_losses(name: str, losses: Mapping[str, Sequence[Sequence[float]]], axes: Axes) -> Axes:
    """Mean squared error by epoch: mean over folds, and their 16th to 84th percentiles.

    Parameters
    ----------
    name
        The network, a key of `zwicky.plots.style.METHODS` or any other name.
    losses
        ``train`` and ``validation``: a list of losses an epoch for each fold.
    axes
        Where to draw.

    Returns
    -------
    Axes
        The same, drawn on.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> losses = {"train": [[0.3, 0.1], [0.3, 0.2]], "validation": [[0.4, 0.2], [0.4, 0.3]]}
    >>> axes = draw_losses("cnn_2d", losses, Figure().subplots())
    >>> len(axes.lines) > 0
    True
    """
    method = method_style(name)
    for kind, colour, line in (("train", GREY, "--"), ("validation", method.colour, "-")):
        folds = np.array(losses[kind], dtype=float)
        epochs = 1 + np.arange(folds.shape[1])
        low, high = np.quantile(folds, [0.16, 0.84], axis=0)
        axes.fill_between(epochs, low, high, color=colour, alpha=0.2, linewidth=0)
        label = {"train": "training (with dropout)", "validation": "validation"}[kind]
        axes.plot(epochs, folds.mean(axis=0), color=colour, linestyle=line, label=label)
    axes.set(yscale="log", xlabel="epoch", title=method.label)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(loc="upper right")
    return axes
