"""The networks as drawings (Fig. 4): what goes in, what each layer makes of it, what comes out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Polygon, Rectangle

from zwicky.plots.layers import Layer
from zwicky.plots.style import GREY, METHODS

__all__ = ["draw_architecture"]

# Lengths in the drawing: a cell of the input, a feature map's width, and its offset from the one in front.
_CELL, _MAP, _STEP = 0.07, 0.22, 0.05
# Height of the longest vector; shorter ones go by the square root. Gaps before maps and before vectors.
_TALLEST, _WIDE, _NARROW = 4.0, 1.95, 1.5


def draw_architecture(name: str, layers: Sequence[Layer], image: np.ndarray, axes: Axes) -> Axes:
    """A network from left to right: an example image, stacks of feature maps, vectors, one number.

    Drawings of networks with equal numbers of velocity cells have their layers in the same places.

    Parameters
    ----------
    name
        The network, a key of `zwicky.plots.style.METHODS`.
    layers
        From `zwicky.plots.layers.layers_of`.
    image : float, shape (n_velocity, n_radius)
        An example of the input.
    axes
        Where to draw; its frame is hidden.
    """
    method = METHODS[name]
    longest = max(layer.shape[0] for layer in layers if len(layer.shape) == 1)
    right = _input(axes, image, layers[1].kernel)
    for layer in layers[1:]:
        x = right + (_WIDE if len(layer.shape) == 2 else _NARROW)
        _step(axes, right, x, layer)
        if len(layer.shape) == 2:
            right = _stack(axes, x, *layer.shape, method.colour)
        else:
            right = _vector(axes, x, layer.shape[0] / longest, method.colour)
        label = "y" if layer is layers[-1] else " × ".join(map(str, layer.shape))
        axes.text(0.5 * (x + right), -2.35, label, ha="center", va="top", fontsize=9)
    total = f"{sum(layer.parameters for layer in layers):,}".replace(",", "\N{THIN SPACE}")
    axes.set_title(f"{method.label}: {total} weights and biases", loc="left")
    axes.set(xlim=(-0.5, right + 0.4), ylim=(-2.9, 3.5), aspect="equal")
    axes.set_axis_off()
    return axes


def _input(axes: Axes, image: np.ndarray, kernel: int) -> float:
    """The example image, velocity upwards, and the cells that a filter sees at a time; its right end."""
    cells, radii = image.shape
    full, height = cells * _CELL, cells * _CELL
    width = max(radii * _CELL, 1.5 * _MAP)
    left = full - width
    box = (left, full, -height / 2, height / 2)
    axes.imshow(image, origin="lower", extent=box, cmap="Greys", aspect="auto", interpolation="nearest")
    axes.add_patch(Rectangle((left, -height / 2), width, height, fill=False, linewidth=0.8))
    tall = kernel * _CELL
    axes.add_patch(
        Rectangle((left, -tall / 2), width, tall, facecolor=GREY, alpha=0.3, edgecolor="black", linewidth=1.2)
    )
    axes.text(left - 0.12, 0, r"$v_{\rm los}$", ha="right", va="center", rotation=90, fontsize=9)
    if radii > 1:
        axes.text(
            0.5 * (left + full), height / 2 + 0.12, r"$R_{\rm proj}$", ha="center", va="bottom", fontsize=9
        )
    axes.text(0.5 * (left + full), -2.35, f"{cells} × {radii}", ha="center", va="top", fontsize=9)
    return full


def _stack(axes: Axes, x: float, cells: int, channels: int, colour: str) -> float:
    """Feature maps one behind the other, the first in front; their right end."""
    height = cells * _CELL
    for i in reversed(range(channels)):
        corner = (x + i * _STEP, -height / 2 + 0.4 * i * _STEP)
        front = (
            {"facecolor": colour, "linewidth": 1.0} if i == 0 else {"facecolor": "white", "linewidth": 0.6}
        )
        axes.add_patch(Rectangle(corner, _MAP, height, edgecolor=colour, zorder=2 - i / 100, **front))
    return x + _MAP + (channels - 1) * _STEP


def _vector(axes: Axes, x: float, share: float, colour: str) -> float:
    """A column of numbers, its height by the square root of their count; its right end."""
    height = max(_TALLEST * np.sqrt(share), _MAP)
    axes.add_patch(Rectangle((x, -height / 2), _MAP, height, facecolor=colour, alpha=0.6, edgecolor=colour))
    return x + _MAP


def _step(axes: Axes, start: float, end: float, layer: Layer) -> None:
    """What leads to a layer: the cells that a convolution or pool looks at, or an arrow."""
    if layer.kernel:
        tall = layer.kernel * _CELL
        corners = [(start, tall / 2), (start, -tall / 2), (end, 0.0)]
        axes.add_patch(Polygon(corners, facecolor=GREY, alpha=0.35, linewidth=0, zorder=5))
    else:
        arrow = {"arrowstyle": "-|>", "color": GREY, "linewidth": 1.0, "shrinkA": 0, "shrinkB": 0}
        axes.annotate("", (end - 0.08, 0), (start + 0.08, 0), arrowprops=arrow)
    axes.text(0.5 * (start + end), 3.25, layer.what, ha="center", va="top", fontsize=7.5, linespacing=1.25)
