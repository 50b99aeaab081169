"""Gravity on a card against gravity on the processor, under numba's simulator of a card."""

import json
import os
import subprocess
import sys

import pytest

pytest.importorskip("torch")

RUN = """
import json
import numpy as np
from zwicky.universe import UniverseSettings
from zwicky.universe.cuda import CudaGravity
from zwicky.universe.evolve import Particles, _Gravity

settings = UniverseSettings(n_side=8, box_size_mpc_h=20.0, transfer="eisenstein98", n_levels=3)
rng = np.random.default_rng(3)
box = settings.box_size_mpc
position = rng.random((300, 3)) * box
position[:120] = (position[0] + 0.6 * rng.normal(size=(120, 3))) % box  # a clump across the box's faces
position[120] = [0.01, box - 0.01, 0.5 * box]
position[121] = [box - 0.01, 0.01, 0.5 * box]
position = position.astype(np.float32)
position[position >= box] = 0.0


def forces(gravity):
    level, reached = np.zeros(300, dtype=np.uint8), np.full(3, 0.5)
    ids = np.arange(300, dtype=np.uint32)
    p = Particles(position.copy(), np.zeros_like(position), ids, level, reached, 0, 0.5, 0.5)
    gravity.sort(p)
    found = []
    first, then = np.array([0.53, 0.52, 0.51]), np.array([0.53, 0.54, 0.53])
    for step in (
        lambda: gravity.kick_long(p, 0.52),
        lambda: gravity.kick_short(p, first, 0, (0.5, 0.56)),
        lambda: gravity.drift(p, 0.52, wrap=False),
        lambda: gravity.kick_short(p, then, 1),
    ):
        step()
        gravity.fetch(p)
        found.append(p.momentum[np.argsort(p.particle_id)])
    levels.append(p.level[np.argsort(p.particle_id)])
    gravity.drift(p, 0.53)
    gravity.release(p)
    return [*found, p.position[np.argsort(p.particle_id)]]


levels = []
pairs = list(zip(forces(_Gravity(settings)), forces(CudaGravity(settings, "cpu")), strict=True))
again = zip(forces(CudaGravity(settings, "cpu")), forces(CudaGravity(settings, "cpu")), strict=True)
print(json.dumps({
    "relative": [float(np.sqrt(np.mean((a - b) ** 2) / np.mean(a.astype(float) ** 2))) for a, b in pairs],
    "repeats": [bool(np.array_equal(a, b)) for a, b in again],
    "levels": [np.bincount(x, minlength=3).tolist() for x in levels],
}))
"""


def test_forces_and_drifts_equal_the_processors():
    environment = os.environ | {"NUMBA_ENABLE_CUDASIM": "1"}
    done = subprocess.run(
        [sys.executable, "-c", RUN], env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    mesh, pairs, _, some, drift = found["relative"]
    assert mesh < 1e-5
    assert pairs < 2e-4
    assert some < 2e-4
    assert min(found["levels"][0]) > 10  # particles at each level: the second kick is of some of them
    assert all(levels == found["levels"][0] for levels in found["levels"])
    assert drift < 1e-5
    assert all(found["repeats"])


def test_a_machine_without_a_card_says_so():
    import torch

    from zwicky.errors import ZwickyError
    from zwicky.universe import UniverseSettings
    from zwicky.universe.cuda import CudaGravity

    if torch.cuda.is_available():
        pytest.skip("this machine has a card")
    with pytest.raises(ZwickyError, match="PyTorch sees no CUDA card"):
        CudaGravity(UniverseSettings(n_side=8, box_size_mpc_h=20.0))
