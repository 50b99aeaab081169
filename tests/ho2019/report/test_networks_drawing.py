"""The drawing of the networks (Fig. 4) is a picture: it must be one of the networks that are trained."""

import re
from importlib import resources
from xml.etree import ElementTree

import pytest
from torch import nn

from zwicky.estimators.cnn.network import PhaseSpaceNetwork


@pytest.fixture(scope="module")
def words():
    """The text of the drawing in order, without the marks of mathematics."""
    path = resources.files("zwicky.ho2019.report") / "templates" / "networks.svg"
    texts = (text.itertext() for text in ElementTree.parse(path).iter("{http://www.w3.org/2000/svg}text"))
    return [re.sub(r"\s", "", "".join(text)) for text in texts]


@pytest.mark.parametrize(("name", "radii"), [("1D", 1), ("2D", 48)])
def test_the_drawing_names_every_layer_of_the_network(words, name, radii):
    """Fig. 4: Conv1D 5x1-24 (5x48-24), Conv1D 3-10, MaxPool 1x2, Flatten 240, dense 128, dense 64, y."""
    network = PhaseSpaceNetwork(48, radii)
    counted = sum(p.numel() for p in network.parameters())
    titles = [i for i, word in enumerate(words) if "weights" in word]  # each below its own drawing
    (end,) = (i for i in titles if words[i] == f"CNN:{counted}weightsandbiases{name}")
    drawn = words[max((i for i in titles if i < end), default=0) : end]
    for m in network.children():
        if isinstance(m, nn.Conv1d):
            assert f"{m.out_channels}filters{m.kernel_size[0]}×{m.in_channels}" in drawn
            assert f"48×{m.out_channels}" in drawn
        if isinstance(m, nn.Linear):
            assert (str(m.out_features) if m.out_features > 1 else "y") in drawn
    features = next(m.in_features for m in network.children() if isinstance(m, nn.Linear))
    assert {f"48×{radii}", "24×10", str(features), "2to1", "dropout"} <= set(drawn)
