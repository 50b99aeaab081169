"""What a command imports: nothing that it does not use. `benchmarks/start.py` measures the time."""

import json
import subprocess
import sys

import pytest

#: Heavy packages, none of which a mass needs.
NOT_FOR_PREDICT = {
    *("torch", "sklearn", "matplotlib", "astropy.cosmology", "emcee", "colossus", "camb", "corner"),
    *("scipy.special", "scipy.optimize", "scipy.interpolate", "scipy.spatial", "h5py", "pandas"),
    *("astropy.table", "pyarrow"),
}
NOT_FOR_HELP = NOT_FOR_PREDICT | {"numpy", "numba", "astropy"}

SCRIPT = """
import json, sys
from zwicky.cli import main
try:
    main(sys.argv[1:])
except SystemExit as end:
    code = end.code
print("modules", json.dumps([code, sorted(sys.modules)]))
"""


def modules_after(*arguments):
    """Exit code and modules imported by a command, in a process of its own."""
    done = subprocess.run([sys.executable, "-c", SCRIPT, *arguments], capture_output=True, text=True)
    code, modules = json.loads(done.stdout.rpartition("modules ")[2])
    assert code == 0, done.stderr
    return set(modules)


def test_help_imports_nothing_heavy():
    assert sorted(modules_after("--help") & NOT_FOR_HELP) == []


@pytest.mark.parametrize("model", ["cnn_1d", "cnn_2d", "m_sigma"])
def test_one_cluster_is_weighed_without_what_it_does_not_need(model, clusters, tmp_path):
    cluster = clusters(1, seed=3)
    rows = zip(cluster.r_proj_comoving.tolist(), cluster.v_los.tolist(), strict=True)
    path = tmp_path / "cluster.csv"
    path.write_text("r_proj,v_los\n" + "".join(f"{r},{v}\n" for r, v in rows))
    found = modules_after("predict", str(path), "--redshift", "0.1", "--comoving", "--model", model)
    assert sorted(found & NOT_FOR_PREDICT) == []
