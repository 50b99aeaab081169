"""A kernel just compiled and the same kernel read back from numba's cache must give the same bits.

They need not: a helper that LLVM leaves out of line exists twice, optimised differently, and which copy is
called depends on what the process compiled itself. Such helpers are marked ``forceinline``.
"""

import os
import subprocess
import sys

SCRIPT = """
import hashlib
import numpy as np
from zwicky.images import phase_space_images, velocity_images
from zwicky.mocks import MockSettings, make_mocks
from zwicky.universe import UniverseSettings, make_universe, read_galaxies, read_halos
from zwicky.tables import columns_of
import sys

settings = UniverseSettings(n_side=32, box_size_mpc_h=62.5, n_steps=16, n_substeps=2, redshifts=(0.117,))
make_universe(settings, sys.argv[1])
digest = hashlib.md5()
halos, galaxies = read_halos(sys.argv[1], 0.117), read_galaxies(sys.argv[1], 0.117)
for table in (halos, galaxies):
    for name in columns_of(table):
        digest.update(np.ascontiguousarray(getattr(table, name)).tobytes())
print("universe", digest.hexdigest(), len(halos) > 3)
settings_of_mocks = MockSettings(
    n_min=5, min_log10_m200c_h=13.0, test_min_log10_m200c_h=13.0, flat_density=1e-3, n_folds=2
)
mocks = make_mocks(halos, galaxies, settings_of_mocks, rng=np.random.default_rng(1))
for name in ("offsets", "v_los", "r_proj_comoving"):
    print(name, hashlib.md5(np.ascontiguousarray(getattr(mocks.test, name)).tobytes()).hexdigest())
for images in (velocity_images, phase_space_images):
    pixels = images(mocks.test, mocks.test.cylinder)
    print(images.__name__, hashlib.md5(pixels.tobytes()).hexdigest())
"""


def test_compiled_and_cached_kernels_agree_to_the_bit(tmp_path):
    outputs = []
    for run in ("compiled", "cached"):
        environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
        command = [sys.executable, "-c", SCRIPT, str(tmp_path / run)]
        process = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert process.returncode == 0, process.stderr
        outputs.append(process.stdout)
    assert "True" in outputs[0]
    assert outputs[0] == outputs[1]
