"""Mock clusters as plain files, so that any method of anybody can enter the comparison.

    python -m validation.benchmark_clusters TEST.npz TRAIN.npz FOLDER

FOLDER/training has galaxies and clusters with their masses, FOLDER/test has clusters without, FOLDER/truth
what is true of those, and FOLDER/README.md says units, conditions and rules. The clusters are made as the
training clusters of `validation.methods`: numbers of galaxies drawn whatever the mass, masses flat,
recentred. Entries are scored by ``zwicky evaluate ENTRY --truth FOLDER/truth/clusters.csv --out SCORE.json``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from astropy.table import Table

from validation.mock_clusters import MASSES, PRIOR, learning
from validation.posterior import load_views
from zwicky.io.files import make_directory, written_whole
from zwicky.mocks.deep import DeepViews
from zwicky.tables import ClusterSample

__all__ = ["main", "write_benchmark"]

TRAINING, TEST = 5000, 1500

README = """# Mock clusters to weigh

{n_training:,} clusters to learn from and {n_test:,} to weigh, of different simulations.
All tables are CSV with a line of names.

| file | column | unit | meaning |
| --- | --- | --- | --- |
| galaxies.csv | cluster_id | | the galaxy's cluster |
| | r_proj | Mpc | projected distance from the centre, proper |
| | v_los | km/s | velocity along the line of sight in the cluster's rest frame |
| | redshift | | of the cluster |
| clusters.csv | cluster_id, redshift | | |
| | n_galaxies | | galaxies in the cylinder |
| | aperture | Mpc | radius out to which galaxies were observed, proper |
| | v_cut | km/s | largest velocity kept, either way |
| | redshift_error | km/s | error of a galaxy's redshift, rest frame |
| training/clusters.csv, truth/clusters.csv | log10_m200c | | log10 of M200c in Msun, not Msun/h |
| | halo_id | | the halo: one may be seen along several lines of sight |
| | n_galaxies | | as above |

## Conditions

- Cosmology: flat, H0 = {h0:g} km/s/Mpc, Omega_m = {omega_m:g}. Redshifts below 0.4.
- Velocities are about the median of the inner galaxies: the cluster's own velocity is not known
  exactly.
- Galaxies are particles of a simulation of matter, made unlike it at random for each cluster:
  slower or faster, less concentrated, with more or fewer interlopers, some brighter ones colder.
  Interlopers are not marked.
- Numbers of galaxies were drawn whatever the mass: by themselves they say nothing of it.
- Masses are flat in the logarithm, from 10^{low:g} to 10^{high:g} Msun/h in training, from
  10^{test_low:g} to 10^{test_high:g} in the test.

## Rules

1. Learn from `training` or from anything else but `truth`. Say from what.
2. Weigh every cluster of `test`. An entry is a table (CSV, ECSV, FITS, Parquet) of cluster_id and
   log10_m200c [Msun]; where the method has intervals, also log10_m200c_p16 and _p84,
   log10_m200c_p025 and _p975. A cluster that cannot be weighed is left empty.
3. Say which prior of the mass the intervals are for.
4. Choose everything before you look at a score; score once.

    zwicky evaluate entry.csv --truth truth/clusters.csv --out score.json

gives median and scatter (half of the 16th to 84th percentile) of log10 (M / true) with errors of a
bootstrap over halos, the shares inside the intervals, and the width of residuals over errors: of
all, and by number of galaxies. A first entry, whose prior is flat from 10^12.8 to 10^15.4 Msun/h:

    zwicky predict test/galaxies.csv --recentre --redshift-error {error:g} --out entry.csv
"""


def write_benchmark(training: ClusterSample, test: ClusterSample, folder: Path) -> None:
    """Write samples with known masses as the files of a benchmark; the order of `test` says nothing."""
    for part, sample in (("training", training), ("test", test)):
        truth = _truth(sample) if part == "training" else {}
        make_directory(folder / part)
        _write(folder / part / "galaxies.csv", _galaxies(sample))
        _write(folder / part / "clusters.csv", _clusters(sample) | truth)
    make_directory(folder / "truth")
    _write(folder / "truth" / "clusters.csv", {"cluster_id": np.arange(len(test))} | _truth(test))
    text = README.format(
        n_training=len(training),
        n_test=len(test),
        h0=test.cosmology.H0.value,
        omega_m=test.cosmology.Om0,
        low=PRIOR[0],
        high=PRIOR[1],
        test_low=MASSES[0],
        test_high=MASSES[1],
        error=float(np.nanmedian(test.redshift_error_kms)),
    )
    with written_whole(folder / "README.md") as temporary:
        temporary.write_text(text, encoding="utf-8")


def _galaxies(sample: ClusterSample) -> dict[str, np.ndarray]:
    cluster = np.repeat(np.arange(len(sample)), sample.n_galaxies)
    z = sample.redshift[cluster]
    return {
        "cluster_id": cluster,
        "r_proj": np.round(sample.r_proj_comoving / (1.0 + z), 5),
        "v_los": np.round(sample.v_los.astype(float), 1),
        "redshift": np.round(z, 6),
    }


def _clusters(sample: ClusterSample) -> dict[str, np.ndarray]:
    return {
        "cluster_id": np.arange(len(sample)),
        "redshift": np.round(sample.redshift, 6),
        "n_galaxies": sample.n_galaxies,
        "aperture": np.round(sample.aperture_mpc / (1.0 + sample.redshift), 5),
        "v_cut": sample.v_cut_kms,
        "redshift_error": np.round(sample.redshift_error_kms, 2),
    }


def _truth(sample: ClusterSample) -> dict[str, np.ndarray]:
    return {
        "log10_m200c": np.round(sample.log10_m200c, 5),
        "halo_id": sample.halo_id,
        "n_galaxies": sample.n_galaxies,
    }


def _write(path: Path, columns: dict[str, np.ndarray]) -> None:
    with written_whole(path) as temporary:
        Table(columns).write(temporary, format="ascii.csv", overwrite=True)


def clusters_of(views: DeepViews, n: int, masses: tuple[float, float], *, seed: int) -> ClusterSample:
    """Clusters whose numbers of galaxies say nothing of their masses."""
    return learning(views, n, rng=np.random.default_rng(seed), masses=masses)


def main() -> None:
    """Write the folder."""
    views, train, folder = (Path(argument) for argument in sys.argv[1:4])
    training = clusters_of(load_views(train), TRAINING, PRIOR, seed=31)
    test = clusters_of(load_views(views), TEST, MASSES, seed=32)
    write_benchmark(training, test, folder)
    print(f"{folder}: {len(training)} clusters to learn from, {len(test)} to weigh")


if __name__ == "__main__":
    main()
