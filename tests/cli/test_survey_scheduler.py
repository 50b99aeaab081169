"""`--scheduler` as it is typed, with a Dask that runs elsewhere, and a table in FITS at the beginning."""

import subprocess
import sys

import pandas as pd
import pytest
from astropy.table import Table

from survey_on_disk import made_survey
from zwicky.cli import main
from zwicky.estimators import load_model
from zwicky.survey import Observing, weigh_partition

pytest.importorskip("lsdb")

#: A scheduler and two workers in a process of their own, until its input ends.
DASK = """
import sys
from distributed import LocalCluster
how = {"processes": False, "threads_per_worker": 1, "dashboard_address": None, "protocol": "tcp"}
with LocalCluster(n_workers=2, **how) as cluster:
    print(cluster.scheduler_address, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def address():
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", DASK], text=True, **pipes) as process:
        yield process.stdout.readline().strip()
        process.stdin.close()


def zwicky(*words):
    with pytest.raises(SystemExit) as stop:
        main(list(map(str, words)))
    assert stop.value.code == 0


@pytest.mark.filterwarnings("ignore")  # of the libraries' own use of each other
def test_from_fits_to_a_catalogue_of_masses_on_a_dask_that_runs(address, tmp_path):
    galaxies, centres = made_survey()
    names = {"ra": "TARGET_RA", "dec": "TARGET_DEC", "z": "Z"}
    Table.from_pandas(galaxies.rename(columns=names)).write(tmp_path / "redshifts.fits")
    centres.to_csv(tmp_path / "centres.csv", index=False)
    columns = ",".join(f"{ours}={theirs}" for ours, theirs in names.items())
    hats, out = tmp_path / "hats", tmp_path / "masses"
    there = ("--scheduler", address)
    zwicky(
        "hats", tmp_path / "redshifts.fits", "--out", hats, "--columns", columns, "--max-rows", 400, *there
    )
    assert len(list(hats.rglob("Npix*.parquet"))) > 3
    given = ("--clusters", tmp_path / "centres.csv", "--model", "m_sigma", "--recentre", "--max-centres", 8)
    zwicky("survey", hats, *given, "--out", out, *there)
    parts = [pd.read_parquet(path) for path in out.rglob("Npix*.parquet")]
    assert len(parts) > 5
    found = pd.concat(parts).drop(columns="_healpix_29").set_index("cluster_id")
    whole = weigh_partition(galaxies, centres, load_model("m_sigma"), observing=Observing(recentre=True))
    whole = whole.set_index("cluster_id")
    pd.testing.assert_frame_equal(found.loc[whole.index], whole, check_exact=True, check_dtype=False)
